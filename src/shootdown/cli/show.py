# SPDX-License-Identifier: MIT
"""`shootdown show`: how is this modelled?"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from shootdown.cli.exits import Exit
from shootdown.cli.output import write_result

__all__ = ["show"]


def show(name: str, /, *, kernel: Annotated[str, Parameter(show_default=False)] = "") -> int:
    """Print how a kernel function, scenario or feature is modelled.

    What it prints for a function is where a patch starts: redirect it, edit
    it, and give it to `shootdown check --patch`.

    Parameters
    ----------
    name:
        A kernel function (zap_pte_range), a scenario or a feature.
    kernel:
        The function as this kernel has it; the newest, if not given.
    """
    from shootdown import api

    write_result(api.show(name, kernel=kernel), output="")
    return Exit.HOLDS
