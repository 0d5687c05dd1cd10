# SPDX-License-Identifier: GPL-2.0-only
"""Memory management, as in Linux's mm/."""
