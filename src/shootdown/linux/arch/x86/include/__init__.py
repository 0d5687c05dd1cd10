# SPDX-License-Identifier: GPL-2.0-only
"""Header files of x86."""
