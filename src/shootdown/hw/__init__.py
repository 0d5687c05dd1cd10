# SPDX-License-Identifier: MIT
"""The machine: it does whatever the architecture manual allows, at the worst time."""
