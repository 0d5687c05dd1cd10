# SPDX-License-Identifier: MIT
"""What the model has to offer: features, kernels, scenarios, invariants, functions."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shootdown.compiler.diagnostics import Diagnostics
from shootdown.compiler.program import Roots, features_of
from shootdown.compiler.scenario import Scenario, read_scenario
from shootdown.compiler.source import Library, Module, closest
from shootdown.compiler.world import FunctionDeclaration, World
from shootdown.errors import InputError
from shootdown.lang.declarations import Expectation, Feature

__all__ = ["Catalogue", "KernelChoice", "release_order"]


def release_order(name: str) -> tuple[int, ...]:
    """Return a key by which releases are ordered: v2.6.39 before v3.0 before v6.18."""
    try:
        return tuple(int(part) for part in name.removeprefix("v").split("."))
    except ValueError:
        raise InputError(
            f"{name!r} is not a release\nhelp: write it as v3.14; see `shootdown list kernels`"
        ) from None


@dataclass(frozen=True, slots=True)
class KernelChoice:
    """A kernel to check: its name as shown, its features, and its release if it has one."""

    name: str
    features: frozenset[str]
    release: str = ""


class Catalogue:
    """Reads the declarations of a model's files; it runs none of them."""

    def __init__(self, library: Library, roots: Roots, *, kernels: str, scenarios: str) -> None:
        self.library = library
        self.roots = roots
        self.kernels_module = kernels
        self.scenarios_package = scenarios
        self.world = World(library, Diagnostics(), settings={}, features=frozenset())
        module = library.package_module(roots.features)
        self.features: list[Feature] = features_of(self.world, module) if module else []
        self.releases = self._releases()

    def _releases(self) -> list[str]:
        module = self.library.package_module(self.kernels_module)
        found: list[str] = []
        for node in ast.walk(module.tree) if module else ():
            match node:
                case ast.Call(func=ast.Name(id="release"), args=[ast.Constant(value=str(name))]):
                    found.append(name)
        return sorted(found, key=release_order)

    @property
    def newest(self) -> str:
        """The newest kernel."""
        return self.releases[-1]

    # Scenarios

    def scenario_files(self) -> list[Module]:
        """Return the packaged scenarios' files, in the order of their names."""
        return [
            module
            for module in self.library.folder(self.scenarios_package)
            if "NAME" in module.names
        ]

    def read(self, module: Module) -> Scenario:
        """Return what a scenario's file declares; raises `ModelError`."""
        diagnostics = Diagnostics()
        world = World(self.library, diagnostics, settings={}, features=frozenset())
        scenario = read_scenario(world, module)
        diagnostics.raise_if_any()
        for cell in scenario.expect:
            release_order(cell.kernel)
        for cell in scenario.points:
            self.feature(cell.kernel.removesuffix("^"))
        return scenario

    def scenario(self, word: str) -> Scenario:
        """Return a scenario by its name, or by the path of its file."""
        if word.endswith(".py"):
            return self.read(self.library.user_file(word))
        named = {module_name(module): module for module in self.scenario_files()}
        if word not in named:
            raise InputError(
                f"no scenario is called {word!r}{closest(word, named)}\n"
                "help: see `shootdown list scenarios`, or give the path of a .py file"
            )
        return self.read(named[word])

    # Kernels

    def kernel(self, word: str, without: Sequence[str]) -> KernelChoice:
        """Return the kernel that a word of the command line names.

        Raises:
            InputError: There is no such kernel or feature, or others require what is left out.
        """
        names = [feature.id for feature in self.features]
        release = ""
        if word.endswith("^"):
            present = names[: names.index(self.feature(word[:-1]).id)]
        elif word in names:
            present = names[: names.index(word) + 1]
        else:
            limit = release_order(word)
            if not release_order(self.releases[0]) <= limit <= release_order(self.newest):
                raise InputError(
                    f"kernel {word} is not modelled: {self.releases[0]} to {self.newest} are\n"
                    "help: see `shootdown list kernels`"
                )
            release = word
            present = [f.id for f in self.features if release_order(f.release) <= limit]
        chosen = frozenset(present)
        for name in without:
            chosen = self._without(chosen, self.feature(name), word)
        return KernelChoice(word, chosen, "" if without else release)

    def kernels_of(self, scenario: Scenario) -> list[str]:
        """Return the kernels that a scenario declares verdicts for, and all releases; newest first.

        A kernel inside a release comes after that release.
        """
        points = [cell.kernel for cell in scenario.points]
        return sorted(
            [*self.releases[::-1], *points],
            key=lambda name: (len(self.kernel(name, ()).features), name in self.releases),
            reverse=True,
        )

    def feature(self, name: str) -> Feature:
        """Return a feature by its id."""
        for feature in self.features:
            if feature.id == name:
                return feature
        hint = closest(name, [feature.id for feature in self.features])
        raise InputError(f"unknown feature {name!r}{hint}\nhelp: see `shootdown list features`")

    def _without(self, present: frozenset[str], feature: Feature, kernel: str) -> frozenset[str]:
        if feature.id not in present:
            raise InputError(
                f"{kernel} does not have {feature.id} ({feature.release})\n"
                f"help: leave out --without {feature.id}, or choose a newer kernel"
            )
        needed = [
            other.id
            for other in self.features
            if other.id in present and any(r.id == feature.id for r in other.requires)
        ]
        if needed:
            listed = ", ".join(needed)
            raise InputError(
                f"{kernel} cannot do without {feature.id}: {listed} require it\n"
                f"help: leave those out as well, or use --kernel {feature.id}^"
            )
        return present - {feature.id}

    # Verdicts

    def declared(self, scenario: Scenario, kernel: KernelChoice) -> Expectation | None:
        """Return the verdict that a scenario declares for a kernel, if it does."""
        if not kernel.release:
            return next((cell for cell in scenario.points if cell.kernel == kernel.name), None)
        limit = release_order(kernel.release)
        cells = [cell for cell in scenario.expect if release_order(cell.kernel) <= limit]
        return max(cells, key=lambda cell: release_order(cell.kernel)) if cells else None

    def fixed_by(self, scenario: Scenario, kernel: KernelChoice) -> str:
        """Return the citation of the feature that ends a violation, if one is declared."""
        sources = [cell.source for cell in scenario.points if cell.kernel == kernel.name]
        if kernel.release:
            limit = release_order(kernel.release)
            later = sorted(scenario.expect, key=lambda cell: release_order(cell.kernel))
            sources = [
                cell.source
                for cell in later
                if release_order(cell.kernel) > limit and cell.verdict == "holds"
            ]
        for source in sources:
            for feature in self.features:
                if feature.commit in source:
                    return f'{feature.commit} ("{feature.subject}"), {feature.release}'
        return ""

    # Invariants

    def invariants(self) -> list[tuple[str, str]]:
        """Return name and title of each invariant."""
        found: list[tuple[str, str]] = []
        for module in self.library.folder(self.roots.invariants):
            for node in module.tree.body:
                match node:
                    case ast.Assign(
                        value=ast.Call(
                            func=ast.Name(id="invariant"),
                            args=[ast.Constant(value=str(name)), ast.Constant(value=str(title))],
                        )
                    ):
                        found.append((name, title))
        return found

    # Functions

    def deviations(self) -> list[tuple[str, str]]:
        """Return what the model leaves out of each kernel function that leaves out something."""
        found = []
        for name, declaration in sorted(self.functions().items()):
            _, _, rest = declaration.docstring.partition("Deviates:")
            text = " ".join(rest.split())
            if text and not text.startswith("nothing"):
                found.append((name, text))
        return found

    def functions(self) -> Mapping[str, FunctionDeclaration]:
        """Return the kernel functions by name, as the newest kernel has them."""
        found: dict[str, FunctionDeclaration] = {}
        package = self.roots.features.rsplit(".", 1)[0]
        for module in self.library.folder(package):
            for declaration in functions_in(self.world, module):
                if declaration.role in ("kernel", "hardware_task") and not declaration.options:
                    found.setdefault(declaration.name, declaration)
        return found

    def variant(self, name: str, kernel: KernelChoice) -> FunctionDeclaration | None:
        """Return a function as a kernel has it; None if there is no such function."""
        found = []
        order = {feature.id: rank for rank, feature in enumerate(self.features)}
        for module in self.library.folder(self.roots.history):
            for declaration in functions_in(self.world, module):
                before = declaration.options.get("before")
                if declaration.name != name or not isinstance(before, Feature):
                    continue
                if before.id not in kernel.features:
                    found.append((order[before.id], declaration))
        if found:
            return min(found, key=lambda pair: pair[0])[1]
        return self.functions().get(name)


def module_name(module: Module) -> str:
    """Return the name that a scenario's file declares."""
    node = module.names.get("NAME")
    if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
        return str(node.value.value)
    return ""


def functions_in(world: World, module: Module) -> list[FunctionDeclaration]:
    """Return the functions that a file defines."""
    found = [
        world.find(module, name)
        for name, node in module.names.items()
        if isinstance(node, ast.FunctionDef)
    ]
    return [item for item in found if isinstance(item, FunctionDeclaration)]
