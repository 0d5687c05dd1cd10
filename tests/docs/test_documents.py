# SPDX-License-Identifier: MIT
"""What the pages show is what the tool prints, and what they list is what the code has.

`SHOOTDOWN_UPDATE_DOCS=1 pytest tests/docs` writes that into the pages instead.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from shootdown.compiler.diagnostics import MESSAGES
from tests.docs.documents import ROOT, rewritten
from tests.docs.reference import TABLES, with_tables


def _names(*patterns: str) -> list[str]:
    return [str(path.relative_to(ROOT)) for p in patterns for path in sorted(ROOT.glob(p))]


RUN = _names("README.md", "docs/tutorial/*.md", "docs/findings/*.md")
LISTS = _names("docs/reference/*.md")
ALL = _names("README.md", "docs/**/*.md")


def _agree(page: str, found: str) -> None:
    path = ROOT / page
    if os.environ.get("SHOOTDOWN_UPDATE_DOCS"):
        path.write_text(found, encoding="utf-8")
        return
    advice = f"run SHOOTDOWN_UPDATE_DOCS=1 pytest tests/docs, and read {page}"
    assert found == path.read_text(encoding="utf-8"), advice


@pytest.mark.parametrize("page", RUN)
def test_page_shows_what_is_printed(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    _agree(page, rewritten((ROOT / page).read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", LISTS)
def test_page_lists_what_the_code_has(page: str) -> None:
    _agree(page, with_tables((ROOT / page).read_text(encoding="utf-8")))


def test_every_table_stands_somewhere() -> None:
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in LISTS)
    assert set(re.findall(r"<!-- table: (\w+) -->", text)) == set(TABLES)
    assert all(f"| {code} |" in text for code in MESSAGES)


@pytest.mark.parametrize("page", ALL)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_readme_is_short() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 120
    assert all(line.isascii() for line in lines)
