# SPDX-License-Identifier: MIT
"""No mistake in model code ends in a traceback: it compiles, or is reported as a message.

The packaged scenarios and the kernel's functions are changed at random, always in the same way.
"""

from __future__ import annotations

import os
import random
import re
from functools import cache

import pytest

from shootdown.api import ROOTS
from shootdown.api.asked import read_model
from shootdown.compiler.excerpt import excerpt
from shootdown.compiler.program import Request, build
from shootdown.errors import InputError

BATCHES = 16
FILES = int(os.environ.get("SHOOTDOWN_MISTAKES", "10"))
"""Changed files a batch; a larger number makes a long run."""

STRANGE = (
    "0",
    "None",
    "True",
    '"x"',
    "-1",
    "2**70",
    "()",
    "NULL",
    "self.x",
    "[1]",
    "1.5",
    "...",
    "x",
)
TOKEN = re.compile(r"\w+|[^\w\s]")


catalogue = cache(read_model)


def spoilt(text: str, draw: random.Random) -> str:
    """Return the text with one change: in its lines, or in one word of a line."""
    lines = text.splitlines()
    code = [n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")]
    number = draw.choice(code)
    other = draw.choice(code)
    match draw.randrange(8):
        case 0:
            del lines[number]
        case 1:
            lines.insert(number, lines[other])
        case 2:
            lines[number], lines[other] = lines[other], lines[number]
        case 3:
            lines[number] = "    " + lines[number]
        case 4:
            lines[number] = lines[number].removeprefix("    ")
        case kind:
            words = TOKEN.findall(lines[other])
            near = STRANGE if kind == 5 or not words else words
            lines[number] = swap_word(lines[number], draw, "" if kind == 7 else draw.choice(near))
    return "\n".join(lines) + "\n"


def swap_word(line: str, draw: random.Random, word: str) -> str:
    found = list(TOKEN.finditer(line))
    if not found:
        return line
    place = draw.choice(found)
    return line[: place.start()] + word + line[place.end() :]


def compiles_or_explains(scenario: str, patch: str | None) -> None:
    model = catalogue()
    library = model.library
    request = Request(
        library=library,
        roots=ROOTS,
        scenario=library.user_text("scenario.py", scenario),
        features=frozenset(feature.id for feature in model.features),
        settings={},
        patches=() if patch is None else (library.user_text("patch.py", patch),),
    )
    build(request)


def attempt(scenario: str, patch: str | None) -> None:
    message = "help: "
    try:
        compiles_or_explains(scenario, patch)
    except InputError as error:
        message = str(error)
    except Exception as error:  # noqa: BLE001 - whatever comes, the test shows what it came of
        pytest.fail(f"{type(error).__name__}: {error}\n{scenario if patch is None else patch}")
    assert "help: " in message


@pytest.mark.parametrize("batch", range(BATCHES))
def test_scenarios(batch: int) -> None:
    draw = random.Random(batch)
    files = catalogue().scenario_files()
    for _ in range(FILES):
        text = draw.choice(files).text
        for _ in range(draw.choice((1, 1, 1, 2, 5))):
            text = spoilt(text, draw)
        attempt(text, None)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_patches(batch: int) -> None:
    draw = random.Random(1000 + batch)
    scenario = catalogue().scenario("zap+mkclean").module.text
    functions = list(catalogue().functions().values())
    for _ in range(FILES):
        text = excerpt(draw.choice(functions), spdx="GPL-2.0-only")
        for _ in range(draw.choice((1, 1, 1, 2, 5))):
            text = spoilt(text, draw)
        attempt(scenario, text)
