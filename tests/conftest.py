# SPDX-License-Identifier: MIT
"""Settings for every test: the same examples on each run, and no time limits."""

from hypothesis import settings

settings.register_profile("shootdown", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("shootdown")
