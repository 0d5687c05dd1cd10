# SPDX-License-Identifier: GPL-2.0-only
"""How pages come to the lists of reclaim, the second part of mm/swap.c."""

from __future__ import annotations

from shootdown.lang import Ref, kernel
from shootdown.linux.include.linux.mm_types import folio

__all__ = ["folio_add_lru"]


@kernel
def folio_add_lru(folio: Ref[folio]) -> None:
    """Let reclaim find a page.

    Kernel: mm/swap.c, v6.18
    Context: caller has a reference
    Deviates: pages are not collected per CPU first, and the lock of the lists is not taken: the
        flag is all there is
    """
    folio.PG_lru = True
