# SPDX-License-Identifier: GPL-2.0-only
"""The kernel: Linux's memory management in the model language, in Linux's own tree."""
