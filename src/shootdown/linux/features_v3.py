# SPDX-License-Identifier: GPL-2.0-only
"""The modelled commits up to v3.19, oldest first."""

from __future__ import annotations

from shootdown.lang import feature

__all__ = [
    "ANON_VMA_MUTEX",
    "ANON_VMA_SHARED",
    "DIRTY_UNDER_PAGE_LOCK",
    "FLUSH_ACCESSIBLE",
    "GATHER_ADJUST_RANGE",
    "GATHER_BATCH_CAP",
    "GATHER_FREE_FLUSHED",
    "GATHER_FREE_QUEUED",
    "GATHER_RANGE",
    "GATHER_RANGE_GIVEN",
    "GATHER_RANGE_PASSED",
    "HUGE_MOVE_CLEARED",
    "HUGE_NUMA_KEPT",
    "HUGE_ZERO_PAGE",
    "I_MMAP_MUTEX",
    "I_MMAP_RWSEM",
    "I_MMAP_SHARED",
    "MMU_GATHER_EXTENDED_BATCHES",
    "MMU_GATHER_REWORK",
    "MPROTECT_COUNT",
    "MREMAP_FEW_RMAP_LOCKS",
    "MREMAP_FLUSH_ONCE",
    "NO_LOCKBREAK",
    "NO_TLB_FAST_MODE",
    "PMD_TRANS_HUGE_OR_BAD",
    "TLB_FLUSH_PENDING",
    "TLB_FLUSH_SPLIT",
    "X86_CALL_FUNCTION_IPI",
    "X86_FLUSH_RANGE",
    "X86_NO_ACCESS_FLUSH",
    "ZAP_ADDR_ADVANCE",
]

MMU_GATHER_REWORK = feature(
    "mmu_gather_rework",
    commit="d16dfc550f53",
    subject="mm: mmu_gather rework",
    release="v3.0",
    brings="The gather lives on the stack, preemption stays on, and a full gather makes zap leave "
    "the page-table lock to flush and free.",
    reverting="A gather per CPU, preemption off from gather to finish; a full one is flushed and "
    "freed under the page-table lock.",
)

MMU_GATHER_EXTENDED_BATCHES = feature(
    "mmu_gather_extended_batches",
    commit="e303297e6c3a",
    subject="mm: extended batches for generic mmu_gather",
    release="v3.0",
    requires=(MMU_GATHER_REWORK,),
    brings="A gather asks for one page after the other to queue more pages in.",
    reverting="It asks for one page when it begins, and after each flush until it has it.",
)

NO_LOCKBREAK = feature(
    "no_lockbreak",
    commit="97a894136f29",
    subject="mm: Remove i_mmap_lock lockbreak",
    release="v3.0",
    requires=(MMU_GATHER_REWORK,),
    brings="Zap may sleep after each table.",
    reverting="Zap stops after ZAP_BLOCK_SIZE pages, and may sleep there if nobody holds a lock; "
    "truncation lets go of its own, marks the mapping, and begins with the first again.",
)

I_MMAP_MUTEX = feature(
    "i_mmap_mutex",
    commit="3d48ae45e723",
    subject="mm: Convert i_mmap_lock to a mutex",
    release="v3.0",
    brings="Walks over the mappings of a file may sleep.",
    reverting="They hold a spinlock.",
)

ANON_VMA_MUTEX = feature(
    "anon_vma_mutex",
    commit="2b575eb64f7a",
    subject="mm: Convert anon_vma->lock to a mutex",
    release="v3.0",
    brings="Walks over the mappings of a page of no file may sleep.",
    reverting="They hold a spinlock.",
)

MREMAP_FLUSH_ONCE = feature(
    "mremap_flush_once",
    commit="7b6efc2bc4f1",
    subject="mremap: avoid sending one IPI per page",
    release="v3.2",
    brings="mremap() flushes once, when it has moved all pages and holds no lock any more.",
    reverting="It flushes each page that it moves, under the page-table locks.",
)

PMD_TRANS_HUGE_OR_BAD = feature(
    "pmd_trans_huge_or_bad",
    commit="1a5a9906d4e8",
    subject="mm: thp: fix pmd_bad() triggering in code paths holding mmap_sem read mode",
    release="v3.4",
    brings="Walks with mmap_sem held for reading leave a huge page alone that is mapped meanwhile.",
    reverting="They take its entry for a bad one, and clear it: leak.",
)

X86_CALL_FUNCTION_IPI = feature(
    "x86_call_function_ipi",
    commit="52aec3308db8",
    subject="x86/tlb: replace INVALIDATE_TLB_VECTOR by CALL_FUNCTION_VECTOR",
    release="v3.6",
    brings="Remote flushes are function calls by interrupt, each sender with its own request.",
    reverting="A flush has a vector and a slot of its own; the targets clear their bits there.",
)

X86_FLUSH_RANGE = feature(
    "x86_flush_range",
    commit="611ae8e3f520",
    subject="x86/tlb: enable tlb flush range support for x86",
    release="v3.6",
    requires=(X86_CALL_FUNCTION_IPI,),
    brings="A small range is flushed page by page: flush_tlb_mm_range().",
    reverting="Each flush of more than a page is one of the whole TLB: flush_tlb_mm().",
)

GATHER_RANGE = feature(
    "gather_range",
    commit="597e1c3580b7",
    subject="mm/mmu_gather: enable tlb flush range in generic mmu_gather",
    release="v3.6",
    requires=(MMU_GATHER_REWORK, X86_FLUSH_RANGE),
    brings="The gather flushes the range that it is given when it ends; a full one, what zap has "
    "still before it.",
    reverting="The gather flushes the whole address space.",
)

MREMAP_FEW_RMAP_LOCKS = feature(
    "mremap_few_rmap_locks",
    commit="38a76013ad80",
    subject="mm: avoid taking rmap locks in move_ptes()",
    release="v3.7",
    brings="mremap() keeps reverse-map walks away only if they might come to the new place first.",
    reverting="It keeps those over a file's mappings away while it moves a table's pages.",
)

X86_NO_ACCESS_FLUSH = feature(
    "x86_no_access_flush",
    commit="e4a1cc56e4d7",
    subject="x86: mm: drop TLB flush from ptep_set_access_flags",
    release="v3.8",
    brings="An entry that becomes more permissive is not flushed.",
    reverting="It is, on all CPUs, under the page-table lock.",
)

FLUSH_ACCESSIBLE = feature(
    "flush_accessible",
    commit="3d59eebc5e13",
    subject="Merge tag 'balancenuma-v11'",
    release="v3.8",
    brings="An entry that is taken out is flushed only if it allowed accesses (pte_accessible).",
    reverting="It is flushed in any case.",
)

MPROTECT_COUNT = feature(
    "mprotect_count",
    commit="7da4d641c58d",
    subject="mm: Count the number of pages affected in change_protection()",
    release="v3.8",
    brings="mprotect() flushes only if it has found an entry to change.",
    reverting="It flushes in any case.",
)

ANON_VMA_SHARED = feature(
    "anon_vma_shared",
    commit="4fc3f1d66b1e",
    subject="mm/rmap, migration: Make rmap_walk_anon() and try_to_unmap_anon() more scalable",
    release="v3.8",
    requires=(ANON_VMA_MUTEX,),
    brings="Such walks run side by side.",
    reverting="One at a time.",
)

HUGE_ZERO_PAGE = feature(
    "huge_zero_page",
    commit="97ae17497e99",
    subject="thp: implement refcounting for huge zero page",
    release="v3.8",
    brings="Loads of huge pages that nobody has stored to share a page of zeroes, which is there "
    "as long as it is mapped.",
    reverting="A load gets a huge page of its own.",
)

GATHER_BATCH_CAP = feature(
    "gather_batch_cap",
    commit="53a59fc67f97",
    subject="mm: limit mmu_gather batching to fix soft lockups on !CONFIG_PREEMPT",
    release="v3.8",
    requires=(MMU_GATHER_EXTENDED_BATCHES,),
    brings="A gather has at most MAX_GATHER_BATCH_COUNT pages to queue in.",
    reverting="It has as many as it gets.",
)

NO_TLB_FAST_MODE = feature(
    "no_tlb_fast_mode",
    commit="29eb77825cc7",
    subject="arch, mm: Remove tlb_fast_mode()",
    release="v3.10",
    requires=(MMU_GATHER_REWORK,),
    brings="Pages are queued and freed after the flush on machines with one CPU, too.",
    reverting="There, they are freed at once, which was right as long as preemption was off.",
)

GATHER_RANGE_PASSED = feature(
    "gather_range_passed",
    commit="e6c495a96ce0",
    subject="mm: fix the TLB range flushed when __tlb_remove_page() runs out of slots",
    release="v3.11",
    requires=(GATHER_RANGE,),
    brings="A full gather flushes what zap has passed.",
    reverting="It flushes what zap has still before it: stale_access.",
)

GATHER_RANGE_GIVEN = feature(
    "gather_range_given",
    commit="2b047252d087",
    subject="Fix TLB gather virtual address range invalidation corner cases",
    release="v3.11",
    requires=(GATHER_RANGE_PASSED,),
    brings="The gather is given the range to flush when it begins.",
    reverting="It is given it when it ends. A gather that a page table fills flushes nothing that "
    "anybody has told it of: stale_access.",
)

TLB_FLUSH_PENDING = feature(
    "tlb_flush_pending",
    commit="20841405940e",
    subject="mm: fix TLB flush race between migration, and change_protection_range",
    release="v3.13",
    requires=(FLUSH_ACCESSIBLE,),
    brings="mprotect() says while it is at work that a TLB may still know what it has forbidden.",
    reverting="An inaccessible entry is taken out without a flush, while other CPUs store through "
    "what it was before: lost_write.",
)

HUGE_MOVE_CLEARED = feature(
    "huge_move_cleared",
    commit="3f926ab945b6",
    subject="mm: Close races between THP migration and PMD numa clearing",
    release="v3.12",
    brings="NUMA balancing empties the entry of a huge page, and flushes it, before it maps the "
    "page where it has moved it. MADV_DONTNEED may pass in between, and finds none: protection.",
    reverting="It stores the new entry over the old one.",
)

HUGE_NUMA_KEPT = feature(
    "huge_numa_kept",
    commit="5a6dac3ec5f5",  # the id is from memory
    subject="mm: numa: do not clear PMD during PTE update scan",
    release="v3.13",
    brings="NUMA balancing marks the entry of a huge page where it is.",
    reverting="It takes the entry out, and puts it back marked. MADV_DONTNEED may pass in between, "
    "and finds nothing: protection.",
)

TLB_FLUSH_SPLIT = feature(
    "tlb_flush_split",
    commit="1cf35d47712d",
    subject="mm: split 'tlb_flush_mmu()' into tlb flushing and memory freeing parts",
    release="v3.15",
    requires=(
        MMU_GATHER_EXTENDED_BATCHES,
        NO_LOCKBREAK,
        NO_TLB_FAST_MODE,
        GATHER_RANGE_GIVEN,
    ),
    brings="Zap flushes dirty shared pages before it drops the page-table lock, and frees after.",
    reverting="page_mkclean finds no entry and writeback starts, while other CPUs still store "
    "through their TLBs: lost_write.",
)

ZAP_ADDR_ADVANCE = feature(
    "zap_addr_advance",
    commit="ce9ec37bddb6",
    subject="zap_pte_range: update addr when forcing flush after TLB batching failure",
    release="v3.18",
    requires=(TLB_FLUSH_SPLIT,),
    brings="The flush of a full gather reaches the page that filled it.",
    reverting="That page is freed unflushed.",
)

DIRTY_UNDER_PAGE_LOCK = feature(
    "dirty_under_page_lock",
    commit="2d6d7f982846",
    subject="mm: protect set_page_dirty() from ongoing truncation",
    release="v3.19",
    brings="A write fault on a present entry sets PG_dirty with the page locked.",
    reverting="It waits until the page is unlocked, and then sets PG_dirty without the lock.",
)

I_MMAP_RWSEM = feature(
    "i_mmap_rwsem",
    commit="c8c06efa8b55",
    subject="mm: convert i_mmap_mutex to rwsem",
    release="v3.19",
    requires=(I_MMAP_MUTEX,),
    brings="The mappings of a file are under a lock that can be shared.",
    reverting="They are under a mutex.",
)

I_MMAP_SHARED = feature(
    "i_mmap_shared",
    commit="3dec0ba0be6a",
    subject="mm/rmap: share the i_mmap_rwsem",
    release="v3.19",
    requires=(I_MMAP_RWSEM,),
    brings="Reverse-map walks of one file run side by side.",
    reverting="One at a time.",
)

GATHER_ADJUST_RANGE = feature(
    "gather_adjust_range",
    commit="fb7332a9fedf",
    subject="mmu_gather: move minimal range calculations into generic code",
    release="v3.19",
    requires=(ZAP_ADDR_ADVANCE,),
    brings="The range to flush grows with each entry that is cleared.",
    reverting="It is what the caller of the gather is going to unmap.",
)

GATHER_FREE_FLUSHED = feature(
    "gather_free_flushed",
    commit="f045bbb9fa1b",
    subject="mmu_gather: fix over-eager tlb_flush_mmu_free() calling",
    release="v3.19",
    requires=(GATHER_ADJUST_RANGE,),
    brings="A gather that has nothing to flush does not look for pages to free. If its last flush "
    "freed none, they stay there: leak.",
    reverting="It looks in any case, which takes time.",
)

GATHER_FREE_QUEUED = feature(
    "gather_free_queued",
    commit="721c21c17ab9",
    subject="mm: mmu_gather: use tlb->end != 0 only for TLB invalidation",
    release="v3.19",
    requires=(GATHER_ADJUST_RANGE,),
    brings="A gather frees what is queued, flushed just now or before; that of a whole address "
    "space is never without something to flush.",
    reverting="It frees if there is something to flush.",
)
