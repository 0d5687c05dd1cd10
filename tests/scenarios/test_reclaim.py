# SPDX-License-Identifier: MIT
"""How many CPUs reclaim interrupts, by the ways of putting flushes off: the formulas of v4.3.

With k other CPUs in the mask and n pages of which d are dirty: n*k if each page is flushed; d*k,
and k more for clean ones, if only their flush is put off; and if that of dirty ones is, too, k for
each page that is written after a dirty one was unmapped, and k if anything is left at the end.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from shootdown import api

EACH, CLEAN, ALL = "unmap_batch^", "defer_writable_flush^", "v4.3"

SCENARIO = '''
# SPDX-License-Identifier: GPL-2.0-only
"""pages-and-cpus: reclaim of some pages that some CPUs use"""

from shootdown.lang import holds, record, setup, since, task
from shootdown.linux.include.linux.mm_types import address_space, mm_struct
from shootdown.linux.kernel.pressure import sd_age, sd_under_pressure
from shootdown.linux.kernel.user import sd_access, sd_map_file, sd_run_in
from shootdown.linux.mm.vmscan import balance_pgdat, try_to_free_pages

NAME = "pages-and-cpus"
BOUNDS = {{"NR_CPUS": {cpus}, "NR_PAGES": {pages}, "NR_FILE_PAGES": {pages}, "LEVELS": 1,
          "PTRS_PER_TABLE": {pages}, "SWAP_CLUSTER_MAX": {pages}, "NR_VMAS": 1}}
CONFIG = {{"RECLAIM": True}}
EXPECT = (since("v2.6.39", holds()),)

@setup(cpu=1)
def use() -> None:
    """Use each page."""
    sd_map_file(record(mm_struct, 0), record(address_space, 0))
{uses}
    sd_age(record(address_space, 0))
    sd_under_pressure(record(address_space, 0))
{others}

@task(cpu=0)
def reclaim() -> None:
    """Reclaim all pages."""
    {reclaim}()
'''

OTHER = '''
@setup(cpu={cpu})
def use_{cpu}() -> None:
    """Run in the same process."""
    sd_run_in(record(mm_struct, 0))
'''


def interrupts(folder: Path, kernel: str, pages: str, *, cpus: int, reclaim: str) -> int:
    """Count the CPUs interrupted; `pages` has a letter a page: clean or dirty."""
    file = folder / "pages_and_cpus.py"
    uses = [f"    sd_access({page}, {kind == 'd'})" for page, kind in enumerate(pages)]
    others = [OTHER.format(cpu=cpu) for cpu in range(2, cpus + 1)]
    file.write_text(
        SCENARIO.lstrip().format(
            cpus=cpus + 1,
            pages=len(pages),
            uses="\n".join(uses),
            others="".join(others),
            reclaim=reclaim,
        ),
        "utf-8",
    )
    (figures,) = api.figures([kernel], scenario=str(file))
    assert figures.unmapped == len(pages)
    return figures.interrupts


@pytest.mark.parametrize("cpus", [1, 3])
@pytest.mark.parametrize("pages", ["c", "d", "ddc"])
def test_nothing_is_written(tmp_path: Path, pages: str, cpus: int) -> None:
    def count(kernel: str) -> int:
        return interrupts(tmp_path, kernel, pages, cpus=cpus, reclaim="try_to_free_pages")

    assert count(EACH) == len(pages) * cpus
    assert count(CLEAN) == pages.count("d") * cpus + ("c" in pages) * cpus
    assert count(ALL) == cpus


@pytest.mark.parametrize(("pages", "left"), [("d", 0), ("cd", 0), ("ddc", 1)])
def test_dirty_pages_are_written(tmp_path: Path, pages: str, left: int) -> None:
    def count(kernel: str) -> int:
        return interrupts(tmp_path, kernel, pages, cpus=2, reclaim="balance_pgdat")

    assert count(EACH) == len(pages) * 2
    assert count(CLEAN) == pages.count("d") * 2 + ("c" in pages) * 2
    assert count(ALL) == pages.count("d") * 2 + left * 2


def test_the_features_show_figures_of_both() -> None:
    text = api.show("defer_writable_flush")
    assert "CPUs interrupted                 8                      6        2        2\n" in text
    assert "CPUs interrupted                 8                      6        6        6\n" in text
