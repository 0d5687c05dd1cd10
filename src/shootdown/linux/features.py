# SPDX-License-Identifier: GPL-2.0-only
"""The modelled commits, oldest first: those since v5.0 come after `features_v3` and `features_v4`.

A kernel has those first released in it or before.
"""

from __future__ import annotations

from shootdown.lang import feature
from shootdown.linux.features_v3 import (
    ANON_VMA_MUTEX,
    ANON_VMA_SHARED,
    DIRTY_UNDER_PAGE_LOCK,
    FLUSH_ACCESSIBLE,
    GATHER_ADJUST_RANGE,
    GATHER_BATCH_CAP,
    GATHER_FREE_FLUSHED,
    GATHER_FREE_QUEUED,
    GATHER_RANGE,
    GATHER_RANGE_GIVEN,
    GATHER_RANGE_PASSED,
    HUGE_MOVE_CLEARED,
    HUGE_NUMA_KEPT,
    HUGE_ZERO_PAGE,
    I_MMAP_MUTEX,
    I_MMAP_RWSEM,
    I_MMAP_SHARED,
    MMU_GATHER_EXTENDED_BATCHES,
    MMU_GATHER_REWORK,
    MPROTECT_COUNT,
    MREMAP_FEW_RMAP_LOCKS,
    MREMAP_FLUSH_ONCE,
    NO_LOCKBREAK,
    NO_TLB_FAST_MODE,
    PMD_TRANS_HUGE_OR_BAD,
    TLB_FLUSH_PENDING,
    TLB_FLUSH_SPLIT,
    X86_CALL_FUNCTION_IPI,
    X86_FLUSH_RANGE,
    X86_NO_ACCESS_FLUSH,
    ZAP_ADDR_ADVANCE,
)
from shootdown.linux.features_v4 import (
    CLEAR_REFS_GATHER,
    CLEAR_REFS_TAKEN_OUT,
    DEFER_WRITABLE_FLUSH,
    FLUSH_BATCHED_PENDING,
    FLUSH_STRIDE,
    GATHER_HUGE_RANGE,
    HUGE_CLEAR_REFS_INVALIDATED,
    HUGE_FAULT_ONE_LOOK,
    HUGE_FREE_INVALIDATED,
    HUGE_MOVE_KEPT,
    HUGE_NUMA_INVALIDATED,
    HUGE_ZERO_GATHERED,
    HUGE_ZERO_MM,
    LAZYFREE,
    MADV_FREE,
    MREMAP_FLUSH_DIRTY,
    MREMAP_FLUSH_PRESENT,
    MUNMAP_DOWNGRADE,
    NUMA_PROTNONE,
    OOM_REAP_VMA,
    PMDP_ESTABLISH,
    TLB_FLUSH_COUNT,
    TLB_FLUSH_NESTED,
    TLB_TABLE_INVALIDATE,
    TLB_TABLE_NO_SHORTCUT,
    UNMAP_BATCH,
    UNMAP_BATCH_KEPT,
    X86_LAZY_FLUSH,
    X86_LAZY_LAZIER,
    X86_LAZY_REWORK,
    X86_TLB_GEN,
)

__all__ = [
    "ANON_VMA_MUTEX",
    "ANON_VMA_SHARED",
    "ARM64_PENDING_FLUSH",
    "CLEAR_REFS_GATHER",
    "CLEAR_REFS_TAKEN_OUT",
    "DEFER_WRITABLE_FLUSH",
    "DELAYED_RMAP",
    "DIRTY_UNDER_PAGE_LOCK",
    "EXIT_MMAP_READ_LOCK",
    "FLUSH_ACCESSIBLE",
    "FLUSH_BATCHED_GENS",
    "FLUSH_BATCHED_PENDING",
    "FLUSH_CONCURRENT",
    "FLUSH_GEN_SKIP",
    "FLUSH_NESTED_FULLMM",
    "FLUSH_STRIDE",
    "FOLIO_WRITEBACK",
    "FREE_FOLIO_BATCH",
    "GATHER_ADJUST_RANGE",
    "GATHER_BATCH_CAP",
    "GATHER_FLUSH_CLEARED",
    "GATHER_FREE_FLUSHED",
    "GATHER_FREE_QUEUED",
    "GATHER_HUGE_RANGE",
    "GATHER_RANGE",
    "GATHER_RANGE_GIVEN",
    "GATHER_RANGE_PASSED",
    "HUGE_CLEAR_REFS_INVALIDATED",
    "HUGE_FAULT_ONE_LOOK",
    "HUGE_FREE_INVALIDATED",
    "HUGE_MOVE_CLEARED",
    "HUGE_MOVE_KEPT",
    "HUGE_NUMA_BY_ENTRY",
    "HUGE_NUMA_INVALIDATED",
    "HUGE_NUMA_KEPT",
    "HUGE_ZERO_GATHERED",
    "HUGE_ZERO_MM",
    "HUGE_ZERO_PAGE",
    "HUGE_ZERO_PFN",
    "I_MMAP_MUTEX",
    "I_MMAP_RWSEM",
    "I_MMAP_SHARED",
    "LAZYFREE",
    "LAZYFREE_BATCH",
    "LAZYFREE_BATCH_END",
    "LAZYFREE_BATCH_WRITE",
    "LAZYFREE_REFS",
    "LRU_TEST_CLEAR",
    "MADVISE_RELOCK_DRAIN",
    "MADV_FREE",
    "MMU_GATHER_EXTENDED_BATCHES",
    "MMU_GATHER_REWORK",
    "MPROTECT_COUNT",
    "MPROTECT_FLUSH_DEMOTED",
    "MPROTECT_GATHER",
    "MREMAP_FEW_RMAP_LOCKS",
    "MREMAP_FLUSH_DIRTY",
    "MREMAP_FLUSH_ONCE",
    "MREMAP_FLUSH_PRESENT",
    "MREMAP_MOVE_PMD",
    "MREMAP_PMD_RMAP_LOCKS",
    "MUNMAP_DOWNGRADE",
    "NO_LOCKBREAK",
    "NO_TLB_FAST_MODE",
    "NUMA_PMD_ONE_LOOK",
    "NUMA_PROTNONE",
    "OOM_REAP_VMA",
    "PAGEOUT_ANY_AGE",
    "PAGEOUT_NO_FILE",
    "PMDP_ESTABLISH",
    "PMDP_INVALIDATE_AD",
    "PMD_TRANS_HUGE_OR_BAD",
    "SOFT_DIRTY_FLUSH",
    "SWAPIN_REUSE",
    "SWAPIN_WRITABLE",
    "TLB_FLUSH_COUNT",
    "TLB_FLUSH_NESTED",
    "TLB_FLUSH_PENDING",
    "TLB_FLUSH_SPLIT",
    "TLB_TABLE_INVALIDATE",
    "TLB_TABLE_NO_SHORTCUT",
    "UNMAP_BATCH",
    "UNMAP_BATCH_ACCESSIBLE",
    "UNMAP_BATCH_KEPT",
    "VMA_MUNMAP_STRUCT",
    "X86_CALL_FUNCTION_IPI",
    "X86_FLUSH_RANGE",
    "X86_FLUSH_RANGE_TABLES",
    "X86_LAZY_CPUMASK",
    "X86_LAZY_FLUSH",
    "X86_LAZY_LAZIER",
    "X86_LAZY_REWORK",
    "X86_NO_ACCESS_FLUSH",
    "X86_RCU_TABLES",
    "X86_TLB_GEN",
    "ZAP_ADDR_ADVANCE",
    "ZAP_FOLIO_BATCH",
]

MREMAP_MOVE_PMD = feature(
    "mremap_move_pmd",
    commit="2c91bd4a4e2e",
    subject="mm: speed up mremap by 20x on large regions",
    release="v5.0",
    requires=(MREMAP_FLUSH_PRESENT,),
    brings="mremap() moves a table as a whole if all of it moves to where there is none.",
    reverting="It moves the entries.",
)

FLUSH_NESTED_FULLMM = feature(
    "flush_nested_fullmm",
    commit="7a30df49f63a",
    subject="mm: mmu_gather: remove __tlb_reset_range() for force flush",
    release="v5.2",
    requires=(TLB_FLUSH_NESTED,),
    brings="A gather that was not alone flushes everything, as if it had freed page tables.",
    reverting="It forgets that it did free some: lazy CPUs are not told, and walk them: table_uaf.",
)

GATHER_FLUSH_CLEARED = feature(
    "gather_flush_cleared",
    commit="0758cd830494",
    subject="asm-generic/tlb: avoid potential double flush",
    release="v5.6",
    requires=(TLB_TABLE_INVALIDATE, FLUSH_NESTED_FULLMM),
    brings="A gather flushes if it has cleared an entry or freed a table since its last flush.",
    reverting="It flushes if its range is not empty; that of a whole address space never is.",
)

NUMA_PMD_ONE_LOOK = feature(
    "numa_pmd_one_look",
    commit="8b272b3cbbb5",
    subject="mm, numa: fix bad pmd by atomically check for pmd_trans_huge when marking page tables "
    "prot_numa",
    release="v5.6",
    requires=(PMD_TRANS_HUGE_OR_BAD,),
    brings="NUMA balancing takes one look at an entry to tell a huge page from a bad entry.",
    reverting="It looks for a huge page first. One that is mapped then is a bad entry for it, and "
    "cleared: leak.",
)

LRU_TEST_CLEAR = feature(
    "lru_test_clear",
    commit="d25b5bd8a8f4",
    subject="mm/lru: introduce TestClearPageLRU()",
    release="v5.11",
    brings="Who takes a page off its list claims it first, without the list's lock.",
    reverting="It claims the page under the lock of the list.",
)

SOFT_DIRTY_FLUSH = feature(
    "soft_dirty_flush",
    commit="912efa17e512",
    subject="mm: proc: Invalidate TLB after clearing soft-dirty page state",
    release="v5.12",
    requires=(CLEAR_REFS_GATHER, GATHER_FLUSH_CLEARED),
    brings="Who begins to watch for stores flushes by himself.",
    reverting="His gather has cleared nothing that it knows of, and does not flush: protection.",
)

FLUSH_CONCURRENT = feature(
    "flush_concurrent",
    commit="4ce94eabac16",
    subject="x86/mm/tlb: Flush remote and local TLBs concurrently",
    release="v5.13",
    requires=(X86_TLB_GEN,),
    brings="Interrupts are sent before the local flush, and waited for after it.",
    reverting="The local flush comes first.",
)

HUGE_ZERO_PFN = feature(
    "huge_zero_pfn",
    commit="3b77e8c8cde5",
    subject="mm/thp: make is_huge_zero_pmd() safe and quicker",
    release="v5.13",
    requires=(HUGE_ZERO_MM,),
    brings="The number of the huge zero page is kept, and tells which entries map it. A shrinker "
    "that takes its time forgets that of the next one: range.",
    reverting="It is the pointer to it that tells.",
)

MREMAP_PMD_RMAP_LOCKS = feature(
    "mremap_pmd_rmap_locks",
    commit="97113eb39fa7",
    subject="mm/mremap: hold the rmap lock in write mode when moving page table entries.",
    release="v5.14",
    requires=(MREMAP_MOVE_PMD,),
    brings="mremap() keeps reverse-map walks away while it moves a table.",
    reverting="A walk that came to the table by its old place takes a page out there, and flushes "
    "the old place, while it is used in the new one: stale_access.",
)

HUGE_NUMA_BY_ENTRY = feature(
    "huge_numa_by_entry",
    commit="c5b5a3dd2c1f",
    subject="mm: thp: refactor NUMA fault handling",
    release="v5.14",
    requires=(HUGE_MOVE_KEPT,),
    brings="NUMA balancing moves huge pages as all pages are moved, by migration entries, which "
    "are not modelled.",
    reverting="It moves a huge page by itself, which only has the one entry.",
)

FOLIO_WRITEBACK = feature(
    "folio_writeback",
    commit="9350f20a070d",
    subject="mm/writeback: Add folio_clear_dirty_for_io()",
    release="v5.16",
    brings="Writeback works on folios; one of more than a page is not modelled.",
    reverting="The same by the functions for pages.",
)

FLUSH_BATCHED_GENS = feature(
    "flush_batched_gens",
    commit="5ee2fa2f0636",
    subject="mm/rmap: fix potential batched TLB flush race",
    release="v5.17",
    requires=(FLUSH_BATCHED_PENDING,),
    brings="Flushes that reclaim puts off are counted.",
    reverting="One bit tells that there are some. Who clears it after a flush may clear one that "
    "was set in the meantime.",
)

LAZYFREE_REFS = feature(
    "lazyfree_refs",
    commit="6c8e2a256915",
    subject="mm: fix race between MADV_FREE reclaim and blkdev direct IO read",
    release="v5.18",
    requires=(LAZYFREE,),
    brings="A page that its owner does not need is kept if anybody else has a reference.",
    reverting="It is dropped, and what a device stores to it then nobody finds: lost_write.",
)

SWAPIN_REUSE = feature(
    "swapin_reuse",
    commit="c145e0b47c77",
    subject="mm: streamline COW logic in do_swap_page()",
    release="v5.18",
    brings="A fault gives the slot back before it maps the page, and takes the page out of the "
    "swap cache for a store if nobody else refers to it.",
    reverting="It maps the page first, and takes it out of the swap cache for a store unless the "
    "page is being written.",
)

MPROTECT_GATHER = feature(
    "mprotect_gather",
    commit="4a18419f71cd",
    subject="mm/mprotect: use mmu_gather",
    release="v5.19",
    requires=(FLUSH_NESTED_FULLMM,),
    brings="mprotect() flushes by a gather, and so in any case if another one is at work.",
    reverting="It flushes if it has found an entry to change.",
)

MPROTECT_FLUSH_DEMOTED = feature(
    "mprotect_flush_demoted",
    commit="c9fe66560bf2",
    subject="mm/mprotect: do not flush when not required architecturally",
    release="v5.19",
    requires=(MPROTECT_GATHER,),
    brings="Entries that allow more than before are not flushed.",
    reverting="All entries that mprotect() finds are flushed.",
)

PMDP_INVALIDATE_AD = feature(
    "pmdp_invalidate_ad",
    commit="4f83145721f3",
    subject="mm: avoid unnecessary flush on change_huge_pmd()",
    release="v5.19",
    requires=(MPROTECT_FLUSH_DEMOTED, PMDP_ESTABLISH),
    brings="A change of what the entry of a huge page allows is flushed once, by the gather.",
    reverting="It is flushed twice: first while the entry allows no access.",
)

FLUSH_GEN_SKIP = feature(
    "flush_gen_skip",
    commit="aa44284960d5",
    subject="x86/mm/tlb: Avoid reading mm_tlb_gen when possible",
    release="v6.0",
    requires=(FLUSH_CONCURRENT,),
    brings="A CPU that is up to date does not look at the address space's generation.",
    reverting="It always looks.",
)

EXIT_MMAP_READ_LOCK = feature(
    "exit_mmap_read_lock",
    commit="bf3980c85212",
    subject="mm: drop oom code from exit_mmap",
    release="v6.0",
    requires=(MUNMAP_DOWNGRADE,),
    brings="exit_mmap() zaps with mmap_lock held for reading, and frees tables with it held for "
    "writing.",
    reverting="It holds mmap_lock for writing; before v5.18, not at all.",
)

DELAYED_RMAP = feature(
    "delayed_rmap",
    commit="5df397dec7c4",
    subject="mm: delay page_remove_rmap() until after the TLB has been flushed",
    release="v6.2",
    requires=(TLB_FLUSH_SPLIT, GATHER_ADJUST_RANGE),
    brings="A dirty shared page stays mapped in the eyes of page_mkclean until it is flushed.",
    reverting="Zap of the last mapping: page_mapped() is false before the flush, page_mkclean "
    "skips the page-table lock: lost_write.",
)

UNMAP_BATCH_ACCESSIBLE = feature(
    "unmap_batch_accessible",
    commit="4d4b6d66db63",
    subject="mm,unmap: avoid flushing TLB in batch if PTE is inaccessible",
    release="v6.4",
    requires=(DEFER_WRITABLE_FLUSH, TLB_FLUSH_PENDING),
    brings="Reclaim puts no flush off for an entry that allowed no access.",
    reverting="It does so for each entry.",
)

FREE_FOLIO_BATCH = feature(
    "free_folio_batch",
    commit="bc2ff4cbc329",
    subject="mm: free folios in a batch in shrink_folio_list()",
    release="v6.9",
    requires=(FOLIO_WRITEBACK, DEFER_WRITABLE_FLUSH),
    brings="Reclaim frees large folios with the others, after the flush.",
    reverting="It frees a large folio at once, before the flush that it has put off: stale_access.",
)

PAGEOUT_ANY_AGE = feature(
    "pageout_any_age",
    commit="2864f3d0f583",
    subject="mm: madvise: pageout: ignore references rather than clearing young",
    release="v6.10",
    brings="MADV_PAGEOUT takes pages whether they were used lately or not.",
    reverting="It lets their entries look old first.",
)

ZAP_FOLIO_BATCH = feature(
    "zap_folio_batch",
    commit="10ebac4f95e7",
    subject="mm/memory: optimize unmap/zap with PTE-mapped THP",
    release="v6.9",
    requires=(DELAYED_RMAP, FOLIO_WRITEBACK),
    brings="Zap works on folios; a run of entries of one folio is not modelled.",
    reverting="The same page by page.",
)

SWAPIN_WRITABLE = feature(
    "swapin_writable",
    commit="c18160dba5ff",
    subject="mm: swap: reuse exclusive folio directly instead of wp page faults",
    release="v6.11",
    requires=(SWAPIN_REUSE,),
    brings="A load maps a page that comes back from the disk writable, too.",
    reverting="A load maps it read-only.",
)

VMA_MUNMAP_STRUCT = feature(
    "vma_munmap_struct",
    commit="dba14840905f",
    subject="mm/vma: introduce vma_munmap_struct for use in munmap operations",
    release="v6.12",
    requires=(MUNMAP_DOWNGRADE,),
    brings="munmap() gathers its mappings, and takes their pages away, in functions of their own.",
    reverting="The same by unmap_region().",
)

X86_LAZY_CPUMASK = feature(
    "x86_lazy_cpumask",
    commit="209954cbc7d0",
    subject="x86/mm/tlb: Update mm_cpumask lazily",
    release="v6.14",
    requires=(X86_LAZY_LAZIER,),
    brings="A CPU that switches stays in the mask of its old address space until a flush finds it "
    "there in vain.",
    reverting="It leaves the mask before it loads the new root. A flush in between skips it.",
)

X86_FLUSH_RANGE_TABLES = feature(
    "x86_flush_range_tables",
    commit="3ef938c35035",
    subject="x86/mm: Fix flush_tlb_range() when used for zapping normal PMDs",
    release="v6.15",
    requires=(X86_LAZY_LAZIER,),
    brings="A flush of a range of a mapping reaches lazy CPUs, as if page tables had been freed.",
    reverting="It spares them.",
)

X86_RCU_TABLES = feature(
    "x86_rcu_tables",
    commit="a37259732a7d",
    subject="x86/mm: Make MMU_GATHER_RCU_TABLE_FREE unconditional",
    release="v6.15",
    requires=(TLB_TABLE_INVALIDATE,),
    brings="Page tables are always freed by RCU.",
    reverting="They are if CONFIG_MMU_GATHER_RCU_TABLE_FREE is set.",
)

LAZYFREE_BATCH = feature(
    "lazyfree_batch",
    commit="354dffd29575",
    subject="mm: support batched unmap for lazyfree large folios during reclamation",
    release="v6.15",
    requires=(UNMAP_BATCH_ACCESSIBLE, LAZYFREE, X86_FLUSH_RANGE_TABLES),
    brings="Reclaim takes all entries out at once by which a mapping has a large folio that nobody "
    "needs. It counts on in memory until it has as many as there are pages, also where the table "
    "ends: table_uaf. If it puts them back, all allow stores if the first does: cow_isolation.",
    reverting="It takes one entry out after the other, and puts back the last.",
)

PAGEOUT_NO_FILE = feature(
    "pageout_no_file",
    commit="84798514db50",
    subject="mm: Remove swap_writepage() and shmem_writepage()",
    release="v6.16",
    requires=(FOLIO_WRITEBACK,),
    brings="Reclaim writes to the swap only; dirty pages of files are left to the flushers.",
    reverting="kswapd writes pages of files, too, where it meets many dirty ones.",
)

MADVISE_RELOCK_DRAIN = feature(
    "madvise_relock_drain",
    commit="383c4613c67c",
    subject="mm: close theoretical race where stale TLB entries could linger",
    release="v6.16",
    requires=(FLUSH_BATCHED_PENDING,),
    brings="MADV_FREE looks for flushes that were put off again after it has split a large folio, "
    "for which it drops the lock of the table.",
    reverting="It does so once a table, and misses what is put off while it splits: protection.",
)

ARM64_PENDING_FLUSH = feature(
    "arm64_pending_flush",
    commit="4b634918384c",
    subject="arm64/mm: Close theoretical race where stale TLB entry remains valid",
    release="v6.16",
    requires=(FLUSH_BATCHED_GENS,),
    brings="On arm64, who needs what reclaim has told the TLBs to forget tells them again.",
    reverting="He waits for what his own CPU has told them, which is nothing: protection.",
)

LAZYFREE_BATCH_END = feature(
    "lazyfree_batch_end",
    commit="ddd05742b45b",
    subject="mm/rmap: fix potential out-of-bounds page table access during batched unmap",
    release="v6.16",
    requires=(LAZYFREE_BATCH,),
    brings="It takes out those of one table, and then those of the next.",
    reverting="It looks at what comes after the table in memory: table_uaf.",
)

LAZYFREE_BATCH_WRITE = feature(
    "lazyfree_batch_write",
    commit="29f40594a281",
    subject="mm/rmap: fix incorrect pte restoration for lazyfree folios",
    release="v7.0",
    requires=(LAZYFREE_BATCH_END,),
    brings="Entries that allow stores are not taken out together with others.",
    reverting="They are, and when they come back, the others allow stores, too, to pages that may "
    "be shared with other processes: cow_isolation.",
)
