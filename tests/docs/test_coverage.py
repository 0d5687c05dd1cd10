# SPDX-License-Identifier: MIT
"""docs/coverage.md points at things that exist, and repeats verdicts and figures as they are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from shootdown import api

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/coverage.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith(("| what |", "| scenario |", "| ---"))
]
PLACES = [row for row in ROWS if len(row) == 4]
VERDICTS = [row for row in ROWS if len(row) == 2]
SCENARIOS = {name for name, _ in api.catalogue("scenarios").rows}


def names_in(file: str) -> set[str]:
    """Return what a source file defines."""
    tree = ast.parse((ROOT / "src/shootdown" / file).read_text("utf-8"))
    names = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def declared(scenario: str) -> str:
    """Return the verdicts that a scenario declares, in words."""
    pattern = r'(?:since|at)\(\s*"(\S+)",\s*(\w+)\((?:"(\w+)")?\)'
    found = re.findall(pattern, api.show(scenario))
    return ", ".join(" ".join(part for part in cell if part) for cell in found)


def test_the_tables_are_read() -> None:
    assert len(PLACES) > 70
    assert len(VERDICTS) > 10
    assert all(len(row) in (2, 4) for row in ROWS)


@pytest.mark.parametrize("row", PLACES, ids=[f"row {n}" for n in range(len(PLACES))])
def test_a_row_points_somewhere_or_says_why_not(row: list[str]) -> None:
    _, place, scenarios, _ = row
    links = re.findall(r"`([\w/]+\.py):(\w+)`", place)
    for file, name in links:
        assert name in names_in(file), f"{file} defines no {name}"
    used = re.findall(r"`(\S+)`", scenarios)
    assert set(used) <= SCENARIOS
    assert set(used) <= {verdict[0].strip("`") for verdict in VERDICTS}
    if links:
        assert used, "no scenario exercises it"
    else:
        assert place.startswith("not modelled")
        assert scenarios == "-"


@pytest.mark.parametrize("row", VERDICTS, ids=lambda row: row[0])
def test_verdicts_are_the_declared_ones(row: list[str]) -> None:
    scenario, verdicts = row
    assert verdicts == declared(scenario.strip("`"))


@pytest.mark.parametrize("feature", ["mmu_gather_rework", "defer_writable_flush"])
def test_figures_are_those_of_the_run(feature: str) -> None:
    tables = [part for part in api.show(feature).split("\n\n") if part.startswith(" ")]
    assert tables
    assert all(table.rstrip() in TEXT for table in tables)
