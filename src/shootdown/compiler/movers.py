# SPDX-License-Identifier: MIT
"""Locks as movers: taking one joins the next access, giving it back joins the one before.

A field is a *lock word* if all that steps do with it is

- wait until it is 0, and then perhaps take it: make it this task's number, or set a bit of it,
- give it back, as its owner: make it 0, or clear bits of it,
- change it after checking that this task owns it,

one record at a time, together with other words of the same lock at most, and without looking at
it in any other way. A task that takes a lock for itself waits for all its words to be 0; one that
shares it, for all others. Then taking it commutes with whatever others do next, giving it back
with whatever they did before, and nobody else has it meanwhile. `docs/SEMANTICS.md` has the proof
sketch. The places are found here, not declared.
"""

from __future__ import annotations

from collections.abc import Iterable

from shootdown.compiler.mir import Call, Check, Code, Compute, Load, Operand, Reg, Store, Wait
from shootdown.compiler.regions import Region, is_visible, regions_of
from shootdown.compiler.types import Field

__all__ = ["join_lock_steps", "lock_words"]


def lock_words(codes: Iterable[Code]) -> set[Field]:
    """Return the fields that steps use as locks only: the largest set that is so."""
    everything = list(codes)
    stepped = [code for code in everything if not code.atomic]
    regions = [region for code in stepped for region in regions_of(code)]
    words = {item for region in regions for item in region.touched}
    words -= _touched_otherwise(everything)
    groups = _groups(regions)
    changed = True
    while changed:
        changed = False
        for region in regions:
            if region.touched & words and not _uses_as_lock(region, words, groups):
                words -= set().union(*(groups[item] for item in region.touched if item in groups))
                changed = True
        for group in groups.values():
            if group & words and not group <= words:
                words -= group
                changed = True
    return words


def join_lock_steps(codes: Iterable[Code], words: set[Field]) -> None:
    """Remove the scheduling points before unlocks, and let locks join the next access.

    Works on code whose scheduling points are placed and whose blocks are not split yet.
    """
    stepped = [code for code in codes if not code.atomic]
    unlocks: set[int] = set()
    for region in [region for code in stepped for region in regions_of(code)]:
        sched = region.sched
        sched.joins = sched.alternatives == 1 and not (region.waits or sched.is_rest)
        stores = [store for store in region.stores if store.field in words]
        if not region.touched or not region.touched <= words or not stores:
            continue
        if region.waits:
            for store in stores:
                store.takes_lock = True
        elif all(_gives_back(region, store) for store in stores):
            unlocks.add(id(sched))
            for store in stores:
                store.gives_lock = True
    for code in stepped:
        for block in code.blocks:
            block.body = [i for i in block.body if id(i) not in unlocks]


def _touched_otherwise(codes: Iterable[Code]) -> set[Field]:
    """Return the fields that monitors, callees or single accesses outside of blocks touch."""
    found: set[Field] = set()
    for code in codes:
        for block in code.blocks:
            for i in block.body:
                if is_visible(i) and (code.atomic or not i.atomic):
                    found.add(i.field)
    return found


def _groups(regions: Iterable[Region]) -> dict[Field, set[Field]]:
    """Return, for each field, the fields that some step touches together with it."""
    groups: dict[Field, set[Field]] = {}
    for region in regions:
        together = set(region.touched)
        for item in region.touched:
            together |= groups.get(item, set())
        for item in together:
            groups[item] = together
    return groups


def _uses_as_lock(region: Region, words: set[Field], groups: dict[Field, set[Field]]) -> bool:
    touched = region.touched
    if not touched <= words or region.leaves or len({item.struct for item in touched}) > 1:
        return False
    sure = {id(i) for i in region.sure}
    if any(id(i) not in sure for i in region.body if is_visible(i) or isinstance(i, Wait)):
        return False  # what is on one path only proves nothing of the others
    if not _is_one_record(region) or not _keeps_to_itself(region):
        return False
    group = groups[next(iter(touched))]
    if region.waits:
        return _takes(region, group)
    if not region.stores:
        return False
    return _owns(region) or (all(_gives_back(region, s) for s in region.stores) and _tells(region))


def _is_one_record(region: Region) -> bool:
    positions = [i.position for i in region.body if is_visible(i)]
    return all(region.same(positions[0], other) for other in positions[1:])


def _keeps_to_itself(region: Region) -> bool:
    """Tell whether no value of a lock leaves the step, except in events that tell ownership."""
    seen = region.derived()
    if any(reg in seen for reg in (*region.tests, *region.results)):
        return False
    if region.used_elsewhere(seen):
        return False
    for i in region.body:
        match i:
            case Store(field=item, source=Reg() as source) if source in seen:
                if not item.visible:
                    return False
            case Call(callee=callee, arguments=arguments):
                told = [reg for reg in arguments if isinstance(reg, Reg) and reg in seen]
                if told and not callee.monitor:
                    return False
                if not all(_is_own_test(region, reg) for reg in told):
                    return False
    return True


def _takes(region: Region, group: set[Field]) -> bool:
    """Tell whether the step waits for the lock to be free, and then takes it or leaves it."""
    awaited = [region.zero_test(condition) for condition in region.conditions]
    if any(found is None for found in awaited):
        return False
    zero = {load.field for load in awaited if load is not None}
    for store in region.stores:
        if _is_own_number(region, store.source):
            if not group <= zero:
                return False
        elif not (_sets_bit(region, store) and group - {store.field} <= zero):
            return False
    return True


def _sets_bit(region: Region, store: Store) -> bool:
    value = region.source(store.source)
    if not (isinstance(value, Compute) and value.op == "or"):
        return False
    loaded = region.source(value.left)
    bit = region.source(value.right)
    is_own = isinstance(bit, Compute) and bit.op == "shl" and bit.left == 1
    if not (is_own and isinstance(bit, Compute) and region.is_task_number(bit.right)):
        return False
    return isinstance(loaded, Load) and loaded.field is store.field


def _gives_back(region: Region, store: Store) -> bool:
    """Tell whether a store clears the word, or some of its bits."""
    if store.source == 0:
        return True
    value = region.source(store.source)
    if not (isinstance(value, Compute) and value.op == "and"):
        return False
    loaded = region.source(value.left)
    return isinstance(loaded, Load) and loaded.field is store.field


def _owns(region: Region) -> bool:
    """Tell whether the step checks that this task owns the lock."""
    return any(isinstance(i, Check) and _is_own_test(region, i.condition) for i in region.sure)


def _tells(region: Region) -> bool:
    """Tell whether the step tells a monitor whether this task owns the lock; that one checks it."""
    return any(
        isinstance(i, Call)
        and i.callee.monitor
        and any(_is_own_test(region, value) for value in i.arguments)
        for i in region.sure
    )


def _is_own_test(region: Region, value: Operand) -> bool:
    """Tell whether a value is `word == this_task() + 1`, or this task's own bit of the word."""
    test = region.source(value)
    if not (isinstance(test, Compute) and test.op == "eq"):
        return False
    for one, other in ((test.left, test.right), (test.right, test.left)):
        if isinstance(region.source(one), Load) and _is_own_number(region, other):
            return True
        if other == 1 and _is_own_bit(region, one):
            return True
    return False


def _is_own_bit(region: Region, value: Operand) -> bool:
    """Tell whether a value is `(word >> this_task()) & 1`."""
    masked = region.source(value)
    if not (isinstance(masked, Compute) and masked.op == "and" and masked.right == 1):
        return False
    moved = region.source(masked.left)
    if not (isinstance(moved, Compute) and moved.op == "shr"):
        return False
    return isinstance(region.source(moved.left), Load) and region.is_task_number(moved.right)


def _is_own_number(region: Region, value: Operand) -> bool:
    """Tell whether a value is `this_task() + 1`."""
    found = region.source(value)
    if not (isinstance(found, Compute) and found.op == "add" and found.right == 1):
        return False
    return region.is_task_number(found.left)
