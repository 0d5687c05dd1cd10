# SPDX-License-Identifier: MIT
"""Truncation before v3.0 leaves a file's mappings and comes back: what of that is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from shootdown import api
from shootdown.execution import Fate, Verdict

NEEDED = [
    # Function, what stands there, what is put in its place, who notices.
    (
        "unmap_mapping_range_tree",
        "                i = 0\n",
        "                pass\n",
        "truncate+break",
        "assertion",
    ),
    (
        "unmap_mapping_range_vma",
        "truncate_count if is_done else MAX_TRUNCATE_COUNT + restart_addr",
        "truncate_count",
        "truncate+break-cow",
        "protection",
    ),
    (
        "sd_next_truncate_count",
        "mapping.truncate_count + 1",
        "mapping.truncate_count",
        "truncate+break",
        "assertion",
    ),
    (
        "reset_vma_truncate_counts",
        "            vma.vm_truncate_count = 0\n",
        "            pass\n",
        "truncate+break-cow",
        "protection",
    ),
    (
        "move_ptes",
        "        pmc.new.vm_truncate_count = 0\n",
        "        pass\n",
        "mremap+break",
        "assertion",
    ),
]

SPARING = [
    ("unmap_mapping_range_tree", " and vma.vm_truncate_count != truncate_count", ""),
    (
        "unmap_mapping_range_vma",
        "start_addr = mark - MAX_TRUNCATE_COUNT\n",
        "pass\n",
    ),
]


def patched(folder: Path, function: str, there: str, instead: str) -> str:
    """Write a function of v2.6.39 with another text in a place, and return where."""
    text = api.show(function, kernel="v2.6.39")
    assert there in text, f"{function} has changed"
    path = folder / "patch.py"
    path.write_text(text.replace(there, instead), "utf-8")
    return str(path)


@pytest.mark.parametrize(("function", "there", "instead", "scenario", "invariant"), NEEDED)
def test_somebody_notices_if_it_is_gone(
    tmp_path: Path, function: str, there: str, instead: str, scenario: str, invariant: str
) -> None:
    patch = patched(tmp_path, function, there, instead)
    (result,) = api.check([scenario], kernels=["v2.6.39"], patches=[patch])
    assert (result.verdict, result.invariant) == (Verdict.VIOLATED, invariant)


@pytest.mark.parametrize(("function", "there", "instead"), SPARING)
@pytest.mark.parametrize("scenario", ["truncate+break", "truncate+break-cow", "mremap+break"])
def test_marks_that_only_bring_the_walk_to_its_end(
    tmp_path: Path, scenario: str, function: str, there: str, instead: str
) -> None:
    patch = patched(tmp_path, function, there, instead)
    (result,) = api.check([scenario], kernels=["v2.6.39"], patches=[patch])
    assert result.verdict is Verdict.HOLDS


def test_one_walk_at_a_time() -> None:
    functions = ["unmap_mapping_pages"]
    survey = api.mutate(["truncate+break-unmap"], kernel="v2.6.39", functions=functions)
    what = "no mutex_lock(mapping.unmap_mutex) and mutex_unlock(mapping.unmap_mutex)"
    (mutant,) = [one for one in survey.mutants if one.mutation.what == what]
    assert (mutant.fate, mutant.invariant) == (Fate.NOTICED, "protection")
