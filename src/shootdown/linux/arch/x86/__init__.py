# SPDX-License-Identifier: GPL-2.0-only
"""The x86 architecture."""
