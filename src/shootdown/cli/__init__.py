# SPDX-License-Identifier: MIT
"""The command line: parse, call `shootdown.api`, print, and turn the outcome into an exit code."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process; Ctrl-C is understood from the first import on."""
    try:
        from shootdown.cli.main import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        print("shootdown: interrupted", file=sys.stderr)
        sys.exit(130)
