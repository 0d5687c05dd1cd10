# SPDX-License-Identifier: GPL-2.0-only
"""Types and inline functions, as in Linux's include/linux/."""
