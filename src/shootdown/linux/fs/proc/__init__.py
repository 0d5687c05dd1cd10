# SPDX-License-Identifier: GPL-2.0-only
"""What /proc tells of processes, and asks of them."""
