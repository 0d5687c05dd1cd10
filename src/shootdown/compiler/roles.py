# SPDX-License-Identifier: MIT
"""Functions that nobody calls by name: tasks, setups and monitors must look as their role wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from shootdown.compiler.lower import Lowering
from shootdown.compiler.scenario import Scenario
from shootdown.compiler.source import closest
from shootdown.compiler.types import BOOL, NONE, Type
from shootdown.compiler.world import FunctionDeclaration, World

__all__ = ["check_places", "check_roles"]

ROLES: dict[str, Type] = {"on": NONE, "final": NONE, "quiescent": BOOL, "gate": BOOL}


def check_places(
    world: World, scenario: Scenario, hardware: Sequence[FunctionDeclaration], cpus: int
) -> None:
    """Report what stands on a CPU that is not there."""
    limit = f"0..{cpus - 1}"
    for declaration in (*scenario.tasks, *scenario.setup):
        cpu = int(str(declaration.options["cpu"]))
        if cpu >= cpus:
            span = declaration.module.span(declaration.node)
            world.diagnostics.add("SD124", span, f"{cpu} of cpu", limit)
    known = [declaration.name for declaration in hardware]
    for name, where in scenario.hardware.items():
        span = scenario.span_of(name)
        if name not in known:
            world.diagnostics.add("SD101", span, name, closest(name, known))
        for place in where:
            if place not in range(cpus):
                world.diagnostics.add("SD124", span, place, limit)


def check_roles(
    lowering: Lowering,
    started: Iterable[FunctionDeclaration],
    monitors: Mapping[str, Mapping[str, Sequence[FunctionDeclaration]]],
) -> None:
    """Report functions that do not take or return what they are given or asked for."""
    for declaration in started:
        _check_plain(lowering, declaration, NONE)
    for role, result in ROLES.items():
        for declaration in (d for found in monitors[role].values() for d in found):
            if role == "on":
                _check_listener(lowering, declaration)
            else:
                _check_plain(lowering, declaration, result)


def _check_plain(lowering: Lowering, declaration: FunctionDeclaration, result: Type) -> None:
    signature = lowering.signature(declaration)
    wanted = "None" if result == NONE else "Bool"
    if signature.parameters or signature.result != result:
        span = declaration.module.span(declaration.node)
        lowering.world.diagnostics.add("SD208", span, declaration.name, wanted)


def _check_listener(lowering: Lowering, declaration: FunctionDeclaration) -> None:
    world, module = lowering.world, declaration.module
    event = world.find(module, declaration.listens)
    span = module.span(declaration.node.decorator_list[0])
    if event is None:
        world.unknown(module, declaration.node.decorator_list[0], declaration.listens)
    elif not isinstance(event, FunctionDeclaration) or event.role != "event":
        world.diagnostics.add("SD104", span, "@on", "an event", declaration.listens)
    else:
        mine, told = lowering.signature(declaration), lowering.signature(event)
        kinds = [kind for _, kind in mine.parameters]
        if kinds != [kind for _, kind in told.parameters] or mine.result != NONE:
            place = module.span(declaration.node)
            world.diagnostics.add("SD209", place, declaration.name, event.name)
