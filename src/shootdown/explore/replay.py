# SPDX-License-Identifier: MIT
"""Replaying a schedule in the reference interpreter, with all that its steps let the world see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shootdown.compiler.encode import encode, pack
from shootdown.compiler.interp import Activation, Blocked, Broken, Machine, Observer, State
from shootdown.compiler.mir import Call, Code, Load, Mark, Reg, Site, Store, Yield
from shootdown.compiler.program import Program
from shootdown.compiler.types import NoneType
from shootdown.errors import InputError
from shootdown.execution import Action, Execution, Frame, Step
from shootdown.explore.native import AT_END
from shootdown.explore.reference import alternatives, is_quiescent
from shootdown.explore.shortest import Path
from shootdown.explore.values import Namer

__all__ = ["Recorder", "record", "record_setup", "schedule_of"]


class Recorder(Observer):
    """Keeps what a step does as actions."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.namer: Namer | None = None
        self.machine: Machine | None = None
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
                Action(
                    "return", code.name, span.file, span.line, depth, self._result(code),
                    is_kernel=is_kernel(code),
                )
            )  # fmt: skip

    def _result(self, code: Code) -> str:
        """Return what a function returns, if the machine has kept it: others can see it step."""
        if self.machine is None or self.namer is None or code.is_plain or code.atomic:
            return ""
        if code.result is None or isinstance(code.result, NoneType):
            return ""
        return self.namer.text(code.result, self.machine.result)

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
        numbers = {name: value for (name, _), value in zip(kinds, values, strict=True)}
        parts += self._entry(numbers)
        self.last_event = Action(
            "event", code.name, mark.span.file, mark.span.line, depth, mark.event.name, tuple(parts)
        )
        self.actions.append(self.last_event)

    def _entry(self, numbers: Mapping[str, int]) -> list[tuple[str, str]]:
        """Name the page-table entry that an event concerns, if it concerns one."""
        assert self.namer is not None
        name = ""
        if "table" in numbers and "slot" in numbers:
            name = self.namer.tables.in_table(numbers["table"], numbers["slot"])
        elif "cpu" in numbers and "vpn" in numbers:
            name = self.namer.tables.of_page(numbers["cpu"], numbers["vpn"])
        return [("entry", name)] if name else []

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
    recorder.machine = machine
    state = program.new_state()
    steps: list[Step] = []
    broken: Site | None = None
    stuck: list[Step] = []
    try:
        for task, choice in schedule:
            step, broken = _one(program, state, recorder, task, choice)
            steps.append(step)
            if broken is not None:
                break
        if broken is None:
            broken, stuck = _final(program, state, recorder, steps)
    finally:
        machine.observer = Observer()
    execution = Execution(
        program.scenario.name,
        kernel,
        1 + max(task.cpu for task in program.tasks),
        tuple(schedule),
        tuple(before),
        tuple(steps),
        tuple(stuck),
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
    program.machine.memory = state.memory
    recorder.namer.tables.look()
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


def _final(
    program: Program, state: State, recorder: Recorder, steps: list[Step]
) -> tuple[Site | None, list[Step]]:
    """Judge the state that the schedule ends in, and find who is stuck there.

    What breaks joins the last step.
    """
    recorder.take()
    broken: Site | None = None
    stuck: list[Step] = []
    if is_quiescent(program, state):
        broken = _judged(program, state)
    elif not _can_progress(program, state):
        broken = program.deadlock
        stuck = _stuck(program, state, recorder)
    if broken is not None and steps:
        recorder.take()
        recorder.last_event = None
        recorder.broke(broken, 0)
        last = steps[-1]
        steps[-1] = Step(
            last.task, last.kind, last.cpu, last.choice, last.file, last.line, last.text,
            last.stack, (*last.actions, *recorder.take()),
        )  # fmt: skip
    return broken, stuck


def _judged(program: Program, state: State) -> Site | None:
    """Return what the monitors find wrong with an end state."""
    for final in program.finals:
        try:
            program.machine.evaluate(state, final)
        except Broken as failure:
            return failure.site
    return None


def _can_progress(program: Program, state: State) -> bool:
    """Tell whether somebody can move who is not just going on for ever."""
    for task, spec in enumerate(program.tasks):
        ways, resting = alternatives(program, state, task)
        if not (resting and spec.is_free) and _can_move(program, state, task, ways):
            return True
    return False


def _can_move(program: Program, state: State, task: int, ways: int) -> bool:
    for choice in range(ways):
        try:
            program.machine.step(state.copy(), task, choice)
        except Blocked:
            continue
        except Broken:
            return True
        return True
    return False


def _stuck(program: Program, state: State, recorder: Recorder) -> list[Step]:
    """Return where the tasks stand that have more to do and cannot."""
    assert recorder.namer is not None
    found = []
    for task, spec in enumerate(program.tasks):
        stack = state.stacks[task]
        ways, resting = alternatives(program, state, task)
        if stack and not resting and not _can_move(program, state, task, ways):
            program.machine.memory = state.memory
            frames, (file, line, text) = _frames(stack, recorder.namer), _where(stack)
            found.append(Step(spec.name, spec.kind, spec.cpu, 0, file, line, text, frames))
    return found
