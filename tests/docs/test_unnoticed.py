# SPDX-License-Identifier: MIT
"""`docs/coverage.md` lists what nobody notices, as the product has it on record."""

from __future__ import annotations

import os
import re

import pytest

from shootdown.api import ROOTS
from shootdown.api.asked import read_model
from shootdown.api.mutating import reasons_on_record
from shootdown.mutate.find import mutations
from shootdown.mutate.reasons import Reason
from tests.docs.documents import ROOT

PAGE = ROOT / "docs" / "coverage.md"
REASONS = reasons_on_record()
MODEL = read_model()


def section() -> str:
    """Return the lists as the page has them."""
    covered = [reason for reason in REASONS if reason.is_covered]
    missing = [reason for reason in REASONS if not reason.is_covered]
    titles = ("### Covered by something else", "### Not yet covered by a scenario")
    parts = [
        f"{title}\n\n" + "\n".join(row(reason) for reason in found)
        for title, found in zip(titles, (covered, missing), strict=True)
    ]
    return "<!-- unnoticed -->\n" + "\n\n".join(parts) + "\n<!-- end -->"


def row(reason: Reason) -> str:
    where = f" ({', '.join(reason.kernels)})" if reason.kernels else ""
    return f"- `{reason.function}()`{where}: `{reason.what}`. {' '.join(reason.why.split())}"


def test_the_page_has_the_reasons() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = re.sub(r"<!-- unnoticed -->.*<!-- end -->", lambda _: section(), text, flags=re.DOTALL)
    if os.environ.get("SHOOTDOWN_UPDATE_DOCS"):
        PAGE.write_text(found, encoding="utf-8")
    else:
        assert found == text, "run SHOOTDOWN_UPDATE_DOCS=1 pytest tests/docs"


PLACES = sorted(
    {(kernel, reason.function) for reason in REASONS for kernel in reason.kernels or ("",)}
)


@pytest.mark.parametrize(("kernel", "function"), PLACES)
def test_what_is_explained_can_be_taken_out(kernel: str, function: str) -> None:
    homes = {name: found.module.name for name, found in MODEL.functions().items()}
    declaration = MODEL.variant(function, MODEL.kernel(kernel or MODEL.newest, ()))
    assert declaration is not None
    assert not kernel or declaration.module.name.startswith(f"{ROOTS.history}.")
    known = {each.mutation.what for each in mutations(declaration, homes)}
    listed = {
        reason.what
        for reason in REASONS
        if reason.function == function and kernel in (reason.kernels or ("",))
    }
    assert listed <= known
