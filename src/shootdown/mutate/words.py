# SPDX-License-Identifier: MIT
"""Which of the kernel's names flush, lock, force, count and mark: all that mutations go by."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "BARRED",
    "COUNTERS",
    "DIRTY",
    "FLUSH",
    "FORCED",
    "FREED",
    "LOCKS",
    "LOCK_RECORDS",
    "LOOKUPS",
    "NOTED",
    "RANGE",
    "REFERENCES",
    "REVERSE_MAP",
    "SUBSTITUTES",
    "UNMAPPED",
    "LockWords",
]


@dataclass(frozen=True, slots=True)
class LockWords:
    """How a kind of lock is taken and released.

    `weaker` are the words for taking and releasing it for reading only. `plain` is the lookup that
    remains of a call that looks something up and locks it.
    """

    take: str
    release: tuple[str, ...]
    weaker: tuple[str, str] | None = None
    plain: str = ""


FLUSH = re.compile(
    r"tlb_flush\w*|flush_tlb_\w+|sd_flush_\w+|hw_flush_\w+|hw_invlpg|inc_mm_tlb_gen|sd_send_request"
    r"|sd_wait_for_request|hw_send_ipi|hw_wait_for_ipis|smp_call_function\w*|leave_mm"
    r"|try_to_unmap_flush(?:_dirty)?|arch_tlbbatch_flush|tlb_finish_mmu"
)
"""Calls that flush, or ask others to flush and wait for it."""

NOTED = re.compile(
    r"tlb_remove_(?:pmd_)?tlb_entry|__tlb_adjust_range|tlb_delay_rmap"
    r"|set_tlb_ubc_flush_pending|arch_tlbbatch_add_pending|sd_count_pending|sd_gather_range"
)
"""Calls that note, on a gather or a batch that nobody else sees, what has to be flushed."""

RANGE = frozenset({"start", "end", "range_start", "range_end"})
"""Fields of a gather that note the same."""

FREED = re.compile(r"tlb_flush_mmu_free|tlb_batch_pages_flush|tlb_table_flush|sd_free_slot")
"""Calls that free what was queued, which is right after the flush only."""

LOOKUPS = frozenset({"record", "local", "pmd_lockptr", "pte_lockptr"})
"""Calls that look at nothing shared: what is found by them may be found earlier."""

DIRTY = re.compile(r"folio_mark_dirty|set_page_dirty\w*|folio_start_writeback|set_page_writeback")
"""Calls that say on the page what its entry said, or that it is being written."""

REVERSE_MAP = re.compile(r"folio_remove_rmap_ptes|page_remove_rmap|tlb_flush_rmaps")
"""Calls after which writeback may believe that a page is not mapped."""

UNMAPPED = re.compile(r"unmap_mapping_\w+")
"""Calls that take pages of a file out of its mappings."""

BARRED = frozenset({"i_size"})
"""Fields that keep others out from where they are stored on."""

SUBSTITUTES = {"ptep_clear_flush": "ptep_get_and_clear"}
"""Calls whose value is needed, and what gives it from the last argument without the flush."""

FORCED = frozenset(
    {
        "force_flush",
        "force_break",
        "need_flush",
        "is_full",
        "fullmm",
        "freed_tables",
        "cleared_ptes",
        "cleared_pmds",
        "delayed_rmap",
        "delay_rmap",
        "flush_required",
        "writable",
    }
)
"""Variables and fields that force a flush or a restart where they are set."""

COUNTERS = frozenset({"_refcount", "_mapcount", "huge_zero_refcount", "tlb_flush_pending"})
"""Fields that count who uses a thing."""

REFERENCES = {"folio_get": "folio_put", "get_page": "put_page"}
"""Calls that take a reference, and those that give it back."""

LOCKS = (
    LockWords("spin_lock", ("spin_unlock", "pte_unmap_unlock")),
    LockWords("pte_offset_map_lock", ("pte_unmap_unlock",), plain="pte_offset_map"),
    LockWords("pmd_lock", ("spin_unlock",), plain="pmd_lockptr"),
    LockWords("folio_lock", ("folio_unlock",)),
    LockWords("lock_page", ("unlock_page",)),
    LockWords("down_read", ("up_read",)),
    LockWords("down_write", ("up_write",), ("down_read", "up_read")),
    LockWords("mutex_lock", ("mutex_unlock",), ("down_read", "up_read")),
    LockWords("mmap_read_lock", ("mmap_read_unlock",)),
    LockWords("mmap_write_lock", ("mmap_write_unlock",), ("mmap_read_lock", "mmap_read_unlock")),
    LockWords("i_mmap_lock_read", ("i_mmap_unlock_read",)),
    LockWords(
        "i_mmap_lock_write", ("i_mmap_unlock_write",), ("i_mmap_lock_read", "i_mmap_unlock_read")
    ),
    LockWords("preempt_disable", ("preempt_enable",)),
    LockWords("hw_irqs_off", ("hw_irqs_on",)),
)

LOCK_RECORDS = frozenset({"ptl"})
"""Fields that remember a lock for who releases it: without the lock they stay empty."""
