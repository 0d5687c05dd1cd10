# SPDX-License-Identifier: MIT
"""The project keeps the rules of docs/STYLE.md that a program can check."""

import pytest

from tests.tidy.duplicates import find_duplicates
from tests.tidy.model_rules import MODEL_RULES
from tests.tidy.rules import PYTHON_RULES, TEXT_RULES, Rule
from tests.tidy.tree import Source, read_sources

SOURCES = read_sources()
PYTHON_SOURCES = [
    source
    for source in SOURCES
    if source.path.startswith(("src/", "tests/")) and source.path.endswith(".py")
]


def require_none(findings: list[str]) -> None:
    """Fail with the findings alone, one a line: where a check found them does not matter."""
    if findings:
        pytest.fail("\n".join(findings), pytrace=False)


def apply(rules: tuple[Rule, ...], source: Source) -> list[str]:
    """Collect what all rules find in one file."""
    return [finding for rule in rules for finding in rule(source)]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.path)
def test_text(source: Source) -> None:
    require_none(apply(TEXT_RULES, source))


@pytest.mark.parametrize("source", PYTHON_SOURCES, ids=lambda source: source.path)
def test_python(source: Source) -> None:
    require_none(apply(PYTHON_RULES + MODEL_RULES, source))


def test_no_code_is_written_twice() -> None:
    library = [source for source in PYTHON_SOURCES if source.path.startswith("src/")]
    require_none(list(find_duplicates(library)))


def test_the_tree_was_found() -> None:
    paths = {source.path for source in PYTHON_SOURCES}
    assert {"src/shootdown/__init__.py", "tests/tidy/test_tree.py"} <= paths
