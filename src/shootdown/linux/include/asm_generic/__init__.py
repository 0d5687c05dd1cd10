# SPDX-License-Identifier: GPL-2.0-only
"""What architectures share, as in Linux's include/asm-generic/."""
