# SPDX-License-Identifier: GPL-2.0-only
"""Interrupt entry of x86."""
