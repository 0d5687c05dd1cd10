# SPDX-License-Identifier: MIT
"""The command line: parse, call `shootdown.api`, print, and turn the outcome into an exit code."""

from __future__ import annotations

from shootdown.cli.main import main

__all__ = ["main"]
