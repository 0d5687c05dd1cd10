# SPDX-License-Identifier: MIT
"""The saved form: complete, the same bytes each time, and read back with clear messages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from shootdown.errors import InputError
from shootdown.execution import Verdict
from shootdown.report.json import SavedEvent, SavedResult, SavedStep, decode, encode
from tests.unit.report.executions import lost_write, result

PROMISED = {
    *["scenario", "kernel", "without", "config", "verdict", "invariant", "declared", "source"],
    *["states", "transitions", "depth", "bounds", "memory_order", "seconds", "steps", "schedule"],
}


def test_what_was_saved_is_read_back() -> None:
    execution = lost_write()
    (saved,) = decode(encode([result(execution)]).encode(), name="race.json")
    assert saved.schedule == execution.schedule
    assert len(saved.steps) == len(execution.steps)
    assert saved.verdict == "violated"
    events = [event.event for step in saved.steps for event in step.events]
    assert "pte_cleared" in events
    assert saved.reproduce == "shootdown check zap+mkclean --kernel v3.14"


def test_the_promised_fields_are_there() -> None:
    document = json.loads(encode([result(lost_write()), result(verdict=Verdict.HOLDS)]))
    assert document["schema"] == "shootdown/results"
    assert document["version"] == 1
    for one in document["results"]:
        assert set(one) >= PROMISED
    step = document["results"][0]["steps"][0]
    assert set(step) >= {"task", "cpu", "function", "file", "line", "events", "text"}


def test_ascii_and_deterministic() -> None:
    text = encode([result(lost_write(), message="café \U0001f600")])
    assert text == encode([result(lost_write(), message="café \U0001f600")])
    assert text.isascii()
    assert json.loads(text)["results"][0]["message"] == "café \U0001f600"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Input data was truncated"),
        ("[]", "Expected `object`, got `array`"),
        ('{"schema":"other","version":1,"results":[]}', "$.schema"),
        ('{"schema":"shootdown/results","version":2,"results":[]}', "$.version"),
        ('{"schema":"shootdown/results","version":1}', "missing required field `results`"),
        (
            (
                '{"schema":"shootdown/results","version":1,"results":'
                '[{"scenario":"s","kernel":"k","verdict":"violated","schedule":[[0,0],[0,"x"]]}]}'
            ),
            "$.results[0].schedule[1][1]",
        ),
    ],
)
def test_bad_input_says_where(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        decode(text.encode(), name="race.json")
    assert str(caught.value).startswith("race.json: not a saved execution: ")


def test_every_field_is_documented() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "json.md"
    documented = set(re.findall(r"^\| `(\w+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE))
    for record in (SavedResult, SavedStep, SavedEvent):
        names = {field.name for field in msgspec.structs.fields(record)}
        assert names <= documented, record.__name__
