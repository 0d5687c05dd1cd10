# SPDX-License-Identifier: MIT
"""The explorer's hot loop, in the engines' subset of Python (see `compiler/raw.py`).

`X` is the search's own record, a row of words; the constants in capitals below name them and are
given when this text is compiled. A state in the arena is `WIDTH` packed words. The arena is also
the queue of the breadth-first search: states from `HEAD` on are still to be expanded.

An entry of the table has a state's number + 1 in its low bits, and the top bits of the state's
hash above. The first of those, all but `SHIFT` bits of the entry, are the slot where the search
for it begins; it goes on, slot by slot, to the first empty one, behind the last slot if need be.

This text is compiled, never run as Python.
"""
# ruff: noqa: F821
# mypy: ignore-errors


def hash_of(p):
    """Return a hash of a packed state."""
    h = 0x2545F4914F6CDD1D
    i = 0
    while i < WIDTH:
        h = mulfold(p[i] ^ h, 0x9E3779B97F4A7C15 ^ (i << 1))
        i += 1
    h = mulfold(h ^ 0x2D358DCCAA6C78A5, 0x8BB84B93962EACC9)
    return h


def same(a, b):
    """Tell whether two packed states are equal."""
    different = 0
    i = 0
    while i < WIDTH:
        different = different | (a[i] ^ b[i])
        i += 1
    return different == 0


def find(X, p, h):
    """Return the number + 1 of a state, or 0 if it is not in the table."""
    table = X[TABLE]
    arena = X[ARENA]
    i = h >> X[SHIFT]
    while 1:
        entry = table[i]
        if entry == 0:
            return 0
        if entry >> INDEX_BITS == h >> INDEX_BITS:
            number = entry & INDEX_MASK
            if same(p, arena + (number - 1) * (8 * WIDTH)):
                return number
        i += 1
    return 0


def insert(X, p, h):
    """Add a state to the arena and the table unless it is there."""
    table = X[TABLE]
    arena = X[ARENA]
    i = h >> X[SHIFT]
    while 1:
        entry = table[i]
        if entry == 0:
            number = X[TAIL]
            q = arena + number * (8 * WIDTH)
            k = 0
            while k < WIDTH:
                q[k] = p[k]
                k += 1
            X[TAIL] = number + 1
            table[i] = ((h >> INDEX_BITS) << INDEX_BITS) | (number + 1)
            return 1
        if entry >> INDEX_BITS == h >> INDEX_BITS:
            if same(p, arena + ((entry & INDEX_MASK) - 1) * (8 * WIDTH)):
                return 0
        i += 1
    return 0


def flush(X, batch, count):
    """Insert the successors that were collected; their table lines are on the way already."""
    table = X[TABLE]
    shift = X[SHIFT]
    arena = X[ARENA]
    i = 0
    while i < count:
        entry = table[batch[i * SLOT] >> shift]
        prefetch(arena, ((entry & INDEX_MASK) - 1) * WIDTH)
        i += 1
    i = 0
    while i < count:
        p = batch + i * (8 * SLOT)
        insert(X, p + 8, p[0])
        i += 1
    return 0


def violation(X, number, task, choice, site):
    """Note a violation: the state's number, the step that breaks it, and the site."""
    found = X[FOUND]
    if found < MOST_FOUND:
        q = X[NOTES] + found * 32
        q[0] = number
        q[1] = task
        q[2] = choice
        q[3] = site
    X[FOUND] = found + 1
    return 0


def copy(a, b):
    """Copy the working words of a state."""
    i = 0
    while i < WORDS:
        b[i] = a[i]
        i += 1
    return 0


def judge(X, U, ctx, number, resting, progress):
    """Judge a state by itself: quiescent states by the monitors, stuck ones as deadlocks."""
    if resting:
        verdict = final(U, ctx)
        if verdict == BROKEN:
            violation(X, number, AT_END, 0, ctx[0])
            return 0
        if verdict == DONE:
            X[ENDS] += 1
            return 0
    if progress == 0:
        violation(X, number, STUCK, 0, 0)
    return 0


def collect(X, W, pending):
    """Add the state in `W` to the batch; returns how many are in it now."""
    batch = X[BATCH]
    p = batch + pending * (8 * SLOT)
    pack(W, p + 8)
    h = hash_of(p + 8)
    p[0] = h
    prefetch(X[TABLE], h >> X[SHIFT])
    if pending == BATCH_SIZE - 1:
        flush(X, batch, BATCH_SIZE)
        return 0
    return pending + 1


def expand(X, count):
    """Expand up to `count` states; stops early when the arena or the table needs room.

    `W` equals `U` before each step, and is made so again behind a step that may have written.
    """
    U = X[UNPACKED]
    W = X[WORKING]
    ctx = X[CONTEXT]
    ways = X[WAYS]
    rests = X[RESTS]
    writes_first = X[WRITES_FIRST]
    pending = 0
    transitions = 0
    number = X[HEAD]
    last = number + count
    room = X[ROOM] - MOST_SUCCESSORS - BATCH_SIZE
    while number < last and X[TAIL] < room:
        unpack(X[ARENA] + number * (8 * WIDTH), U)
        copy(U, W)
        resting = 1
        progress = 0
        for task in range(TASKS):
            place = U[BASES[task]] & PLACE_MASK
            at_rest = rests[place]
            resting = resting & at_rest
            alternatives = ways[place]
            choice = 0
            while choice < alternatives:
                status = step(W, task, choice, place, ctx)
                if status == DONE:
                    transitions += 1
                    progress = progress | ((at_rest & FREE[task]) ^ 1)
                    pending = collect(X, W, pending)
                    copy(U, W)
                else:
                    if status == BROKEN:
                        transitions += 1
                        progress = 1
                        violation(X, number, task, choice, ctx[0])
                        copy(U, W)
                    else:
                        if writes_first[place]:
                            copy(U, W)
                choice += 1
        judge(X, U, ctx, number, resting, progress)
        number += 1
    flush(X, X[BATCH], pending)
    X[HEAD] = number
    X[TRANSITIONS] += transitions
    return 0


def spread(X, slots):
    """Spread a table of `slots` slots over twice as many, in place; `SHIFT` is the new one already.

    Entries go from the last to the first, each to a slot behind all that is still to go; the few
    that would not are put aside until the end. Returns 1, or 0 if there are too many of them.
    """
    table = X[TABLE]
    shift = X[SHIFT]
    aside = X[ASIDE]
    count = 0
    slot = slots
    while table[slot]:
        slot += 1
    while slot:
        slot -= 1
        entry = table[slot]
        if entry:
            table[slot] = 0
            i = entry >> shift
            if i > slot:
                while table[i]:
                    i += 1
                table[i] = entry
            else:
                if count == MOST_ASIDE:
                    return 0
                aside[count] = entry
                count += 1
    while count:
        count -= 1
        i = aside[count] >> shift
        while table[i]:
            i += 1
        table[i] = aside[count]
    return 1


def relax(X, first, last):
    """Find, for the states of one level, the fewest switches with which the next is reached.

    `COSTS` has a byte a state and task: switches so far when that task moved last. `ORIGINS` has
    the state before, 32 bits. Only steps to the next level count: those states have numbers from
    `last` on.
    """
    U = X[UNPACKED]
    W = X[WORKING]
    ctx = X[CONTEXT]
    costs = X[COSTS]
    origins = X[ORIGINS]
    ways = X[WAYS]
    p = X[BATCH]
    number = first
    while number < last:
        unpack(X[ARENA] + number * (8 * WIDTH), U)
        least = 255
        task = 0
        while task < TASKS:
            cost = load8(costs, number * TASKS + task)
            if cost < least:
                least = cost
            task += 1
        for task in range(TASKS):
            place = U[BASES[task]] & PLACE_MASK
            alternatives = ways[place]
            choice = 0
            while choice < alternatives:
                copy(U, W)
                if step(W, task, choice, place, ctx) == DONE:
                    pack(W, p)
                    target = find(X, p, hash_of(p)) - 1
                    if target >= last:
                        cost = load8(costs, number * TASKS + task)
                        if cost > least + 1:
                            cost = least + 1
                        if cost < load8(costs, target * TASKS + task):
                            store8(costs, target * TASKS + task, cost)
                            store32(origins, target * TASKS + task, number)
                choice += 1
        number += 1
    return 0
