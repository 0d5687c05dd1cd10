# SPDX-License-Identifier: MIT
"""`shootdown explain`: show me that race."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from shootdown.cli.exits import Exit
from shootdown.cli.output import read_file, write_result
from shootdown.errors import InputError

__all__ = ["explain"]


def explain(
    file: str, /, *, output: Annotated[str, Parameter(["--output", "-o"], show_default=False)] = ""
) -> int:
    """Replay saved executions through the model, and draw them.

    Parameters
    ----------
    file:
        What `shootdown check --format json` wrote.
    output:
        Write the result to this file.
    """
    from shootdown.report.json import decode

    saved = [result for result in decode(read_file(file), name=file) if result.schedule]
    if not saved:
        raise InputError(f"{file}: has no execution: none of its verdicts is `violated`")
    from shootdown import api
    from shootdown.report.race import race_table

    write_result("\n".join(race_table(api.explain(result)) for result in saved), output=output)
    return Exit.HOLDS
