# SPDX-License-Identifier: MIT
"""`protection`, for translations of huge pages: none is used that a system call has forbidden.

As for small pages (`protection.py`), the frames that a range has when a call begins that takes it
away shall not be reached there after it returned; and what of the TLB leads to one then is marked.

Not vacuous: broken when madvise(MADV_DONTNEED) does not flush the huge zero page.
"""

from __future__ import annotations

from shootdown.hw.bounds import (
    CONFIG_TRANSPARENT_HUGEPAGE,
    NR_CPUS,
    NR_LARGE,
    NR_PAGES,
    PTRS_PER_TABLE,
    cpu_id,
    huge_nr,
    pfn_t,
    slot_t,
    table_nr,
    vaddr_t,
    vpn_t,
)
from shootdown.hw.cpu import processor
from shootdown.hw.events import (
    access_made,
    cr3_loaded,
    huge_pmd_set,
    huge_tlb_dropped,
    huge_tlb_filled,
    huge_tlb_flushed,
    page_freed,
    tlb_flushed,
    withdrawal_begun,
    withdrawal_done,
)
from shootdown.hw.memory import is_mapped_at, table
from shootdown.hw.tlb import huge_of, mmu, rights_t
from shootdown.lang import (
    NR_TASKS,
    Array,
    Bool,
    array,
    check,
    hw,
    on,
    record,
    struct,
    this_task,
)

__all__ = ["huge_withdrawal"]


@struct(count=NR_TASKS)
class huge_withdrawal:
    """What the call of a task takes away."""

    frames: Array[Bool] = array(NR_PAGES)


@struct(count=NR_CPUS)
class huge_forbidden:
    """The marked translations of huge pages of a CPU."""

    marks: Array[Bool] = array(NR_LARGE)


@hw
def is_cached_huge_by(cpu: cpu_id, root: table_nr, number: huge_nr, pfn: pfn_t) -> Bool:
    """Tell whether a CPU with these tables remembers the frame as that huge page."""
    if record(processor, cpu).root != record(table, root):
        return False
    entry = record(mmu, cpu).huge[number]
    return entry.rights != rights_t.ABSENT and entry.pfn == pfn


@hw
def is_reached_huge(root: table_nr, number: huge_nr, pfn: pfn_t) -> Bool:
    """Tell whether the frame is mapped there, or a CPU thinks so."""
    found = is_mapped_at(root, number * PTRS_PER_TABLE, pfn, False)
    for cpu in range(NR_CPUS):
        found = found or is_cached_huge_by(cpu, root, number, pfn)
    return found


@on(withdrawal_begun)
def note_huge_pages(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Remember the frames of the range."""
    if CONFIG_TRANSPARENT_HUGEPAGE:
        own = record(huge_withdrawal, this_task())
        for number in range(NR_LARGE):
            if start <= number * PTRS_PER_TABLE < end:
                for pfn in range(NR_PAGES):
                    if is_reached_huge(root, number, pfn):
                        own.frames[pfn] = True


@on(withdrawal_done)
def mark_huge_translations(root: table_nr, start: vaddr_t, end: vaddr_t) -> None:
    """Mark the translations that nobody may use any more."""
    if CONFIG_TRANSPARENT_HUGEPAGE:
        own = record(huge_withdrawal, this_task())
        for number in range(NR_LARGE):
            if start <= number * PTRS_PER_TABLE < end:
                for pfn in range(NR_PAGES):
                    is_gone = not is_mapped_at(root, number * PTRS_PER_TABLE, pfn, False)
                    for cpu in range(NR_CPUS):
                        is_left = own.frames[pfn] and is_cached_huge_by(cpu, root, number, pfn)
                        if is_gone and is_left:
                            record(huge_forbidden, cpu).marks[number] = True
        for pfn in range(NR_PAGES):
            own.frames[pfn] = False


@on(access_made)
def huge_access_is_allowed(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool) -> None:
    """Judge each access by the mark on its translation; a small one goes before a huge one."""
    if CONFIG_TRANSPARENT_HUGEPAGE and record(mmu, cpu).tlb[vpn].rights == rights_t.ABSENT:
        check(not record(huge_forbidden, cpu).marks[huge_of(vpn)], "protection")


@hw
def forget_huge_frame(pfn: pfn_t) -> None:
    """Let the calls under way allow the frame."""
    if CONFIG_TRANSPARENT_HUGEPAGE:
        for task in range(NR_TASKS):
            record(huge_withdrawal, task).frames[pfn] = False


@on(page_freed)
def forget_freed_huge_frame(pfn: pfn_t) -> None:
    """Let the frame be mapped as another's: older translations are `stale_access` from here on."""
    forget_huge_frame(pfn)


@on(huge_pmd_set)
def forget_mapped_huge_frame(
    number: table_nr, slot: slot_t, pfn: pfn_t, write: Bool, dirty: Bool
) -> None:
    """Let the frame be reached again, as it is mapped anew."""
    forget_huge_frame(pfn)


@on(huge_tlb_filled)
def unmark_huge_filled(
    cpu: cpu_id, start: vaddr_t, end: vaddr_t, pfn: pfn_t, write: Bool, dirty: Bool
) -> None:
    """Forget the mark of the translation before."""
    record(huge_forbidden, cpu).marks[huge_of(start)] = False


@on(huge_tlb_dropped)
def unmark_huge_dropped(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """Forget the mark of a translation that has gone."""
    record(huge_forbidden, cpu).marks[huge_of(start)] = False


@on(huge_tlb_flushed)
def unmark_huge_flushed(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """Forget the mark of a translation that has gone."""
    record(huge_forbidden, cpu).marks[huge_of(start)] = False


@on(tlb_flushed)
def unmark_huge_with_all(cpu: cpu_id, start: vaddr_t, end: vaddr_t) -> None:
    """Forget the marks of translations that have gone with everything else."""
    unmark_what_has_gone(cpu)


@on(cr3_loaded)
def unmark_huge_of_old_root(cpu: cpu_id) -> None:
    """Forget the marks of translations that have gone with everything else."""
    unmark_what_has_gone(cpu)


@hw
def unmark_what_has_gone(cpu: cpu_id) -> None:
    """Forget the marks of what is not in the TLB."""
    if CONFIG_TRANSPARENT_HUGEPAGE:
        for number in range(NR_LARGE):
            if record(mmu, cpu).huge[number].rights == rights_t.ABSENT:
                record(huge_forbidden, cpu).marks[number] = False
