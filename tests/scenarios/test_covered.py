# SPDX-License-Identifier: MIT
"""What nobody notices because another operation does the same: without that one, too, it shows.

The reasons are in `scenarios/unnoticed.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from shootdown import api
from shootdown.api.asked import read_model
from shootdown.api.mutating import reasons_on_record
from shootdown.mutate.find import mutations

MODEL = read_model()
HOMES = {name: found.module.name for name, found in MODEL.functions().items()}
REASONS = reasons_on_record()


@dataclass(frozen=True, slots=True)
class Gone:
    """A mutation by its name, or lines of a function that are left out."""

    function: str
    what: str = ""
    lines: str = ""

    def text(self, kernel: str) -> str:
        """Return the function of a kernel without it."""
        if not self.lines:
            declaration = MODEL.variant(self.function, MODEL.kernel(kernel or MODEL.newest, ()))
            assert declaration is not None
            found = mutations(declaration, HOMES)
            return next(one.patch for one in found if one.mutation.what == self.what)
        text = api.show(self.function, kernel=kernel)
        assert text.count(self.lines) == 1, f"{self.function} has changed"
        return text.replace(self.lines, "")


@dataclass(frozen=True, slots=True)
class Covered:
    """A mutation that a scenario does not notice, what covers it, and what breaks without both.

    No kernel means the newest.
    """

    mutation: Gone
    cover: tuple[Gone, ...]
    scenario: str
    invariant: str
    kernel: str = ""

    def __str__(self) -> str:
        return f"{self.mutation.function} {self.kernel}".strip()


def each_covers_the_other(
    one: Gone, other: Gone, scenario: str, invariant: str, *, kernel: str = ""
) -> tuple[Covered, Covered]:
    """Return both mutations, each covered by what the other takes out."""
    return (
        Covered(one, (other,), scenario, invariant, kernel),
        Covered(other, (one,), scenario, invariant, kernel),
    )


MARK_OF_FAULT = Gone("fault_dirty_shared_page", "no folio_mark_dirty(vmf.page)")
MARK_OF_ZAP = Gone("zap_present_folio_ptes", "no folio_mark_dirty(folio)")
MARK_OF_MKWRITE = Gone("filemap_page_mkwrite", "no folio_mark_dirty(folio)")
FLUSH_OF_INVALID = Gone("pmdp_invalidate", "no flush_tlb_range(...)")
FLUSH_OF_CLEAN = Gone("madvise_free_huge_pmd", "no tlb_remove_pmd_tlb_entry(tlb, addr)")

TWO_FAULTS = '''
from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in

NAME = "two-faults"
BOUNDS = {"LEVELS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def process() -> None:
    """Map a page of a file."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))


@setup(cpu=1)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=0)
def first_reader() -> None:
    """Load from the page."""
    sd_access(0, False)


@task(cpu=1)
def second_reader() -> None:
    """Load from the page."""
    sd_access(0, False)
'''

TRUNCATION = '''
from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file

NAME = "truncation"
BOUNDS = {"LEVELS": 1, "NR_CPUS": 1, "NR_VMAS": 1}
EXPECT = (since("v2.6.39", holds()),)


@setup(cpu=0)
def process() -> None:
    """Map a page of a file, and load from it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)


@task(cpu=0)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
'''

COVERED = (
    Covered(
        Gone("flush_tlb_func", "state.tlb_gen = mm_tlb_gen before sd_flush_range(...)"),
        (Gone("flush_tlb_multi", "no hw_irqs_off() and hw_irqs_on()"),),
        "zap+fsync-table",
        "table_uaf",
    ),
    Covered(
        Gone("sd_catch_up", "state.tlb_gen = next_tlb_gen before flush_tlb_local()"),
        (Gone("context_switch", "no hw_irqs_off() and hw_irqs_on()"),),
        "lazy+munmap-table",
        "table_uaf",
    ),
    Covered(
        Gone("tlb_gather_mmu_fullmm", "no tlb.fullmm = True"),
        (
            Gone("pte_free_tlb", "no __tlb_adjust_range(tlb, address, 1)"),
            Gone("zap_present_folio_ptes", "no tlb_remove_tlb_entry(tlb, addr)"),
            Gone(
                "flush_tlb_func",
                lines="    if LAZY_TLB and state.is_lazy:\n"
                "        if has(X86_LAZY_FLUSH) or not has(X86_LAZY_REWORK):\n"
                "            leave_mm()\n"
                "        return\n",
            ),
        ),
        "exit+lazy",
        "table_uaf",
    ),
    Covered(MARK_OF_MKWRITE, (MARK_OF_FAULT, MARK_OF_ZAP), "zap+mkclean-mkwrite", "lost_write"),
    Covered(MARK_OF_ZAP, (MARK_OF_FAULT, MARK_OF_MKWRITE), "zap+mkclean-mkwrite", "lost_write"),
    Covered(
        Gone("finish_fault", "no pte_offset_map_lock(...) and pte_unmap_unlock(vmf.ptl)"),
        (
            Gone("filemap_fault", "no folio_lock(folio) and folio_unlock(folio)"),
            Gone("do_read_fault", lines="    folio_unlock(vmf.page)\n"),
        ),
        TWO_FAULTS,
        "range",
    ),
    Covered(
        Gone("folio_clear_dirty_for_io", "no folio_mark_dirty(folio)"),
        (
            Gone(
                "folio_prepare_writeback",
                lines="    if not folio_test_dirty(folio):\n        return False\n",
            ),
            MARK_OF_FAULT,
        ),
        "zap+mkclean",
        "lost_write",
    ),
    Covered(
        Gone("flush_tlb_batched_pending", "mm.tlb_flush_batched = ... before flush_tlb_mm(mm)"),
        (
            Gone(
                "tlb_finish_mmu",
                lines="    if has(TLB_FLUSH_NESTED) and tlb.mm.tlb_flush_pending > 1:\n"
                "        tlb.fullmm = True\n"
                "        __tlb_reset_range(tlb)\n"
                "        tlb.freed_tables = True\n",
            ),
        ),
        "reclaim+dontneed-two",
        "protection",
    ),
    Covered(
        Gone("move_ptes", "no flush_tlb_batched_pending(vma.vm_mm)"),
        (Gone("zap_pte_range", "no flush_tlb_batched_pending(vma.vm_mm)"),),
        "reclaim+mremap",
        "protection",
    ),
    Covered(
        Gone("truncate_pagecache", "no unmap_mapping_range(inode, newsize)"),
        (
            Gone(
                "truncate_cleanup_folio",
                lines="    if folio_mapped(folio):\n        unmap_mapping_folio(folio)\n",
            ),
        ),
        TRUNCATION,
        "assertion",
    ),
    Covered(
        Gone("sd_has_place", "no folio_mark_dirty(folio)"),
        (Gone("try_to_unmap_one", "no folio_mark_dirty(pvmw.folio)"),),
        "reclaim+swap",
        "lost_write",
    ),
    *each_covers_the_other(FLUSH_OF_INVALID, FLUSH_OF_CLEAN, "free-huge", "lost_write"),
    Covered(FLUSH_OF_INVALID, (FLUSH_OF_CLEAN,), "free-huge", "lost_write", kernel="v4.14"),
    *each_covers_the_other(
        Gone("zap_pte_range", "no tlb_remove_tlb_entry(tlb, addr)"),
        Gone("tlb_remove_page", "no tlb.need_flush = True"),
        "zap+alone",
        "stale_access",
        kernel="v2.6.39",
    ),
    *each_covers_the_other(
        Gone("zap_pte_range", "no tlb_remove_tlb_entry(tlb, addr)"),
        Gone("__tlb_remove_page", "no tlb.need_flush = True"),
        "zap+alone",
        "stale_access",
        kernel="mmu_gather_extended_batches^",
    ),
    Covered(
        Gone("zap_pte_range", "no set_page_dirty(found)"),
        (
            Gone("fault_dirty_shared_page", "no set_page_dirty(vmf.page)"),
            Gone("set_page_dirty_balance", "no set_page_dirty(page)"),
        ),
        "zap+mkclean",
        "lost_write",
        kernel="v3.15",
    ),
)

NEEDS_NO_COVER = {
    "__anon_vma_prepare",
    "__tlb_reset_range",
    "arch_tlbbatch_flush",
    "change_huge_pmd",
    "change_prot_numa",
    "change_pte_range",
    "dec_tlb_flush_pending",
    "exit_mm",
    "exit_mmap",
    "flush_tlb_mm_range",
    "flush_tlb_multi",
    "get_huge_zero_folio",
    "madvise_cold_or_pageout_pte_range",
    "madvise_free_pte_range",
    "madvise_pageout",
    "move_ptes",
    "pte_free_tlb",
    "relocate_vma_down",
    "sd_batch_table",
    "tlb_end_vma",
    "tlb_finish_mmu",
    "tlb_flush_rmaps",
    "try_to_unmap_flush",
    "zap_huge_pmd",
    "zap_pte_range",
}
"""Functions with mutations that do no harm in any case, or whose cover is noticed by itself."""

NEEDED_NO_COVER = {
    "exit_mmap",
    "flush_tlb_page",
    "migrate_misplaced_transhuge_page",
    "pte_free_tlb",
    "sd_flush_full_gather",
    "sd_flush_passed",
    "sd_gather_range",
    "sd_move_misplaced",
    "tlb_end_vma",
    "tlb_finish_mmu",
    "tlb_gather_mmu",
    "unmap_region",
    "zap_huge_pmd",
    "zap_pte_range",
}
"""The same in former kernels."""


def found(folder: Path, case: Covered, gone: tuple[Gone, ...]) -> str:
    """Check the scenario on its kernel without some things."""
    scenario = case.scenario
    if "\n" in scenario:
        scenario = str(folder / "scenario.py")
        Path(scenario).write_text(case.scenario, "utf-8")
    patches = []
    for number, one in enumerate(gone):
        path = folder / f"patch_{number}.py"
        path.write_text(one.text(case.kernel), "utf-8")
        patches.append(str(path))
    ((_, mine),) = api.check_patch(
        patches, [scenario], kernels=[case.kernel] if case.kernel else ()
    )
    return mine.invariant or str(mine.verdict)


@pytest.mark.parametrize("case", COVERED, ids=str)
def test_without_its_cover_it_is_noticed(tmp_path: Path, case: Covered) -> None:
    assert found(tmp_path, case, (case.mutation,)) == "holds"
    assert found(tmp_path, case, case.cover) == "holds"
    assert found(tmp_path, case, (case.mutation, *case.cover)) == case.invariant


def test_preemption_off_from_the_begin_of_a_gather_to_its_end(tmp_path: Path) -> None:
    case = Covered(
        Gone("tlb_gather_mmu", lines="    preempt_disable()\n"),
        (Gone("tlb_finish_mmu", lines="    preempt_enable()\n"),),
        "zap+up",
        "stale_access",
        kernel="v2.6.39",
    )
    assert found(tmp_path, case, (case.mutation, *case.cover)) == case.invariant


def test_each_reason_names_its_cover_or_needs_none() -> None:
    tried = {(case.kernel, case.mutation.function, case.mutation.what) for case in COVERED}
    by_itself = [
        reason
        for reason in REASONS
        if reason.is_covered
        and not tried
        & {(kernel, reason.function, reason.what) for kernel in reason.kernels or ("",)}
    ]
    known = {(kernel, r.function, r.what) for r in REASONS for kernel in r.kernels or ("",)}
    assert tried <= known
    assert {reason.function for reason in by_itself if not reason.kernels} == NEEDS_NO_COVER
    assert {reason.function for reason in by_itself if reason.kernels} == NEEDED_NO_COVER
