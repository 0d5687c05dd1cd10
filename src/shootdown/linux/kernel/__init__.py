# SPDX-License-Identifier: GPL-2.0-only
"""Core kernel: calls between CPUs, and the running of user code."""
