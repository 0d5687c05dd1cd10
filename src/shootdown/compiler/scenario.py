# SPDX-License-Identifier: MIT
"""What a scenario's file declares: its name, bounds, tasks, setup, and verdicts."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from shootdown.compiler.constants import evaluate
from shootdown.compiler.source import Library, Module
from shootdown.compiler.world import FunctionDeclaration, World
from shootdown.lang.declarations import Expectation

__all__ = ["HardwareTask", "Scenario", "imported", "read_scenario"]


@dataclass(eq=False, slots=True)
class Scenario:
    """A litmus test. `tasks` and `setup` are in the order of the file."""

    module: Module
    name: str
    title: str
    settings: dict[str, int | bool] = field(default_factory=dict)
    hardware: dict[str, tuple[int, ...]] = field(default_factory=dict)
    expect: tuple[Expectation, ...] = ()
    tasks: list[FunctionDeclaration] = field(default_factory=list)
    setup: list[FunctionDeclaration] = field(default_factory=list)
    replaced: list[FunctionDeclaration] = field(default_factory=list)

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
                match declaration.role:
                    case "task":
                        scenario.tasks.append(declaration)
                    case "setup":
                        scenario.setup.append(declaration)
                    case "kernel":
                        scenario.replaced.append(declaration)
    place = module.tree.body[0] if module.tree.body else module.tree
    if not scenario.name:
        diagnostics.add("SD203", module.span(place), 'a name: NAME = "writer+reader"')
    if not scenario.tasks:
        diagnostics.add("SD203", module.span(place), "a task: @task(cpu=0) above a function")
    return scenario


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
        case "HARDWARE", ast.Dict(keys=keys, values=values):
            for key, cpus in zip(keys, values, strict=True):
                chosen = evaluate(world, module, cpus)
                if isinstance(key, ast.Constant) and isinstance(chosen, tuple):
                    scenario.hardware[str(key.value)] = chosen
        case "EXPECT", ast.Tuple(elts=parts):
            cells = [_expectation(world, module, part) for part in parts]
            scenario.expect = tuple(cell for cell in cells if cell)
        case "NAME" | "BOUNDS" | "CONFIG" | "HARDWARE" | "EXPECT", _:
            wanted = {"NAME": "a string", "EXPECT": "a tuple of since(...)"}
            want = wanted.get(name, "a dict of constants")
            world.diagnostics.add("SD104", module.span(value), name, want, ast.unparse(value)[:40])


def _expectation(world: World, module: Module, node: ast.expr) -> Expectation | None:
    match node:
        case ast.Call(
            func=ast.Name(id="since"),
            args=[ast.Constant(value=str(kernel)), ast.Call(func=ast.Name(id=word), args=given)],
            keywords=keywords,
        ) if word in ("holds", "violated", "absent"):
            source = ""
            for keyword in keywords:
                source = str(evaluate(world, module, keyword.value))
            names = [a.value for a in given if isinstance(a, ast.Constant)]
            return Expectation(kernel, word, str(names[0]) if names else "", source)
    message = 'since("v3.15", holds(), source="...")'
    world.diagnostics.add("SD104", module.span(node), "EXPECT", message, ast.unparse(node)[:40])
    return None
