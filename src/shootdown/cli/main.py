# SPDX-License-Identifier: MIT
"""The console script: every way to end is an exit code, and only our bugs show a traceback."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from shootdown import __version__
from shootdown.cli.check import check
from shootdown.cli.exits import Exit
from shootdown.cli.explain import explain
from shootdown.cli.list import list_
from shootdown.cli.show import show
from shootdown.errors import ShootdownError

__all__ = ["run"]

_HELP = """\
Check Linux's TLB invalidation for races, in a model of it.

Exit codes: 0 holds or as declared, 1 violated or not as declared,
2 bad input, 3 inconclusive, 4 skipped, 70 a bug of ours, 130 interrupted.
"""


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except CycloptsError as error:
        return _say(f"shootdown: {error}\nhelp: `shootdown --help` lists commands and options")
    except ShootdownError as error:
        return _say(str(error), code=error.exit_code)
    except BrokenPipeError:
        # The reader has seen enough. Python would complain when it closes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.HOLDS
    except KeyboardInterrupt:
        return _say("shootdown: interrupted", code=Exit.INTERRUPTED)
    except Exception:  # noqa: BLE001 - the last resort: exit code 1 would read as "violated"
        return _say(
            f"{traceback.format_exc()}\nshootdown {__version__}: internal error; please report"
            " it with the text above",
            code=Exit.OUR_BUG,
        )
    return code


def _dispatch(words: Sequence[str]) -> int:
    app = App(
        name="shootdown",
        help=_HELP,
        help_format="plaintext",
        help_formatter="plain",
        suppress_keyboard_interrupt=False,
        version=__version__,
    )
    for name, verb in (("check", check), ("show", show), ("explain", explain), ("list", list_)):
        app.command(verb, name=name)
    code = app(list(words), exit_on_error=False, print_error=False, result_action="return_value")
    return code if isinstance(code, int) else Exit.HOLDS


def _say(text: str, *, code: int = Exit.BAD_INPUT) -> int:
    """Print a diagnostic as the last thing that this run says."""
    print(text, file=sys.stderr)
    return code
