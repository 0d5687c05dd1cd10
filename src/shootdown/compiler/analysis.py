# SPDX-License-Identifier: MIT
"""What a whole program touches: which fields are stored at all, and which others can see.

A field that nothing reads is not stored. An access is visible unless its field is guarded, lives
in local records only, or is touched by one task alone; `docs/SEMANTICS.md` has the proof sketches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shootdown.compiler.mir import Code, Embed, Load, LocalRecord, Store
from shootdown.compiler.movers import lock_words
from shootdown.compiler.types import Field, RefType, Struct, StructType

__all__ = ["decide_storage", "decide_visibility", "number_records", "reachable"]


def reachable(roots: Iterable[Code]) -> list[Code]:
    """Return the functions that can be called from `roots`, in a fixed order."""
    found: dict[Code, None] = {}
    stack = list(roots)[::-1]
    while stack:
        code = stack.pop()
        if code in found:
            continue
        found[code] = None
        stack.extend(code.callees)
    return list(found)


def _accesses(codes: Iterable[Code]) -> Iterable[Load | Store]:
    for code in codes:
        for block in code.blocks:
            for instruction in block.body:
                if isinstance(instruction, Load | Store):
                    yield instruction


def decide_storage(codes: Iterable[Code], setup: Iterable[Code]) -> tuple[list[Field], list[Field]]:
    """Decide which fields the state stores, and which never change after the setup.

    The first are read and written by tasks; the second are read by tasks and written by nobody,
    or by the setup alone, or always are 0, as they are at first. What only the setup touches is
    neither.
    """
    read: dict[Field, None] = {}
    written: set[Field] = set()
    changed: set[Field] = set()
    for access in _accesses(codes):
        if isinstance(access, Load):
            read[access.field] = None
        else:
            written.add(access.field)
            if access.source != 0:
                changed.add(access.field)
    for access in _accesses(setup):
        access.field.stored = False
        if isinstance(access, Store) and access.source != 0:
            changed.add(access.field)
    written &= changed
    stored = [field for field in read if field in written]
    for field in stored:
        field.stored = True
    return stored, [field for field in read if field not in written]


def decide_visibility(
    tasks: Sequence[Sequence[Code]],
    cpus: Sequence[int],
    gates: Sequence[Code],
    *,
    reduce: bool = True,
) -> set[Field]:
    """Mark the fields whose accesses other tasks can see, and return the words of locks.

    `tasks` has the reachable functions of each task, `cpus` where it runs, `gates` the functions
    that decide whether a task may move: what they read, everybody sees. A guard counts only if its
    lock is one in every step. `reduce=False` keeps every access of shared memory visible.
    """
    touched: dict[Field, set[int]] = {}
    watched = {access.field for access in _accesses(gates)}
    for number, codes in enumerate(tasks):
        for access in _accesses(codes):
            touched.setdefault(access.field, set()).add(number)
        watched |= {a.field for a in _accesses(c for c in codes if c.monitor) if _reads(a)}
    distrusted: set[Field] = set()
    while True:
        for field, owners in touched.items():
            trusted = field not in watched and field not in distrusted
            private = len(owners) == 1 and field not in {a.field for a in _accesses(gates)}
            hidden = private or (trusted and _is_guarded(field, owners, cpus))
            field.visible = not (field.struct.is_local or (reduce and hidden)) and field.stored
        words = lock_words(reachable([codes[0] for codes in tasks]))
        found = {f for f in touched if _has_lock(f) and not _is_locked(f, words)} - distrusted
        if not found or not reduce:
            return words
        distrusted |= found


def _reads(access: Load | Store) -> bool:
    """Tell whether a monitor's access sees what tasks do, and not its own notes of the task."""
    return isinstance(access, Load) and access.field.guard != "<task>"


def _is_guarded(field: Field, owners: set[int], cpus: Sequence[int]) -> bool:
    if field.guard == "<cpu>":
        places = [cpus[task] for task in owners]
        return len(places) == len(set(places))
    return bool(field.guard)


def _has_lock(field: Field) -> bool:
    return bool(field.guard) and not field.guard.startswith("<")


def _is_locked(field: Field, words: set[Field]) -> bool:
    """Tell whether the guard of a field is a lock that only its owner gives back."""
    struct = field.struct
    *way, last = field.guard.split(".")
    for word in way:
        step = struct.fields[word]
        if step.stored or not isinstance(step.type, RefType):
            return False
        struct = step.type.struct
    lock = struct.fields[last].type
    if not isinstance(lock, StructType):
        return False
    parts = [
        lock.struct.fields[name] for name in ("owner", "readers") if name in lock.struct.fields
    ]
    return all(part in words or not part.visible for part in parts)


def number_records(
    codes: Sequence[Code], tasks: Sequence[Sequence[Code]]
) -> tuple[dict[Field, int], dict[tuple[Code, int], list[int]]]:
    """Number all instances of every record type: pool, embedded, then local ones.

    Returns the number of the first instance behind each embedding field, and for each `local(...)`
    the instance of each task (the last entry: of the setup).
    """
    structs: dict[Struct, None] = {}
    for code in codes:
        for reg_struct in _mentioned(code):
            _with_parts(reg_struct, structs)
    for struct in structs:
        struct.total = struct.count
    pools = {struct for struct in structs if struct.count}
    locals_: dict[tuple[Code, int], list[int]] = {}
    for code in codes:
        users = [number for number, reached in enumerate(tasks) if code in reached]
        for slot, struct in enumerate(code.locals):
            first = struct.total
            struct.total += max(1, len(users))
            places = {user: first + rank for rank, user in enumerate(users)}
            numbers = [places.get(number, first) for number in range(len(tasks))]
            locals_[(code, slot)] = [*numbers, first]
    bases: dict[Field, int] = {}
    for struct in _outer_first(list(structs)):
        for field in struct.fields.values():
            if isinstance(field.type, StructType):
                inner = field.type.struct
                bases[field] = inner.total
                inner.total += struct.total * (field.length or 1)
                if struct in pools:
                    pools.add(inner)
    for struct in structs:
        struct.is_local = struct not in pools
    return bases, locals_


def _mentioned(code: Code) -> Iterable[Struct]:
    for block in code.blocks:
        for instruction in block.body:
            match instruction:
                case Load(field=field) | Store(field=field) | Embed(field=field):
                    yield field.struct
                case LocalRecord(struct=struct):
                    yield struct
            target = getattr(instruction, "target", None)
            if target is not None and isinstance(target.kind, RefType):
                yield target.kind.struct
    for reg in code.parameters:
        if isinstance(reg.kind, RefType):
            yield reg.kind.struct


def _with_parts(struct: Struct, found: dict[Struct, None]) -> None:
    if struct in found:
        return
    found[struct] = None
    for field in struct.fields.values():
        match field.type:
            case StructType(struct=inner) | RefType(struct=inner):
                _with_parts(inner, found)


def _outer_first(structs: list[Struct]) -> list[Struct]:
    """Order record types so that each comes before the types embedded in it."""
    order: list[Struct] = []

    def visit(struct: Struct) -> None:
        if struct in order:
            return
        for field in struct.fields.values():
            if isinstance(field.type, StructType):
                visit(field.type.struct)
        order.append(struct)

    for struct in structs:
        visit(struct)
    return order[::-1]
