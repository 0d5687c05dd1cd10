# SPDX-License-Identifier: MIT
"""The programs that are measured, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from shootdown.api import ROOTS
from shootdown.compiler.catalogue import Catalogue
from shootdown.compiler.program import Request, Roots
from shootdown.compiler.source import Library

__all__ = ["PROGRAMS", "SIZES", "VARIANTS", "Size", "protocol", "scenario"]

NOTHING = Roots("shootdown.nothing", "shootdown.nothing", "shootdown.nothing")
"""No kernel and no invariants: the protocol has its own."""

NO_SETTINGS: Mapping[str, int | bool] = {}


@dataclass(frozen=True, slots=True)
class Size:
    """A size of the protocol, and the counts in which seven other programs agree."""

    pages: int
    cpus: int
    rounds: int
    states: int
    transitions: int


SIZES = {
    "S": Size(2, 2, 1, 100_679, 356_602),
    "M": Size(3, 2, 1, 3_679_826, 14_430_066),
    "L1": Size(2, 3, 2, 12_864_957, 63_083_498),
    "L2": Size(3, 2, 2, 22_700_997, 92_901_916),
}

VARIANTS = {
    (0, False): (349, 734, "lost_write"),
    (0, True): (388, 833, "lost_write"),
    (1, False): (301, 611, ""),
    (1, True): (385, 805, "lost_write"),
    (2, False): (328, 667, ""),
    (2, True): (362, 752, ""),
}
"""By `VARIANT` and `MAPCHECK`, with one page and one CPU: states, transitions, what breaks."""


def protocol(pages: int, cpus: int, rounds: int, *, variant: int, mapcheck: bool) -> Request:
    """Return the protocol of `zap_protocol.py` in one size and variant, its steps as numbered."""
    library = Library()
    settings = {
        "NR_PAGES": pages,
        "NR_CPUS": cpus,
        "NR_ROUNDS": rounds,
        "VARIANT": variant,
        "MAPCHECK": mapcheck,
    }
    path = Path(__file__).with_name("zap_protocol.py")
    return Request(
        library=library,
        roots=NOTHING,
        scenario=library.user_text(path.name, path.read_text(encoding="utf-8")),
        features=frozenset(),
        settings=settings,
        reduce=False,
    )


def scenario(
    name: str,
    kernel: str,
    settings: Mapping[str, int | bool] = NO_SETTINGS,
    *,
    reduce: bool = True,
) -> Request:
    """Return a packaged scenario under a kernel; none: the newest."""
    model = Catalogue(
        Library(), ROOTS, kernels="shootdown.linux.kernels", scenarios="shootdown.scenarios"
    )
    return Request(
        library=model.library,
        roots=ROOTS,
        scenario=model.scenario(name).module,
        features=model.kernel(kernel or model.newest, ()).features,
        settings=settings,
        reduce=reduce,
    )


def _sized(name: str) -> Request:
    size = SIZES[name]
    return protocol(size.pages, size.cpus, size.rounds, variant=2, mapcheck=True)


def _two_writers(kernel: str) -> Request:
    return scenario("zap+mkclean-two-writers", kernel, reduce=False)


def _reclaim(pages: int, *, read_back: bool) -> Request:
    """Return reclaim of some pages that two processes have mapped, on three CPUs."""
    settings = {
        "NR_FILE_PAGES": pages,
        "PTRS_PER_TABLE": pages,
        "NR_PAGES": 2 * pages + 2 if read_back else pages + 1,
        "READ_BACK": read_back,
    }
    return scenario("reclaim-two-mms", "", settings)


PROGRAMS: dict[str, Callable[[], Request]] = {
    **{name: partial(_sized, name) for name in SIZES},
    **{
        f"two-writers {kernel or 'newest'}": partial(_two_writers, kernel)
        for kernel in ("v3.15", "")
    },
    "reclaim 2 pages": partial(_reclaim, 2, read_back=True),
    "reclaim 3 pages": partial(_reclaim, 3, read_back=False),
}
"""The programs that can be timed. Two-writers is explored without reductions, for size."""
