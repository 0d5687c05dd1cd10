# SPDX-License-Identifier: MIT
"""Linux's TLB invalidation as an executable model."""

__version__ = "0.1.0"
