# SPDX-License-Identifier: GPL-2.0-only
"""Write faults before v3.19: the page is not locked when it is said to be dirty."""

from __future__ import annotations

from shootdown.lang import NULL, Ref, kernel, record
from shootdown.linux.bounds import FS_PAGE_MKWRITE
from shootdown.linux.features import DIRTY_UNDER_PAGE_LOCK
from shootdown.linux.history.mm.page_writeback import set_page_dirty
from shootdown.linux.history.mm.pagemap import get_page, put_page, wait_on_page_locked
from shootdown.linux.include.linux.mm_types import page, vm_fault
from shootdown.linux.mm.memory_fault import sd_wp_page_private, wp_page_reuse, wp_page_shared

__all__ = ["do_wp_page", "set_page_dirty_balance"]


@kernel(before=DIRTY_UNDER_PAGE_LOCK)
def do_wp_page(vmf: Ref[vm_fault]) -> None:
    """Let a store through a read-only entry of a shared page.

    The entry is writable before the page is dirty, and nothing is locked in between. Writeback
    that has passed the entry by then clears the page's dirty flag before it unlocks the page: the
    wait makes sure that the flag is set after that. With page_mkwrite() the page is locked.

    Kernel: mm/memory.c, v3.15, commit 79352894b285
    Context: ptl held, released on return; mmap_sem held; may sleep
    Deviates: the page of a private mapping has one owner, so it is not copied
    """
    vmf.page = record(page, vmf.orig_pte.pfn)
    if vmf.vma.vm_file is NULL:
        sd_wp_page_private(vmf)
        return
    if FS_PAGE_MKWRITE:
        wp_page_shared(vmf)
        return
    get_page(vmf.page)
    wp_page_reuse(vmf)
    wait_on_page_locked(vmf.page)
    set_page_dirty_balance(vmf.page)
    put_page(vmf.page)


@kernel
def set_page_dirty_balance(page: Ref[page]) -> None:
    """Say that the page must be written.

    Kernel: mm/page-writeback.c, v3.15
    Context: may sleep
    Deviates: the writer is not made to wait for writeback
    """
    set_page_dirty(page)
