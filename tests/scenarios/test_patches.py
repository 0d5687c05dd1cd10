# SPDX-License-Identifier: MIT
"""Patches of kernel functions: nothing changes, a race appears, a race goes away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from shootdown import api
from shootdown.api import checking
from shootdown.api.asked import Asked, Cell, blank_result
from shootdown.errors import InputError
from shootdown.execution import INTERRUPTED, Result, Verdict
from shootdown.report.json import decode, encode
from shootdown.report.race import race_table


def patched(folder: Path, text: str, scenario: str, kernel: str) -> tuple[Result, Result]:
    """Check a scenario with and without the text as a patch."""
    path = folder / "my_zap.py"
    path.write_text(text, "utf-8")
    (pair,) = api.check_patch([str(path)], [scenario], kernels=[kernel])
    return pair


def test_a_copy_changes_nothing(tmp_path: Path) -> None:
    text = api.show("zap_pte_range")
    base, mine = patched(tmp_path, text, "zap+mkclean", "v6.18")
    counts = [(r.verdict, r.states, r.transitions, r.depth) for r in (base, mine)]
    assert counts[0] == counts[1]
    assert base.verdict is Verdict.HOLDS


@pytest.mark.parametrize("scenario", ["zap+mkclean", "zap+mkclean-last"])
def test_without_its_flush_the_newest_kernel_loses_a_write(tmp_path: Path, scenario: str) -> None:
    text = api.show("zap_pte_range")
    flush = "        tlb_flush_mmu_tlbonly(tlb)\n"
    assert flush in text
    base, mine = patched(tmp_path, text.replace(flush, ""), scenario, "v6.18")
    assert base.verdict is Verdict.HOLDS
    assert (mine.verdict, mine.invariant) == (Verdict.VIOLATED, "lost_write")
    table = race_table(mine)
    assert "my_zap.py" in "".join(table.split())
    (saved,) = decode(encode([mine]).encode(), name="race.json")
    assert race_table(api.explain(saved)) == table


def test_the_fix_of_the_next_kernel_mends_the_one_before(tmp_path: Path) -> None:
    text = api.show("zap_pte_range", kernel="v3.15")
    base, mine = patched(tmp_path, text, "zap+mkclean", "v3.14")
    assert (base.verdict, base.invariant) == (Verdict.VIOLATED, "lost_write")
    assert mine.verdict is Verdict.HOLDS


def test_an_interrupt_ends_it_before_the_patch_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object, cell: Cell, asked: Asked, *rest: object) -> Result:
        return replace(blank_result(cell, asked), reason=INTERRUPTED)

    monkeypatch.setattr(checking, "_check_cell", interrupted)
    path = tmp_path / "my_zap.py"
    path.write_text(api.show("zap_pte_range"), "utf-8")
    ((base, mine),) = api.check_patch([str(path)], ["zap+mkclean", "zap+table"])
    assert (base.reason, base.patches) == (INTERRUPTED, ())
    assert (mine.reason, mine.patches) == (INTERRUPTED, (str(path),))


def test_what_was_asked_for_is_saved_and_asked_for_again() -> None:
    words = ("--bound", "NR_PAGES=2", "--config", "LAZY_TLB=True")
    options, bounds = {"LAZY_TLB": True}, {"NR_PAGES": 2}
    (result,) = api.check(["planted-leak"], kernels=["v6.18"], config=options, bounds=bounds)
    assert result.overrides == words
    (saved,) = decode(encode([result]).encode(), name="race.json")
    assert api.explain(saved).overrides == words
    with pytest.raises(InputError, match="`overrides` has --bound NR_PAGES=two"):
        api.explain(structs.replace(saved, overrides=("--bound", "NR_PAGES=two")))
