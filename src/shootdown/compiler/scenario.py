# SPDX-License-Identifier: MIT
"""What a scenario's file declares: its name, bounds, tasks, setup, and verdicts."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from shootdown.compiler.constants import evaluate
from shootdown.compiler.diagnostics import Span
from shootdown.compiler.source import Library, Module
from shootdown.compiler.world import FunctionDeclaration, World
from shootdown.lang.declarations import Expectation

__all__ = ["HardwareTask", "Scenario", "imported", "read_scenario"]

MOST_CPUS = 64
"""CPUs are counted in masks of one machine word."""


@dataclass(eq=False, slots=True)
class Scenario:
    """A litmus test. `tasks` and `setup` are in the order of the file.

    `expect` has the verdicts from releases on, `points` those of single kernels in between.
    """

    module: Module
    name: str
    title: str
    settings: dict[str, int | bool] = field(default_factory=dict)
    hardware: dict[str, tuple[int, ...]] = field(default_factory=dict)
    expect: tuple[Expectation, ...] = ()
    points: tuple[Expectation, ...] = ()
    tasks: list[FunctionDeclaration] = field(default_factory=list)
    setup: list[FunctionDeclaration] = field(default_factory=list)
    replaced: list[FunctionDeclaration] = field(default_factory=list)

    def span_of(self, word: str) -> Span:
        """Return the place of a word in the declarations, or of the file."""
        for node in ast.walk(self.module.tree):
            if isinstance(node, ast.Constant) and node.value == word:
                return self.module.span(node)
        return Span(self.module.display, 1)

    @property
    def story(self) -> str:
        """The whole docstring of the file."""
        return self.module.docstring


@dataclass(frozen=True, slots=True)
class HardwareTask:
    """A task that the machine has on some CPUs."""

    declaration: FunctionDeclaration
    kind: str
    cpus: tuple[int, ...]


def imported(library: Library, modules: list[Module]) -> list[Module]:
    """Return the modules and all that they import, each once, in the order they are met."""
    found: dict[str, Module] = {}
    stack = modules[::-1]
    while stack:
        module = stack.pop()
        if module.name in found:
            continue
        found[module.name] = module
        for origin, _, _ in module.imports.values():
            if not origin.startswith("shootdown.lang"):
                target = library.package_module(origin)
                if target is not None:
                    stack.append(target)
    return list(found.values())


def read_scenario(world: World, module: Module) -> Scenario:
    """Return what a scenario's file declares; what is wrong with it is reported."""
    diagnostics = world.diagnostics
    lines = module.docstring.strip().splitlines()
    scenario = Scenario(module, "", lines[0] if lines else "")
    has_task = False
    for statement in module.tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                _declare(world, scenario, name, value)
            case ast.FunctionDef(decorator_list=[_, *_]):
                declaration = world.function(module, statement)
                world.declared[(module.name, statement.name)] = declaration
                has_task = has_task or declaration.role == "task"
                match declaration.role:
                    case "task" if _has_place(world, declaration):
                        scenario.tasks.append(declaration)
                    case "setup" if _has_place(world, declaration):
                        scenario.setup.append(declaration)
                    case "kernel":
                        scenario.replaced.append(declaration)
    place = module.tree.body[0] if module.tree.body else module.tree
    if not scenario.name and "NAME" not in module.names:
        diagnostics.add("SD203", module.span(place), 'a name: NAME = "writer+reader"')
    if not has_task:
        diagnostics.add("SD203", module.span(place), "a task: @task(cpu=0) above a function")
    return scenario


def _has_place(world: World, declaration: FunctionDeclaration) -> bool:
    """Tell whether a task or setup says where it runs, and as what; reports it if not."""
    module, options = declaration.module, declaration.options
    span = module.span(declaration.node.decorator_list[0])
    name, cpu, kind = declaration.name, options.get("cpu"), options.get("kind", "kernel")
    if "cpu" not in options:
        word = f"a CPU for {name}(): @{declaration.role}(cpu=0)"
        world.diagnostics.add("SD203", span, word)
    elif not isinstance(cpu, int) or isinstance(cpu, bool) or not 0 <= cpu < MOST_CPUS:
        want = f"a number from 0 to {MOST_CPUS - 1}"
        world.diagnostics.add("SD104", span, "cpu", want, repr(cpu))
    elif kind not in ("kernel", "user"):
        world.diagnostics.add("SD104", span, "kind", '"kernel" or "user"', repr(kind))
    else:
        return True
    return False


def _declare(world: World, scenario: Scenario, name: str, value: ast.expr) -> None:
    module = scenario.module
    match name, value:
        case "NAME", ast.Constant(value=str(text)):
            scenario.name = text
        case "BOUNDS" | "CONFIG", ast.Dict(keys=keys, values=values):
            for key, number in zip(keys, values, strict=True):
                chosen = evaluate(world, module, number)
                if isinstance(key, ast.Constant) and isinstance(chosen, int):
                    scenario.settings[str(key.value)] = chosen
                elif chosen is not None:
                    _refuse(world, module, key or number, name, 'entries like "NR_PAGES": 2')
        case "HARDWARE", ast.Dict(keys=keys, values=values):
            for key, cpus in zip(keys, values, strict=True):
                chosen = evaluate(world, module, cpus)
                if isinstance(key, ast.Constant) and isinstance(chosen, tuple):
                    scenario.hardware[str(key.value)] = chosen
                elif chosen is not None:
                    _refuse(world, module, cpus, name, 'entries like "tlb_walker": (0, 1)')
        case "EXPECT", ast.Tuple(elts=parts):
            cells = [_expectation(world, module, part) for part in parts]
            scenario.expect = tuple(cell for cell in cells if cell and not cell.is_point)
            scenario.points = tuple(cell for cell in cells if cell and cell.is_point)
        case "NAME" | "BOUNDS" | "CONFIG" | "HARDWARE" | "EXPECT", _:
            wanted = {"NAME": "a string", "EXPECT": "a tuple of since(...)"}
            want = wanted.get(name, "a dict of constants")
            _refuse(world, module, value, name, want)


def _refuse(world: World, module: Module, node: ast.expr, what: str, want: str) -> None:
    world.diagnostics.add("SD104", module.span(node), what, want, ast.unparse(node)[:40])


def _expectation(world: World, module: Module, node: ast.expr) -> Expectation | None:
    match node:
        case ast.Call(
            func=ast.Name(id="since" | "at" as name),
            args=[ast.Constant(value=str(kernel)), ast.Call(func=ast.Name(id=word), args=given)],
            keywords=keywords,
        ) if word in ("holds", "violated", "absent"):
            source = ""
            for keyword in keywords:
                source = str(evaluate(world, module, keyword.value))
            names = [a.value for a in given if isinstance(a, ast.Constant)]
            invariant = str(names[0]) if names else ""
            return Expectation(kernel, word, invariant, source, is_point=name == "at")
    message = 'since("v3.15", holds())'
    _refuse(world, module, node, "EXPECT", message)
    return None
