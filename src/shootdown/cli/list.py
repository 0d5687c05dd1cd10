# SPDX-License-Identifier: MIT
"""`shootdown list`: what is modelled?"""

from __future__ import annotations

from typing import Literal

from shootdown.cli.exits import Exit
from shootdown.cli.output import write_result

__all__ = ["list_"]

Kind = Literal["kernels", "features", "scenarios", "invariants", "functions", "deviations"]


def list_(kind: Kind, /) -> int:
    """List what is modelled.

    Parameters
    ----------
    kind:
        What to list.
    """
    from shootdown import api
    from shootdown.report.rows import rows_table

    found = api.catalogue(kind)
    write_result(rows_table(found.columns, found.rows), output="")
    return Exit.HOLDS
