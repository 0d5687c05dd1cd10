# SPDX-License-Identifier: MIT
"""Memory of the explorer: given by the system page by page as it is touched, and reused."""

from __future__ import annotations

import ctypes
import functools

__all__ = ["Region", "arena", "table"]

READ_WRITE = 1 | 2
PRIVATE_ANONYMOUS_NORESERVE = 0x02 | 0x20 | 0x4000
DONT_NEED = 4
HUGE = 14
FAILED = ctypes.c_void_p(-1).value
LARGEST = 1 << 37
SMALLEST = 1 << 26
MARGIN = 1 << 22
KEPT = 1 << 28
"""Bytes of the arena that stay with the process between searches."""


@functools.cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return libc


class Region:
    """A range of zeroed memory that costs nothing until it is touched."""

    def __init__(self, size: int, *, is_scattered: bool = False) -> None:
        found = _libc().mmap(None, size, READ_WRITE, PRIVATE_ANONYMOUS_NORESERVE, -1, 0)
        if found is None or found == FAILED:
            raise MemoryError(f"the system gives no {size:,} bytes of address space")
        self.address: int = found
        self.size = size
        if is_scattered:
            # What is touched here and there is found sooner on huge pages; making one takes longer.
            _libc().madvise(found, size, HUGE)

    def trim(self, kept: int) -> None:
        """Give back what was touched behind the first `kept` bytes."""
        _libc().madvise(self.address + kept, self.size - kept, DONT_NEED)


@functools.cache
def _reserved(size: int, *, is_scattered: bool) -> Region:
    """Return the largest region up to `size` bytes that the system gives."""
    while True:
        try:
            return Region(size, is_scattered=is_scattered)
        except MemoryError:
            size //= 2
            if size < SMALLEST:
                raise


def arena() -> Region:
    """Return the memory for the states of one search; the search before has ended."""
    region = _reserved(LARGEST, is_scattered=False)
    region.trim(KEPT)
    return region


def table(size: int) -> Region:
    """Return zeroed memory for the table of one search, of `size` bytes or less, and some more."""
    region = _reserved(size + MARGIN, is_scattered=True)
    region.trim(0)
    return region
