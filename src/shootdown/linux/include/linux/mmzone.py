# SPDX-License-Identifier: GPL-2.0-only
"""The lists that reclaim takes its pages from."""

from __future__ import annotations

from shootdown.hw.bounds import NR_PAGES
from shootdown.lang import Array, Bool, Ref, array, guarded_by, struct
from shootdown.linux.bounds import SWAP_CLUSTER_MAX, isolated_t, listed_t
from shootdown.linux.include.linux.mm_types import page
from shootdown.linux.include.linux.spinlock import spinlock_t

__all__ = ["lruvec", "pglist_data", "sd_folio_list"]


@struct(count=1)
class lruvec:
    """The list of the inactive pages of a node. Nobody takes pages from a list of active ones."""

    lru_lock: spinlock_t
    nr: listed_t = guarded_by("lru_lock")
    folios: Array[Ref[page]] = array(NR_PAGES, guarded_by="lru_lock")
    """The pages, from the tail on. In the kernel they are linked to each other."""


@struct(count=1)
class pglist_data:
    """The node."""

    PGDAT_DIRTY: Bool
    """Reclaim has found so many dirty pages that kswapd is to write some itself."""


@struct
class sd_folio_list:
    """A list of pages that only its task sees; the kernel has a list_head."""

    nr: isolated_t
    folios: Array[Ref[page]] = array(SWAP_CLUSTER_MAX)
