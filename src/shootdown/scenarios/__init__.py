# SPDX-License-Identifier: GPL-2.0-only
"""The packaged litmus tests, one file per story."""
