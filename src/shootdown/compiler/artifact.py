# SPDX-License-Identifier: MIT
"""What an exploration needs of a program: its shape and its machine code."""

from __future__ import annotations

from dataclasses import dataclass, field

from shootdown.compiler.blocking import places_that_write_first
from shootdown.compiler.coverage import BlockLines
from shootdown.compiler.encode import encode, pack
from shootdown.compiler.mir import Yield
from shootdown.compiler.program import Program

__all__ = ["Artifact", "SiteText", "TaskShape", "artifact_of"]


@dataclass(frozen=True, slots=True)
class TaskShape:
    """A task by name, kind and CPU; `is_free`: its steps from a place of rest are no progress."""

    name: str
    kind: str
    cpu: int
    is_free: bool


@dataclass(frozen=True, slots=True)
class SiteText:
    """Where an invariant broke, in words."""

    kind: str
    where: str
    function: str
    message: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled program without its syntax: small, and kept on disk between runs.

    `ways[place]` counts the alternatives of the step that begins at a place, `rests[place]` is 1
    where a task may stay for ever, and `writes_first[place]` where its step may write and then
    find that it has to wait; place 0 is the end. `initial` is the packed initial state. `lines` are
    those of each block that tells when it runs. `settings` are the bounds and options that the
    program depends on, `features` those that it asks for, with what this kernel says. `tables` are
    the numbers that the code looks up. Programs with the same `identity` have the same executions.
    """

    used: list[int]
    stored_words: int
    pc_width: int
    bases: list[int]
    ways: list[int]
    rests: list[int]
    writes_first: list[int]
    tasks: list[TaskShape]
    initial: list[int]
    sites: dict[int, SiteText]
    deviations: int
    settings: dict[str, int | bool]
    features: dict[str, bool]
    lines: list[BlockLines]
    tables: list[int] = field(default_factory=list)
    identity: str = ""
    object_code: bytes = b""
    loop_code: bytes = b""

    @property
    def most_successors(self) -> int:
        """The most successors that a state can have."""
        return len(self.tasks) * max(self.ways)


def artifact_of(program: Program) -> Artifact:
    """Return a program's shape, without its code."""
    layout = program.layout
    ways = [0] * (len(layout.points) + 1)
    rests = [1] + [0] * len(layout.points)
    for code in program.codes:
        for block in code.blocks:
            if isinstance(block.end, Yield):
                place = layout.numbers[block.end.target]
                ways[place] = block.end.sched.alternatives
                rests[place] = int(block.end.sched.is_rest)
    sites = {
        number: SiteText(site.kind, site.span.where, site.function, site.message)
        for site, number in program.sites.items()
    }
    gates = {gate for gate in program.machine.gates if gate is not None}
    stuck = program.deadlock
    sites[0] = SiteText(stuck.kind, stuck.span.where, stuck.function, stuck.message)
    return Artifact(
        used=layout.used,
        stored_words=layout.stored_words,
        pc_width=layout.pc_width,
        bases=layout.bases,
        ways=ways,
        rests=rests,
        writes_first=places_that_write_first(layout, program.codes, gates),
        tasks=[TaskShape(t.name, t.kind, t.cpu, t.is_free) for t in program.tasks],
        initial=list(pack(layout, encode(program, program.initial))),
        sites=sites,
        deviations=_deviations(program),
        settings=dict(program.world.used_settings),
        features=dict(program.world.asked),
        lines=list(program.lines.values()),
    )


def _deviations(program: Program) -> int:
    """Count the kernel functions of a program that leave something out."""
    declared = {code.declaration.node: code.declaration for code in program.codes}
    return sum(
        "Deviates:" in d.docstring and "Deviates: nothing" not in d.docstring
        for d in declared.values()
        if d.role == "kernel"
    )
