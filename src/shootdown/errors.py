# SPDX-License-Identifier: MIT
"""The exceptions that reach a user, each with the exit code it stands for."""

from __future__ import annotations

__all__ = ["InputError", "ShootdownError"]


class ShootdownError(Exception):
    """Any failure that is shown as one message instead of a traceback."""

    exit_code = 70


class InputError(ShootdownError):
    """What the user gave cannot be used: a file, an option, a piece of model code.

    The text is complete: it says what is wrong, where, and what to do instead.
    """

    exit_code = 2
