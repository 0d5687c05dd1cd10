# SPDX-License-Identifier: GPL-2.0-only
"""Page-table entries and TLB requests of x86."""
