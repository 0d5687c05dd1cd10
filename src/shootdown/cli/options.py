# SPDX-License-Identifier: MIT
"""Options that are more than a word: NAME=VALUE, sizes of memory."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shootdown.errors import InputError

__all__ = ["assignments", "memory_bytes"]

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SWITCHES = {"y": 1, "n": 0, "true": 1, "false": 0}


def assignments(words: Sequence[str], *, option: str) -> dict[str, int]:
    """Read `NAME=VALUE` words; a value is a number, or y or n as in Kconfig."""
    values: dict[str, int] = {}
    for word in words:
        name, equals, text = word.partition("=")
        value = _SWITCHES.get(text.lower())
        if value is None and re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
            value = int(text)
        if not (name and equals) or value is None:
            raise InputError(f"{option} {word}: needs NAME=VALUE, with a number, y or n as VALUE")
        values[name] = value
    return values


def memory_bytes(text: str) -> int | None:
    """Read `500M` or `4G`; nothing given is no limit."""
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,15})([KMGT]?)i?B?", text, re.ASCII | re.IGNORECASE)
    if found is None:
        raise InputError(f"--max-memory {text}: needs a size such as 500M or 4G")
    return int(found[1]) * _UNITS[found[2].upper()]
