# SPDX-License-Identifier: MIT
"""A whole program: a scenario under one kernel, ready to interpret, compile and explore."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shootdown.compiler import analysis
from shootdown.compiler.builder import Builder
from shootdown.compiler.calls import hook
from shootdown.compiler.coverage import BlockLines, lines_of_blocks
from shootdown.compiler.diagnostics import Diagnostics
from shootdown.compiler.emit_function import Unit, endless
from shootdown.compiler.interp import Activation, Blocked, Broken, Machine, Observer, State
from shootdown.compiler.layout import Layout, lay_out
from shootdown.compiler.lower import Lowering
from shootdown.compiler.mir import Block, Call, Check, Code, Mark, Return, Site
from shootdown.compiler.movers import join_lock_steps
from shootdown.compiler.roles import check_places, check_roles
from shootdown.compiler.scenario import Scenario, imported, read_scenario
from shootdown.compiler.source import Library, Module, closest
from shootdown.compiler.steps import find_plain, place_scheduling_points, split
from shootdown.compiler.types import Field, Type, storage
from shootdown.compiler.world import FunctionDeclaration, World
from shootdown.errors import InputError
from shootdown.lang.declarations import Feature

__all__ = ["Program", "Request", "Roots", "TaskSpec", "build", "features_of"]


MOST_BITS = 1 << 15
"""Of a state. Even the largest scenarios have about a thousand."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Where model code is found: names of modules and packages."""

    features: str
    history: str
    invariants: str


@dataclass(frozen=True, slots=True)
class Request:
    """What to build: a scenario's file, the features of the kernel, settings, patches."""

    library: Library
    roots: Roots
    scenario: Module
    features: frozenset[str]
    settings: Mapping[str, int | bool]
    patches: tuple[Module, ...] = ()
    reduce: bool = True


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """A task: its name, kind (kernel, user, mmu, irq), CPU and code."""

    name: str
    kind: str
    cpu: int
    code: Code

    @property
    def is_free(self) -> bool:
        """Tell whether its steps from a place of rest count as no progress."""
        return self.kind in ("user", "mmu")


@dataclass(eq=False, slots=True)
class Program:
    """All of a program.

    `codes` are the functions that tasks and monitors reach; `setup` are functions to run first,
    each with the task and the CPU it runs as; `constant` are the fields that only the setup sets.
    """

    scenario: Scenario
    world: World
    tasks: list[TaskSpec]
    setup: list[tuple[FunctionDeclaration, Code, int, int]]
    codes: list[Code]
    finals: list[Code]
    conditions: list[Code]
    constant: list[Field]
    machine: Machine
    layout: Layout
    sites: dict[Site, int]
    lines: dict[Block, BlockLines]
    initial: State
    signatures: dict[str, tuple[tuple[str, Type], ...]]

    @property
    def unit(self) -> Unit:
        """What the emitter of machine code needs."""
        machine = self.machine
        return Unit(
            layout=self.layout,
            codes=self.codes,
            cpus=machine.cpus,
            bases=machine.bases,
            locals=machine.locals,
            gates=machine.gates,
            finals=self.finals,
            conditions=self.conditions,
            sites=self.sites,
            coverage={block: number for number, block in enumerate(self.lines)},
        )

    @property
    def deadlock(self) -> Site:
        """The site of a state in which nobody can make progress."""
        first = self.tasks[0].code.declaration
        span = first.module.span(first.node)
        return Site("deadlock", span, first.name, "no kernel, interrupt or device task can move")

    def new_state(self) -> State:
        """Return an independent copy of the initial state."""
        return self.initial.copy()


def features_of(world: World, module: Module) -> list[Feature]:
    """Return the features that a module declares, in order, after those of its older siblings.

    A sibling that several import counts once.
    """
    folder = module.name.rpartition(".")[0]
    sources = dict.fromkeys(source for source, _, _ in module.imports.values())
    siblings = [name for name in sources if name.rpartition(".")[0] == folder]
    older = [world.library.package_module(source) for source in siblings]
    imported = [item for other in older if other for item in features_of(world, other)]
    found = [
        world.find(module, name)
        for name, node in module.names.items()
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call)
    ]
    own = [item for item in found if isinstance(item, Feature)]
    return list({item.id: item for item in [*imported, *own]}.values())


def build(request: Request, observe: Callable[[Program], Observer] | None = None) -> Program:
    """Compile a scenario and run its setup; raises `ModelError` with every message about it.

    `observe` gives the observer that is told what the setup does.
    """
    try:
        return _build(request, observe, pauses=False)
    except Broken:  # by local work, before any first step: make that work a step
        return _build(request, observe, pauses=True)


def _build(
    request: Request, observe: Callable[[Program], Observer] | None, *, pauses: bool
) -> Program:
    diagnostics = Diagnostics()
    library = request.library
    world = World(library, diagnostics, settings=dict(request.settings), features=request.features)
    scenario = read_scenario(world, request.scenario)
    modules = imported(library, [request.scenario, *request.patches])
    for module in modules:
        _refuse_strange(module, diagnostics)
    hardware = _find(world, modules, "hardware_task")
    if not scenario.tasks:
        diagnostics.raise_if_any()
    plan = _plan(world, scenario, hardware, request.settings)
    _choose_variants(world, request, scenario)
    monitors = _monitors(world, modules, request)
    lowering = Lowering(world, monitors["on"], _hooks(monitors["event"]))
    check_roles(lowering, [*(d for d, _, _ in plan), *scenario.setup], monitors)
    roots = [_root(lowering, declaration, pauses=pauses) for declaration, _, _ in plan]
    setup_codes = [lowering.code(d, atomic=False) for d in scenario.setup]
    finals = [lowering.code(d, atomic=True, monitor=True) for d in monitors["final"][""]]
    conditions = [lowering.code(d, atomic=True, monitor=True) for d in monitors["quiescent"][""]]
    gate = [lowering.code(d, atomic=True, monitor=True, gate=True) for d in monitors["gate"][""]]
    for declaration in (*_functions(world, request.scenario), *_patched(world, request)):
        lowering.code(declaration, atomic=False)
    lowering.finish()
    _check_settings(world, scenario, modules, request.settings)
    diagnostics.raise_if_any()
    program = _assemble(
        _Parts(request, lowering, scenario, plan, roots, setup_codes, finals, conditions, gate)
    )
    _set_up(program, observe(program) if observe else Observer())
    return program


def _refuse_strange(module: Module, diagnostics: Diagnostics) -> None:
    for statement in module.strange:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            diagnostics.add("SD005", module.span(statement))
        else:
            what, advice = "this statement here", "a file declares functions, classes and constants"
            diagnostics.add("SD102", module.span(statement), what, advice)


@dataclass(frozen=True, slots=True)
class _Parts:
    request: Request
    lowering: Lowering
    scenario: Scenario
    plan: list[tuple[FunctionDeclaration, str, int]]
    roots: list[Code]
    setup: list[Code]
    finals: list[Code]
    conditions: list[Code]
    gate: list[Code]


def _assemble(parts: _Parts) -> Program:
    monitors = [*parts.finals, *parts.conditions, *parts.gate]
    world = parts.lowering.world
    reached = [analysis.reachable([root]) for root in parts.roots]
    codes = analysis.reachable([*parts.roots, *monitors])
    everything = analysis.reachable([*parts.roots, *monitors, *parts.setup])
    bases, locals_ = analysis.number_records(everything, reached)
    stored, constant = analysis.decide_storage(codes, analysis.reachable(parts.setup))
    _refuse_huge(parts.scenario, stored)
    asked = analysis.reachable(code for code in _gates(parts) if code is not None)
    cpus = [cpu for _, _, cpu in parts.plan]
    reduce = parts.request.reduce
    words = analysis.decide_visibility(reached, cpus, asked, reduce=reduce)
    place_scheduling_points(everything)
    if reduce and not world.settings.get("MULTITASK"):
        join_lock_steps(analysis.reachable(parts.roots), words)
    find_plain(everything)
    for code in everything:
        split(code)
    machine = Machine(
        cpus=cpus,
        bases=bases,
        locals_=locals_,
        gates=_gates(parts),
        endless=lambda _, code: endless(code),
    )
    tasks = [
        TaskSpec(declaration.name, kind, cpu, root)
        for (declaration, kind, cpu), root in zip(parts.plan, parts.roots, strict=True)
    ]
    setup_cpus = [int(str(d.options.get("cpu", 0))) for d in parts.scenario.setup]
    owners = [_setup_task(tasks, cpu) for cpu in setup_cpus]
    return Program(
        scenario=parts.scenario,
        world=world,
        tasks=tasks,
        setup=list(zip(parts.scenario.setup, parts.setup, owners, setup_cpus, strict=True)),
        codes=codes,
        finals=parts.finals,
        conditions=parts.conditions,
        constant=constant,
        machine=machine,
        layout=lay_out(stored, codes, reached),
        sites=_number_sites(codes),
        lines=lines_of_blocks(codes),
        initial=State(_memory(everything), [[] for _ in tasks]),
        signatures=_signatures(parts.lowering, everything),
    )


def _refuse_huge(scenario: Scenario, stored: Sequence[Field]) -> None:
    """Say so where the bounds make states that no exploration could hold."""
    sizes = {f: f.struct.total * (f.length or 1) * storage(f.type)[1] for f in stored}
    bits = sum(sizes.values())
    if bits > MOST_BITS:
        largest = max(sizes, key=lambda f: sizes[f])
        raise InputError(
            f"a state of {scenario.name} would have {bits:,} bits, {sizes[largest]:,} of them in"
            f" {largest}; at most {MOST_BITS:,} can be explored\n"
            "help: choose smaller bounds; see docs/reference/bounds.md"
        )


def _set_up(program: Program, observer: Observer) -> None:
    """Run the setup; what no task changes afterwards is then known."""
    machine, state = program.machine, program.initial
    machine.observer = observer
    for declaration, code, task, cpu in program.setup:
        _run_setup(machine, state, declaration, code, task, cpu)
    machine.observer = Observer()
    for item in program.constant:
        item.constant = tuple(state.memory[item])
    for number, task_ in enumerate(program.tasks):
        # What is before its first scheduling point is local.
        state.stacks[number] = [Activation(task_.code, task_.code.entry)]
        machine.start(state, number)


def _run_setup(
    machine: Machine,
    state: State,
    declaration: FunctionDeclaration,
    code: Code,
    task: int,
    cpu: int,
) -> None:
    diagnostics = Diagnostics()
    try:
        machine.run_setup(state, code, task, cpu)
    except Broken as broken:
        site = broken.site
        diagnostics.add("SD206", site.span, declaration.name, site.kind, site.message)
    except Blocked:
        span = declaration.module.span(declaration.node)
        diagnostics.add("SD207", span, declaration.name)
    diagnostics.raise_if_any()


def _signatures(
    lowering: Lowering, codes: Sequence[Code]
) -> dict[str, tuple[tuple[str, Type], ...]]:
    events = {
        instruction.event.name: instruction.event
        for code in codes
        for block in code.blocks
        for instruction in block.body
        if isinstance(instruction, Mark)
    }
    return {name: lowering.signature(event).parameters for name, event in events.items()}


def _gates(parts: _Parts) -> list[Code | None]:
    gate = parts.gate[0] if parts.gate else None
    if gate is not None and len(gate.blocks) == 1:
        end = gate.entry.end
        if isinstance(end, Return) and end.value == 1 and not gate.entry.body:
            gate = None  # always open
    return [gate if kind in ("kernel", "user") else None for _, kind, _ in parts.plan]


def _setup_task(tasks: Sequence[TaskSpec], cpu: int) -> int:
    """Return the task that a setup function on `cpu` runs as: the scenario's first one there."""
    for number, task in enumerate(tasks):
        if task.cpu == cpu and task.kind in ("kernel", "user"):
            return number
    return 0


def _memory(codes: Sequence[Code]) -> dict[Field, list[int]]:
    memory: dict[Field, list[int]] = {}
    for code in codes:
        for block in code.blocks:
            for instruction in block.body:
                item = getattr(instruction, "field", None)
                if isinstance(item, Field) and item not in memory:
                    memory[item] = [0] * (item.struct.total * (item.length or 1))
    return memory


def _number_sites(codes: Sequence[Code]) -> dict[Site, int]:
    sites: dict[Site, int] = {}
    for code in codes:
        sites.setdefault(endless(code), len(sites) + 1)
        for block in code.blocks:
            for instruction in block.body:
                if isinstance(instruction, Check):
                    sites.setdefault(instruction.site, len(sites) + 1)
    return sites


def _plan(
    world: World,
    scenario: Scenario,
    hardware: Sequence[FunctionDeclaration],
    chosen: Mapping[str, int | bool],
) -> list[tuple[FunctionDeclaration, str, int]]:
    """Decide the tasks, their kinds and CPUs; sets the bounds that follow from them."""
    plan = []
    for declaration in scenario.tasks:
        options = declaration.options
        plan.append((declaration, str(options.get("kind", "kernel")), int(str(options["cpu"]))))
    world.settings = {**scenario.settings, **chosen}
    count = max(1, *(cpu + 1 for _, _, cpu in plan))
    world.settings.setdefault("NR_CPUS", count)
    cpus = range(int(world.settings["NR_CPUS"]))
    users = sorted({cpu for _, kind, cpu in plan if kind == "user"})
    taken = [cpu for _, _, cpu in plan]
    world.settings["MULTITASK"] = len(taken) != len(set(taken))
    shared = sorted({cpu for cpu in taken if taken.count(cpu) > 1})
    places = {"all": tuple(cpus), "user": tuple(users), "shared": tuple(shared)}
    check_places(world, scenario, hardware, len(cpus))
    for declaration in hardware:
        where = scenario.hardware.get(declaration.name)
        if where is None:
            where = places.get(str(declaration.options.get("on")), ())
        kind = str(declaration.options.get("kind", "mmu"))
        plan.extend((declaration, kind, cpu) for cpu in where)
    world.settings["NR_TASKS"] = len(plan)
    world.settings["NR_CPUS_USED"] = max(len(cpus), count)
    world.declared.clear()
    world.types.clear()
    for declaration in (*scenario.tasks, *scenario.setup, *scenario.replaced):
        world.declared[(declaration.module.name, declaration.name)] = declaration
    return plan


def _choose_variants(world: World, request: Request, scenario: Scenario) -> None:
    features = request.library.package_module(request.roots.features)
    known = features_of(world, features) if features else []
    order = {feature.id: rank for rank, feature in enumerate(known)}
    history = request.library.folder(request.roots.history)
    variants = [d for module in history for d in _functions(world, module) if "before" in d.options]
    world.override(variants, order)
    replaced = [*scenario.replaced]
    for patch in request.patches:
        replaced.extend(d for d in _functions(world, patch) if d.role in ("kernel", "hw"))
    world.unpatched = {d.name: world.overrides.get(d.name) for d in replaced}
    world.overrides.update({declaration.name: declaration for declaration in replaced})


def _functions(world: World, module: Module) -> list[FunctionDeclaration]:
    found = []
    for name, node in module.names.items():
        if isinstance(node, ast.FunctionDef):
            declaration = world.find(module, name)
            if isinstance(declaration, FunctionDeclaration):
                found.append(declaration)
    return found


def _patched(world: World, request: Request) -> list[FunctionDeclaration]:
    return [d for patch in request.patches for d in _functions(world, patch)]


def _find(world: World, modules: Sequence[Module], role: str) -> list[FunctionDeclaration]:
    found = []
    for module in modules:
        for node in module.names.values():
            if isinstance(node, ast.FunctionDef) and _has_role(node, role):
                declaration = world.find(module, node.name)
                if isinstance(declaration, FunctionDeclaration):
                    found.append(declaration)
    return found


def _has_role(node: ast.FunctionDef, role: str) -> bool:
    for decorator in node.decorator_list:
        match decorator:
            case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)):
                if name == role:
                    return True
    return False


def _monitors(
    world: World, modules: list[Module], request: Request
) -> dict[str, dict[str, list[FunctionDeclaration]]]:
    """Find monitors, conditions and events: role, then the event listened to, then functions."""
    invariants = request.library.folder(request.roots.invariants)
    everything = imported(request.library, [*modules, *invariants])
    found: dict[str, dict[str, list[FunctionDeclaration]]] = {
        role: {"": []} for role in ("on", "final", "quiescent", "gate", "event")
    }
    for role, listed in found.items():
        for declaration in _find(world, everything, role):
            listed.setdefault(declaration.listens, []).append(declaration)
    return found


def _hooks(events: dict[str, list[FunctionDeclaration]]) -> dict[str, FunctionDeclaration]:
    return {str(d.options["hook"]): d for d in events[""] if "hook" in d.options}


def _root(lowering: Lowering, declaration: FunctionDeclaration, *, pauses: bool) -> Code:
    """Return the code that a task starts with: it calls the task's function, and tells its end.

    `pauses`: it has a scheduling point of its own, before all.
    """
    code = Code(declaration.name, declaration, atomic=False)
    b = Builder(lowering, code, monitor=False)
    if pauses:
        b.schedule(declaration.node)
    called = lowering.code(declaration, atomic=False)
    b.emit(Call(None, called, (), b.module.span(declaration.node)))
    hook(b, declaration.node, "task_end")
    b.leave(None)
    return code


def _check_settings(
    world: World, scenario: Scenario, modules: list[Module], asked: Mapping[str, int | bool]
) -> None:
    """Report bounds and options that no module declares; a kernel need not use all of them."""
    own = {"NR_TASKS", "NR_CPUS_USED", "MULTITASK"}
    known = {*world.used_settings, "NR_CPUS", *_settings_of(modules)}
    for name in world.settings:
        if name not in own and name not in known:
            span = scenario.span_of(name)
            if name in asked:
                raise InputError(
                    f"unknown bound or option {name!r}{closest(name, known)}\n"
                    "help: see docs/reference/bounds.md"
                )
            world.diagnostics.add("SD202", span, name, closest(name, known))


def _settings_of(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        for name, node in module.names.items():
            match node:
                case ast.Assign(value=ast.Call(func=ast.Name(id="bound" | "option"))):
                    yield name
