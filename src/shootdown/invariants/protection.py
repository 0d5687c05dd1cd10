# SPDX-License-Identifier: MIT
"""No access is made that a system call has forbidden, once the call has returned.

What a page of an address space allows is decided by mmap(), mprotect(), munmap() and mremap()
alone. While one of them is at work, both holds: what was allowed before, and what is afterwards.
Once it has returned, nothing is left of what it forbids, until another such call begins that allows
it: no page table may allow it, and no access may be made, by whatever translation, and whoever else
has come by the entry meanwhile. A fault decides nothing: it has to heed what is allowed.

What a range has when its pages are given back, but not the range itself, is judged in
`withdrawal.py`; the pages of truncated files in `truncation.py`.

Not vacuous: broken when mprotect() does not flush, or when it finds nothing to do and does not wait
for the flush of another call that did; and when a fault that has waited for it allows a store.
"""

from __future__ import annotations

from shootdown.hw.bounds import NR_TABLES, NR_VPN, cpu_id, pfn_t, table_nr, vaddr_t, vpn_t
from shootdown.hw.cpu import processor
from shootdown.hw.events import access_made, permission_begun, permission_done, table_freed
from shootdown.hw.memory import entry_for
from shootdown.lang import (
    NR_TASKS,
    Array,
    Bool,
    array,
    check,
    hw,
    index,
    invariant,
    on,
    record,
    struct,
    this_task,
)

__all__ = ["protection"]

protection = invariant("protection", "an access is made that a call has forbidden by its return")


@struct(count=NR_TABLES)
class forbidden:
    """What the address space of a root does not allow, by calls that have returned."""

    loads: Array[Bool] = array(NR_VPN)
    stores: Array[Bool] = array(NR_VPN)


@struct(count=NR_TASKS)
class forbidding:
    """What the call of a task is about to forbid."""

    root: table_nr
    loads: Array[Bool] = array(NR_VPN)
    stores: Array[Bool] = array(NR_VPN)


@hw
def allow_loads(root: table_nr, vpn: vpn_t) -> None:
    """Let a page be loaded from, whatever calls that began before forbid."""
    record(forbidden, root).loads[vpn] = False
    for task in range(NR_TASKS):
        if record(forbidding, task).root == root:
            record(forbidding, task).loads[vpn] = False


@hw
def allow_stores(root: table_nr, vpn: vpn_t) -> None:
    """Let a page be stored to, whatever calls that began before forbid."""
    record(forbidden, root).stores[vpn] = False
    for task in range(NR_TASKS):
        if record(forbidding, task).root == root:
            record(forbidding, task).stores[vpn] = False


@on(permission_begun)
def note_what_changes(
    root: table_nr, start: vaddr_t, end: vaddr_t, load: Bool, store: Bool
) -> None:
    """Allow at once what the call allows, and remember what it forbids."""
    own = record(forbidding, this_task())
    own.root = root
    for vpn in range(NR_VPN):
        if start <= vpn < end:
            if load:
                allow_loads(root, vpn)
            else:
                own.loads[vpn] = True
            if store:
                allow_stores(root, vpn)
            else:
                own.stores[vpn] = True


@on(permission_done)
def forbid_what_is_noted(
    root: table_nr, start: vaddr_t, end: vaddr_t, load: Bool, store: Bool
) -> None:
    """Forbid what nobody has allowed since; the tables must not allow it, either."""
    own = record(forbidding, this_task())
    for vpn in range(NR_VPN):
        entry = entry_for(root, vpn)
        if own.loads[vpn]:
            check(not entry.present, "protection")
            record(forbidden, root).loads[vpn] = True
        if own.stores[vpn]:
            check(not (entry.present and entry.write), "protection")
            record(forbidden, root).stores[vpn] = True
        own.loads[vpn] = False
        own.stores[vpn] = False
    own.root = 0


@on(access_made)
def access_is_allowed(cpu: cpu_id, vpn: vpn_t, pfn: pfn_t, write: Bool, stale: Bool) -> None:
    """Judge each access by what the calls that have returned allow."""
    marks = record(forbidden, index(record(processor, cpu).root))
    check(not marks.loads[vpn], "protection")
    check(not (write and marks.stores[vpn]), "protection")


@on(table_freed)
def forget_address_space(table: table_nr) -> None:
    """Let the next address space that has the root start anew."""
    for vpn in range(NR_VPN):
        record(forbidden, table).loads[vpn] = False
        record(forbidden, table).stores[vpn] = False
