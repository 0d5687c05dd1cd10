# SPDX-License-Identifier: MIT
"""Bounds that no exploration could hold are refused at once, and say which."""

from __future__ import annotations

import pytest

from shootdown import api
from shootdown.errors import InputError


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NR_PAGES", 1_000_000, "the value 1000000 is outside 0..16384"),
        ("NR_PAGES", 4_000, "at most 32,768 can be explored"),
        ("NR_CPUS", 100_000, "the value 100000 is outside"),
        ("NR_CPUS", -3, "outside"),
        ("LEVELS", 40, "the value 2199023255552 is outside 1..255"),
        ("PTRS_PER_TABLE", 5_000, "is outside 1..255"),
    ],
)
def test_a_bound_that_is_a_slip_is_bad_input(name: str, value: int, said: str) -> None:
    with pytest.raises(InputError) as refused:
        list(api.check(["zap+mkclean"], kernels=["v6.18"], bounds={name: value}))
    assert said in str(refused.value)
