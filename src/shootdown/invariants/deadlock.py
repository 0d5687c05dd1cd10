# SPDX-License-Identifier: MIT
"""Somebody can always move: a kernel, interrupt or device task, unless all of them are at rest.

Users and TLBs always can, so they do not count. The explorer judges this itself, in every state
in which no other step is possible; there is nothing for a monitor to listen to.

Not vacuous: broken when two CPUs wait for each other's flush with interrupts disabled.
"""

from __future__ import annotations

from shootdown.lang import invariant

__all__ = ["deadlock"]

deadlock = invariant("deadlock", "no kernel, interrupt or device task can move")
