# SPDX-License-Identifier: GPL-2.0-only
"""The modelled commits from v4.0 to v4.20, oldest first."""

from __future__ import annotations

from shootdown.lang import feature
from shootdown.linux.features_v3 import (
    GATHER_ADJUST_RANGE,
    GATHER_FREE_QUEUED,
    HUGE_MOVE_CLEARED,
    HUGE_NUMA_KEPT,
    HUGE_ZERO_PAGE,
    MREMAP_FEW_RMAP_LOCKS,
    MREMAP_FLUSH_ONCE,
    PMD_TRANS_HUGE_OR_BAD,
    TLB_FLUSH_PENDING,
    TLB_FLUSH_SPLIT,
    X86_FLUSH_RANGE,
)

__all__ = [
    "CLEAR_REFS_GATHER",
    "CLEAR_REFS_TAKEN_OUT",
    "DEFER_WRITABLE_FLUSH",
    "FLUSH_BATCHED_PENDING",
    "FLUSH_STRIDE",
    "GATHER_HUGE_RANGE",
    "HUGE_CLEAR_REFS_INVALIDATED",
    "HUGE_FAULT_ONE_LOOK",
    "HUGE_FREE_INVALIDATED",
    "HUGE_MOVE_KEPT",
    "HUGE_NUMA_INVALIDATED",
    "HUGE_ZERO_GATHERED",
    "HUGE_ZERO_MM",
    "LAZYFREE",
    "MADV_FREE",
    "MREMAP_FLUSH_DIRTY",
    "MREMAP_FLUSH_PRESENT",
    "MUNMAP_DOWNGRADE",
    "NUMA_PROTNONE",
    "OOM_REAP_VMA",
    "PMDP_ESTABLISH",
    "TLB_FLUSH_COUNT",
    "TLB_FLUSH_NESTED",
    "TLB_TABLE_INVALIDATE",
    "TLB_TABLE_NO_SHORTCUT",
    "UNMAP_BATCH",
    "UNMAP_BATCH_KEPT",
    "X86_LAZY_FLUSH",
    "X86_LAZY_LAZIER",
    "X86_LAZY_REWORK",
    "X86_TLB_GEN",
]

NUMA_PROTNONE = feature(
    "numa_protnone",
    commit="4d9424669946",
    subject="mm: convert p[te|md]_mknonnuma and remaining page table manipulations",
    release="v4.0",
    requires=(HUGE_NUMA_KEPT,),
    brings="NUMA balancing takes entries out, and puts them back inaccessible, as mprotect() does. "
    "MADV_DONTNEED may pass in between, and finds no huge page: protection.",
    reverting="It marks them where they are.",
)

UNMAP_BATCH = feature(
    "unmap_batch",
    commit="72b252aed506",
    subject="mm: send one IPI per CPU to TLB flush all entries after unmapping pages",
    release="v4.3",
    brings="Reclaim unmaps clean pages without a flush each; one for all comes before they are "
    "freed.",
    reverting="Each page that reclaim unmaps is flushed under the page-table lock.",
)

DEFER_WRITABLE_FLUSH = feature(
    "defer_writable_flush",
    commit="d950c9477d51",
    subject="mm: defer flush of writable TLB entries",
    release="v4.3",
    requires=(UNMAP_BATCH,),
    brings="The flush of a dirty page is put off, too, until a page is written or all are freed.",
    reverting="Dirty pages are flushed under the page-table lock.",
)

CLEAR_REFS_TAKEN_OUT = feature(
    "clear_refs_taken_out",
    commit="326c2597a3b1",  # the id is from memory
    subject="mm: clear pte in clear_soft_dirty()",
    release="v4.4",
    brings="Who begins to watch for stores takes entries out to change them. For that of a huge "
    "page, MADV_DONTNEED may pass in between, and finds none: protection.",
    reverting="He reads them, and overwrites them.",
)

MADV_FREE = feature(
    "madv_free",
    commit="854e9ed09ded",
    subject="mm: support madvise(MADV_FREE)",
    release="v4.5",
    brings="Memory whose contents are not needed becomes clean, and reclaim drops clean memory.",
    reverting="Reclaim writes all memory of no file.",
)

HUGE_FAULT_ONE_LOOK = feature(
    "huge_fault_one_look",
    commit="ad33bb04b2a6",
    subject="mm: thp: fix SMP race condition between THP page fault and MADV_DONTNEED",
    release="v4.5",
    requires=(PMD_TRANS_HUGE_OR_BAD,),
    brings="A fault that cannot have a huge page takes one look at what others have mapped there: "
    "a page table, or something that may go again.",
    reverting="It looks whether there is something, and then whether that is a huge page. One that "
    "goes in between leaves it without a page table: table_uaf.",
)

HUGE_ZERO_GATHERED = feature(
    "huge_zero_gathered",
    commit="aa88b68c3b1d",
    subject="thp: keep huge zero page pinned until tlb flush",
    release="v4.6",
    requires=(HUGE_ZERO_PAGE,),
    brings="Zap gives the huge zero page back after the flush, as other pages.",
    reverting="It gives it back before the flush. It may be freed by then: stale_access.",
)

UNMAP_BATCH_KEPT = feature(
    "unmap_batch_kept",
    commit="b385d21f27d8",
    subject="mm: delete unnecessary and unsafe init_tlb_ubc()",
    release="v4.8",
    requires=(DEFER_WRITABLE_FLUSH,),
    brings="Only a flush makes a task forget what it has put off.",
    reverting="Reclaim that begins within reclaim forgets it: stale_access.",
)

HUGE_ZERO_MM = feature(
    "huge_zero_mm",
    commit="6fcb52a56ff6",
    subject="thp: reduce usage of huge zero page's atomic counter",
    release="v4.9",
    requires=(HUGE_ZERO_GATHERED,),
    brings="An address space keeps the huge zero page until its last thread has gone.",
    reverting="Each entry that maps it does.",
)

MREMAP_FLUSH_DIRTY = feature(
    "mremap_flush_dirty",
    commit="5d1904204c99",
    subject="mremap: fix race between mremap() and page cleanning",
    release="v4.9",
    requires=(MREMAP_FLUSH_ONCE, MREMAP_FEW_RMAP_LOCKS),
    brings="mremap() flushes dirty pages before it drops the page-table lock of the old place.",
    reverting="page_mkclean cleans the moved entry and writeback starts, while other CPUs still "
    "store through the old one: lost_write.",
)

GATHER_HUGE_RANGE = feature(
    "gather_huge_range",
    commit="b5bc66b71310",
    subject="mm: update mmu_gather range correctly",
    release="v4.10",
    requires=(GATHER_ADJUST_RANGE,),
    brings="The range to flush grows by all of a huge page.",
    reverting="It grows by the first part of it, which is enough for CPUs.",
)

HUGE_NUMA_INVALIDATED = feature(
    "huge_numa_invalidated",
    commit="ced108037c2a",
    subject="thp: fix MADV_DONTNEED vs. numa balancing race",
    release="v4.11",
    requires=(NUMA_PROTNONE,),
    brings="NUMA balancing and mprotect() keep the entry of a huge page while they change it.",
    reverting="They take it out for a while. MADV_DONTNEED may pass, and finds none: protection.",
)

HUGE_FREE_INVALIDATED = feature(
    "huge_free_invalidated",
    commit="58ceeb6bec86",
    subject="thp: fix MADV_DONTNEED vs. MADV_FREE race",
    release="v4.11",
    requires=(MADV_FREE,),
    brings="MADV_FREE keeps the entry of a huge page while it cleans it.",
    reverting="It takes it out for a while. MADV_DONTNEED may pass, and finds none: protection.",
)

HUGE_CLEAR_REFS_INVALIDATED = feature(
    "huge_clear_refs_invalidated",
    commit="5b7abeae3af8",
    subject="thp: fix MADV_DONTNEED vs clear soft dirty race",
    release="v4.11",
    requires=(CLEAR_REFS_TAKEN_OUT,),
    brings="Who begins to watch for stores keeps the entry of a huge page while he changes it.",
    reverting="He takes it out for a while. MADV_DONTNEED may pass, and finds none: protection.",
)

FLUSH_BATCHED_PENDING = feature(
    "flush_batched_pending",
    commit="3ea277194daa",
    subject="mm, mprotect: flush TLB if potentially racing with a parallel reclaim leaving stale "
    "TLB entries",
    release="v4.13",
    requires=(DEFER_WRITABLE_FLUSH,),
    brings="Who changes entries under the page-table lock flushes first if reclaim has put off a "
    "flush of that address space.",
    reverting="An entry that is gone already is not flushed by who takes it away: protection.",
)

LAZYFREE = feature(
    "lazyfree",
    commit="802a3a92ad7a",
    subject="mm: reclaim MADV_FREE pages",
    release="v4.12",
    requires=(MADV_FREE,),
    brings="A page whose contents are not needed is marked so.",
    reverting="Reclaim tells it by its being clean.",
)

TLB_FLUSH_COUNT = feature(
    "tlb_flush_count",
    commit="16af97dc5a89",
    subject="mm: migrate: prevent racy access to tlb_flush_pending",
    release="v4.13",
    requires=(TLB_FLUSH_PENDING,),
    brings="Those who are about to flush are counted.",
    reverting="There is a flag, which the first to be through takes away from the others.",
)

TLB_FLUSH_NESTED = feature(
    "tlb_flush_nested",
    commit="99baac21e458",
    subject="mm: fix MADV_[FREE|DONTNEED] TLB flush miss problem",
    release="v4.13",
    requires=(GATHER_FREE_QUEUED, TLB_FLUSH_COUNT),
    brings="A gather that was not alone in its address space flushes at its end in any case.",
    reverting="It flushes what it cleared itself.",
)

CLEAR_REFS_GATHER = feature(
    "clear_refs_gather",
    commit="b3a81d0841a9",
    subject="mm: fix KSM data corruption",
    release="v4.13",
    requires=(TLB_FLUSH_NESTED,),
    brings="Who begins to watch for stores flushes by a gather of the whole address space.",
    reverting="He flushes it by himself.",
)

X86_TLB_GEN = feature(
    "x86_tlb_gen",
    commit="b0579ade7cd8",
    subject="x86/mm: Track the TLB's tlb_gen and update the flushing algorithm",
    release="v4.14",
    requires=(X86_FLUSH_RANGE,),
    brings="Flushes have numbers; a CPU skips one that it has already caught up with.",
    reverting="Each flush is carried out.",
)

X86_LAZY_REWORK = feature(
    "x86_lazy_rework",
    commit="94b1b03b519b",
    subject="x86/mm: Rework lazy TLB mode and TLB freshness tracking",
    release="v4.14",
    requires=(X86_TLB_GEN,),
    brings="A CPU that switches leaves the mask of its old address space before it loads the new "
    "root. A lazy CPU is in no mask, and catches up by generations when it comes back.",
    reverting="It loads first. The first flush that reaches a lazy CPU makes it leave for good.",
)

X86_LAZY_FLUSH = feature(
    "x86_lazy_flush",
    commit="b956575bed91",
    subject="x86/mm: Flush more aggressively in lazy TLB mode",
    release="v4.14",
    requires=(X86_LAZY_REWORK,),
    brings="A lazy CPU stays in the mask, and a flush makes it leave the address space.",
    reverting="No flush reaches a lazy CPU, which walks page tables that were freed: table_uaf.",
)

OOM_REAP_VMA = feature(
    "oom_reap_vma",
    commit="687cb0884a71",
    subject="mm, oom_reaper: gather each vma to prevent leaking TLB entry",
    release="v4.15",
    brings="The oom reaper has a gather for each mapping.",
    reverting="It has one for the whole address space, as if nobody used that any more. Where such "
    "a gather is not flushed (arm64), a thread of the victim may still do: stale_access.",
)

PMDP_ESTABLISH = feature(
    "pmdp_establish",
    commit="d52605d7cb30",
    subject="mm: do not lose dirty and accessed bits in pmdp_invalidate()",
    release="v4.16",
    requires=(HUGE_NUMA_INVALIDATED, HUGE_FREE_INVALIDATED, HUGE_CLEAR_REFS_INVALIDATED),
    brings="The entry of a huge page is exchanged for one that allows no access.",
    reverting="It is read, and then overwritten. The bits that a CPU sets in between are lost: a "
    "store after MADV_FREE is lost, too: lost_write.",
)

MREMAP_FLUSH_PRESENT = feature(
    "mremap_flush_present",
    commit="eb66ae030829",
    subject="mremap: properly flush TLB before releasing the page",
    release="v4.19",
    requires=(MREMAP_FLUSH_DIRTY,),
    brings="mremap() flushes a table's pages before it drops either page-table lock.",
    reverting="It flushes clean pages at its end, after others may have freed them: stale_access.",
)

TLB_TABLE_NO_SHORTCUT = feature(
    "tlb_table_no_shortcut",
    commit="a6f572084fbe",
    subject="mm/tlb: Remove tlb_remove_table() non-concurrent condition",
    release="v4.19",
    requires=(GATHER_ADJUST_RANGE,),
    brings="Tables that RCU frees wait for it in any case.",
    reverting="Those of a process that has one thread, or none any more, are freed at once, while "
    "a CPU that borrows the address space may walk them: table_uaf.",
)

TLB_TABLE_INVALIDATE = feature(
    "tlb_table_invalidate",
    commit="d86564a2f085",
    subject="mm/tlb, x86/mm: Support invalidating TLB caches for RCU_TABLE_FREE",
    release="v4.19",
    requires=(TLB_FLUSH_SPLIT, GATHER_ADJUST_RANGE, TLB_TABLE_NO_SHORTCUT),
    brings="Tables that RCU frees are flushed first, also when their batch is full, and when there "
    "is no page for one.",
    reverting="Then they are not flushed, and hardware may still walk them: table_uaf.",
)

HUGE_MOVE_KEPT = feature(
    "huge_move_kept",
    commit="d7c3393413fe",
    subject="mm: thp: fix MADV_DONTNEED vs migrate_misplaced_transhuge_page race condition",
    release="v4.20",
    requires=(HUGE_MOVE_CLEARED,),
    brings="NUMA balancing stores the new entry of a huge page that it has moved over the old one.",
    reverting="It empties the entry first. MADV_DONTNEED may pass, and finds none: protection.",
)

FLUSH_STRIDE = feature(
    "flush_stride",
    commit="a31acd3ee8f7",
    subject="x86/mm: Page size aware flush_tlb_mm_range()",
    release="v4.20",
    requires=(X86_TLB_GEN, GATHER_HUGE_RANGE),
    brings="Where only entries of huge pages were cleared, a flush has an INVLPG for each of them.",
    reverting="It has one for each page.",
)

X86_LAZY_LAZIER = feature(
    "x86_lazy_lazier",
    commit="145f573b89a6",
    subject="x86/mm/tlb: Make lazy TLB mode lazier",
    release="v4.20",
    requires=(X86_LAZY_FLUSH,),
    brings="Only a flush that frees page tables reaches lazy CPUs; the others they make up for.",
    reverting="Each flush makes lazy CPUs leave the address space.",
)

MUNMAP_DOWNGRADE = feature(
    "munmap_downgrade",
    commit="dd2283f2605e",
    subject="mm: mmap: zap pages with read mmap_sem in munmap",
    release="v4.20",
    requires=(TLB_FLUSH_NESTED,),
    brings="munmap() zaps with mmap_lock held for reading.",
    reverting="It holds mmap_lock for writing to its end.",
)
