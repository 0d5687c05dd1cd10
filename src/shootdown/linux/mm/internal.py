# SPDX-License-Identifier: GPL-2.0-only
"""What files of mm/ share with nobody else."""

from __future__ import annotations

from shootdown.hw.bounds import vaddr_t
from shootdown.lang import Bool, Ref, struct
from shootdown.linux.include.linux.mm_types import vm_area_struct

__all__ = ["pagetable_move_control"]


@struct
class pagetable_move_control:
    """A move of pages to other addresses, and how far it has got (arguments before v6.15)."""

    old: Ref[vm_area_struct]
    new: Ref[vm_area_struct]
    old_addr: vaddr_t
    old_end: vaddr_t
    new_addr: vaddr_t
    need_rmap_locks: Bool
    """Walks over the page's mappings might come to the new one first."""
