# SPDX-License-Identifier: MIT
"""Replaying a schedule in the reference interpreter, with all that its steps let the world see."""

from __future__ import annotations

from collections.abc import Sequence

from shootdown.compiler.encode import encode, pack
from shootdown.compiler.interp import Activation, Blocked, Broken, Machine, Observer, State
from shootdown.compiler.mir import Call, Code, Load, Mark, Reg, Site, Store, Yield
from shootdown.compiler.program import Program
from shootdown.errors import InputError
from shootdown.execution import Action, Execution, Frame, Step
from shootdown.explore.native import AT_END
from shootdown.explore.shortest import Path
from shootdown.explore.values import Namer

__all__ = ["Recorder", "record", "record_setup", "schedule_of"]


class Recorder(Observer):
    """Keeps what a step does as actions."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.namer: Namer | None = None
        self.last_event: Action | None = None

    def take(self) -> tuple[Action, ...]:
        """Return the actions since the last call."""
        taken, self.actions = tuple(self.actions), []
        return taken

    def _named(self, values: Sequence[tuple[Reg, int]]) -> tuple[tuple[str, str], ...]:
        assert self.namer is not None
        return tuple((reg.name, self.namer.text(reg.kind, value)) for reg, value in values)

    def call(self, code: Code, arguments: dict[Reg, int], depth: int, call: Call) -> None:
        """Note that a function is entered."""
        if code.monitor:
            return
        self.actions.append(
            Action(
                "call", code.name, call.span.file, call.span.line, depth,
                arguments=self._named(list(arguments.items())), is_kernel=is_kernel(code),
            )
        )  # fmt: skip

    def leave(self, code: Code, depth: int) -> None:
        """Note that a function returns."""
        if not code.monitor:
            span = code.declaration.module.span(code.declaration.node)
            self.actions.append(
                Action("return", code.name, span.file, span.line, depth, is_kernel=is_kernel(code))
            )

    def access(self, code: Code, access: Load | Store, depth: int) -> None:
        """Note an access that others can see."""
        if access.field.visible and not code.monitor:
            span = access.span
            self.actions.append(
                Action("access", code.name, span.file, span.line, depth, span.text.strip())
            )

    def event(self, code: Code, mark: Mark, values: tuple[int, ...], depth: int) -> None:
        """Note an event."""
        assert self.namer is not None
        parts = []
        kinds = self.namer.signatures[mark.event.name]
        for (name, kind), value in zip(kinds, values, strict=True):
            parts.append((name, self.namer.text(kind, value)))
        self.last_event = Action(
            "event", code.name, mark.span.file, mark.span.line, depth, mark.event.name, tuple(parts)
        )
        self.actions.append(self.last_event)

    def broke(self, site: Site, depth: int) -> None:
        """Note that an invariant broke."""
        arguments = self.last_event.arguments if self.last_event else ()
        span = site.span
        self.actions.append(
            Action("violation", site.function, span.file, span.line, depth, site.kind, arguments)
        )


def is_kernel(code: Code) -> bool:
    """Tell whether a function is one that a kernel developer would know."""
    return code.declaration.role == "kernel"


def _frames(stack: Sequence[Activation], namer: Namer) -> tuple[Frame, ...]:
    frames = []
    for number, active in enumerate(stack):
        if number == 0:
            continue  # the code that calls the task's function
        span = active.code.declaration.module.span(active.code.declaration.node)
        values = [(reg, active.variables.get(reg)) for reg in active.code.parameters]
        texts = tuple((reg.name, namer.text(reg.kind, v)) for reg, v in values if v is not None)
        frames.append(Frame(active.code.name, span.file, span.line, texts, is_kernel(active.code)))
    return tuple(frames)


def _where(stack: Sequence[Activation]) -> tuple[str, int, str]:
    """Return file, line and text of the scheduling point at which a task stands."""
    top = stack[-1]
    for block in top.code.blocks:
        if isinstance(block.end, Yield) and block.end.target is top.block:
            span = block.end.sched.span
            return span.file, span.line, span.text.strip()
    span = top.code.declaration.module.span(top.code.declaration.node)
    return span.file, span.line, span.text.strip()


def schedule_of(program: Program, path: Path) -> tuple[tuple[int, int], ...]:
    """Return the choices with which the tasks of a path reach its states."""
    state = program.new_state()
    schedule: list[tuple[int, int]] = []
    for task, wanted in zip(path.tasks, path.states, strict=True):
        choice, state = _step_to(program, state, task, wanted)
        schedule.append((task, choice))
    if path.note.task < AT_END:
        schedule.append((path.note.task, path.note.choice))
    return tuple(schedule)


def _step_to(
    program: Program, state: State, task: int, wanted: tuple[int, ...]
) -> tuple[int, State]:
    for choice in range(256):
        following = state.copy()
        try:
            program.machine.step(following, task, choice)
        except (Blocked, Broken):
            continue
        if pack(program.layout, encode(program, following)) == wanted:
            return choice, following
    raise AssertionError("the interpreter cannot follow the compiled steps")


def record_setup(program: Program, actions: Sequence[Action]) -> list[Step]:
    """Return the setup as steps, one for each of its functions."""
    steps = []
    remaining = list(actions)
    for declaration, code, _, cpu in program.setup:
        span = declaration.module.span(declaration.node)
        end = next(
            (k for k, a in enumerate(remaining) if a.kind == "return" and a.function == code.name),
            len(remaining) - 1,
        )
        mine, remaining = remaining[: end + 1], remaining[end + 1 :]
        frame = Frame(declaration.name, span.file, span.line)
        text = next(iter(declaration.docstring.splitlines()), "")
        steps.append(
            Step(
                declaration.name, "setup", cpu, 0, span.file, span.line, text, (frame,), tuple(mine)
            )
        )
    return steps


def record(
    program: Program, schedule: Sequence[tuple[int, int]], *, kernel: str, before: Sequence[Step]
) -> tuple[Execution, Site | None]:
    """Replay a schedule; returns the execution and the site of the violation it ends with."""
    recorder = Recorder()
    recorder.namer = Namer(program)
    machine: Machine = program.machine
    machine.observer = recorder
    state = program.new_state()
    steps: list[Step] = []
    broken: Site | None = None
    try:
        for task, choice in schedule:
            step, broken = _one(program, state, recorder, task, choice)
            steps.append(step)
            if broken is not None:
                break
        if broken is None:
            broken = _final(program, state, recorder, steps)
    finally:
        machine.observer = Observer()
    execution = Execution(
        program.scenario.name,
        kernel,
        1 + max(task.cpu for task in program.tasks),
        tuple(schedule),
        tuple(before),
        tuple(steps),
    )
    return execution, broken


def _one(
    program: Program, state: State, recorder: Recorder, task: int, choice: int
) -> tuple[Step, Site | None]:
    if not 0 <= task < len(program.tasks):
        raise InputError(f"the schedule names task {task}, which this scenario does not have")
    spec = program.tasks[task]
    stack = state.stacks[task]
    if not stack:
        raise InputError(f"the schedule moves {spec.name}, which has finished: the model differs")
    assert recorder.namer is not None
    frames, (file, line, text) = _frames(stack, recorder.namer), _where(stack)
    broken: Site | None = None
    try:
        program.machine.step(state, task, choice)
    except Blocked:
        raise InputError(
            f"the schedule moves {spec.name}, which cannot move there: the model differs\n"
            "help: replay with the model that found the race, or run the check again"
        ) from None
    except Broken as failure:
        broken = failure.site
        recorder.broke(broken, len(stack))
    step = Step(spec.name, spec.kind, spec.cpu, choice, file, line, text, frames, recorder.take())
    return step, broken


def _final(program: Program, state: State, recorder: Recorder, steps: list[Step]) -> Site | None:
    """Judge the state that the schedule ends in; what breaks there joins the last step."""
    recorder.take()
    broken: Site | None = None
    for final in program.finals:
        try:
            program.machine.evaluate(state, final)
        except Broken as failure:
            broken = failure.site
            recorder.take()
            recorder.last_event = None
            recorder.broke(broken, 0)
            break
    if broken is not None and steps:
        last = steps[-1]
        steps[-1] = Step(
            last.task, last.kind, last.cpu, last.choice, last.file, last.line, last.text,
            last.stack, (*last.actions, *recorder.take()),
        )  # fmt: skip
    return broken
