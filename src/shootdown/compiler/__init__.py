# SPDX-License-Identifier: MIT
"""From model code to steps: parsed, checked, lowered, interpreted, compiled."""
