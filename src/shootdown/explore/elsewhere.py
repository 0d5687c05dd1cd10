# SPDX-License-Identifier: MIT
"""Work done by other processes, with its results in the order of the work."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from shootdown.errors import ShootdownError
from shootdown.explore import collect_rarely

__all__ = ["in_order"]

_LOOK_S = 0.2

Item = TypeVar("Item")
Found = TypeVar("Found")

_is_at_work = False
_is_over = False


def in_order(
    work: Callable[[Item], Found],
    items: Sequence[Item],
    processes: int,
    tell: Callable[[int], None] | None = None,
) -> Iterator[Found]:
    """Do the work on each item in one of `processes`, and yield what came of it in order.

    `tell` hears now and then which item is waited for. An interrupt reaches all processes: those at
    work may return what they have, which is still yielded before `KeyboardInterrupt` is raised. If
    nobody wants to hear more, they are ended.
    """
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        processes, mp_context=multiprocessing.get_context("spawn"), initializer=_begin
    )
    pending: list[Future[Found]] = []
    try:
        with _deaf():
            pending = [pool.submit(_at_work, work, item) for item in items]
        children = set(multiprocessing.active_children()) - others
        done = 0
        try:
            for future in pending:
                while not future.done():
                    if tell is not None:
                        tell(done)
                    wait([future], timeout=_LOOK_S)
                yield future.result()
                done += 1
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in children:
                if child.pid is not None and child.is_alive():
                    os.kill(child.pid, signal.SIGINT)
            yield from _what_is_left(pending[done:])
            raise
    except BrokenProcessPool:
        text = "one of the processes that check was ended from outside, perhaps for its memory"
        raise ShootdownError(f"{text}\nhelp: see `shootdown check --max-memory`") from None
    finally:
        if not all(future.done() for future in pending):
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
        pool.shutdown(wait=False, cancel_futures=True)


def _what_is_left(pending: Sequence[Future[Found]]) -> Iterator[Found]:
    for future in pending:
        try:
            yield future.result()
        except (KeyboardInterrupt, CancelledError):
            continue


@contextmanager
def _deaf() -> Iterator[None]:
    """Ignore interrupts: processes that are started meanwhile do so, too, until they are ready."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _begin() -> None:
    collect_rarely()
    signal.signal(signal.SIGINT, _interrupted)


def _interrupted(*_: object) -> None:
    """Interrupt work once, and begin no other; what reports results is let alone."""
    global _is_at_work, _is_over
    _is_over = True
    if _is_at_work:
        _is_at_work = False
        raise KeyboardInterrupt


def _at_work(work: Callable[[Item], Found], item: Item) -> Found:
    global _is_at_work
    if _is_over:
        raise KeyboardInterrupt
    _is_at_work = True
    try:
        return work(item)
    finally:
        _is_at_work = False
