# SPDX-License-Identifier: MIT
"""The explorers: every interleaving of a compiled program."""
