# SPDX-License-Identifier: GPL-2.0-only
"""truncate+mprotect-none: a mapping is made inaccessible while its file is truncated

A thread loads from a page of a shared file mapping, another makes the mapping inaccessible, and on
a third CPU the file is truncated.

truncate() takes the entry out, and is about to flush; it does not hold mmap_lock. mprotect() finds
no entry to change. From v3.8 on it does not flush then, so it returns while the first thread still
loads from the page, and goes on doing so until the flush of truncate() comes.

Commit 4a18419f71cd (v5.19) lets mprotect() use a gather, and a gather that is not alone flushes.
"""

from __future__ import annotations

from shootdown.lang import holds, record, setup, since, task, violated
from shootdown.linux.fs.open import do_truncate
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in, sd_user
from shootdown.linux.mm.mprotect import sys_mprotect

NAME = "truncate+mprotect-none"
BOUNDS = {"NR_CPUS": 3, "NR_VMAS": 1}
CONFIG = {"PROTNONE": True}
EXPECT = (
    since("v2.6.39", holds()),
    since("v3.8", violated("protection")),
    since("v5.19", holds(), source="4a18419f71cd"),
)


@setup(cpu=1)
def process() -> None:
    """Map the file that will be truncated, and load from it."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
    sd_access(0, False)


@setup(cpu=0)
def second_thread() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))


@task(cpu=1, kind="user")
def reader() -> None:
    """Load from the page until that is forbidden."""
    sd_user(1, 0)


@task(cpu=0)
def protector() -> None:
    """Let nobody access the mapping."""
    sys_mprotect(0, 1, 0)


@task(cpu=2)
def truncater() -> None:
    """Make the file empty."""
    do_truncate(record(address_space, 0), 0)
