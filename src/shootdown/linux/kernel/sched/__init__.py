# SPDX-License-Identifier: GPL-2.0-only
"""Scheduling, as in Linux's kernel/sched/."""
