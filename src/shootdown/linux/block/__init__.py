# SPDX-License-Identifier: GPL-2.0-only
"""File systems: what writeback asks of them."""
