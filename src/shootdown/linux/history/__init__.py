# SPDX-License-Identifier: GPL-2.0-only
"""Functions as former kernels had them, one file a kernel file and feature."""
