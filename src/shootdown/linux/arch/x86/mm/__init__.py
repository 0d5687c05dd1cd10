# SPDX-License-Identifier: GPL-2.0-only
"""Faults and flushes of x86."""
