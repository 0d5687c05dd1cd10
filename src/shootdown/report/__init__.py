# SPDX-License-Identifier: MIT
"""What people and machines read: race tables, tables of verdicts, JSON."""

from __future__ import annotations
