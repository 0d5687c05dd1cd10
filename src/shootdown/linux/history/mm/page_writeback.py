# SPDX-License-Identifier: GPL-2.0-only
"""How pages were said to be dirty before folios."""

from __future__ import annotations

from shootdown.lang import Bool, Ref, kernel
from shootdown.linux.history.mm.page_flags import TestSetPageDirty
from shootdown.linux.include.linux.mm_types import page

__all__ = ["set_page_dirty"]


@kernel
def set_page_dirty(page: Ref[page]) -> Bool:
    """Say that the page must be written; tell whether that is news.

    Kernel: mm/page-writeback.c, v3.15
    Context: any; often under the ptl
    Deviates: the file's buffers, its tags and its inode are not told: writeback looks at all
        pages here
    """
    return not TestSetPageDirty(page)
