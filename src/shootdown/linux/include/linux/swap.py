# SPDX-License-Identifier: GPL-2.0-only
"""The swap area: slots on the disk, and what the kernel remembers of each."""

from __future__ import annotations

from typing import Annotated

from shootdown.hw.bounds import NR_BLOCKS, block_or_none, block_t
from shootdown.lang import Bool, Ref, span, struct
from shootdown.linux.bounds import swap_count_t
from shootdown.linux.include.linux.mm_types import folio

__all__ = ["EEXIST", "ENOENT", "prepare_result", "swap_slot", "swp_entry_or_none", "swp_entry_t"]

swp_entry_t = block_t
"""The number of a slot. The kernel's says which swap area, too; there is one here."""

swp_entry_or_none = block_or_none
"""The number of a slot, or -1."""

ENOENT = 2
EEXIST = 17

prepare_result = Annotated[int, span(-EEXIST, 0)]
"""0, or an error."""


@struct(count=NR_BLOCKS)
class swap_slot:
    """A slot of the swap area.

    The kernel has these in several places: the first two share a byte of swap_map, under the lock
    of the area or of a cluster of slots; the third is the swap cache. Each change is one step here.
    """

    count: swap_count_t
    """How many entries say that their page is here."""

    has_cache: Bool
    """A page in the swap cache has the slot, or is about to (SWAP_HAS_CACHE)."""

    folio: Ref[folio]
    """The page in the swap cache that has it."""
