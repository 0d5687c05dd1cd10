# SPDX-License-Identifier: MIT
"""Plain tables: a heading, a rule, aligned cells two blanks apart; the last column is folded."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from shootdown.report.layout import WIDTH

__all__ = ["grid", "rows_table"]

_LAST_COLUMN_MIN = 24
_GAP = "  "


def rows_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a list of what is modelled, with its last column folded to the width."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    left = sum(widths[:-1]) + len(_GAP) * (len(columns) - 1)
    last = max(WIDTH - left, _LAST_COLUMN_MIN)
    folded: list[Sequence[str]] = []
    for row in rows:
        texts = textwrap.wrap(row[-1], last, break_on_hyphens=False) or [""]
        folded.append([*row[:-1], texts[0]])
        folded += [[*[""] * (len(columns) - 1), text] for text in texts[1:]]
    return "\n".join(grid([columns, *folded])) + "\n"


def grid(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align the cells under their headings."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = ["-" * len(cell) for cell in rows[0]]
    return [
        _GAP.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [rows[0], rule, *rows[1:]]
    ]
