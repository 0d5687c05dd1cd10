# SPDX-License-Identifier: GPL-2.0-only
"""Former variants of mm/."""
