# SPDX-License-Identifier: MIT
"""The verbs as functions. The command line is a thin shell around this package."""

from shootdown.api.asked import ALL_KERNELS, ROOTS, Limits, OnProgress, Progress, is_planted
from shootdown.api.checking import check, check_patch
from shootdown.api.lookups import Catalogue, catalogue, explain, figures, show
from shootdown.api.mutating import mutate

__all__ = [
    "ALL_KERNELS",
    "ROOTS",
    "Catalogue",
    "Limits",
    "OnProgress",
    "Progress",
    "catalogue",
    "check",
    "check_patch",
    "explain",
    "figures",
    "is_planted",
    "mutate",
    "show",
]
