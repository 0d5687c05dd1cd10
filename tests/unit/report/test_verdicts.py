# SPDX-License-Identifier: MIT
"""The tables of verdicts: what a bare check, `--history` and `--patch` print."""

from __future__ import annotations

from inline_snapshot import snapshot

from shootdown.execution import Result, Verdict
from shootdown.report.verdicts import (
    changes_table,
    history_table,
    is_as_declared,
    newest_table,
    one_verdict,
    summary,
)
from tests.unit.report.executions import result

KERNELS = ("v6.18", "v6.2", "v6.1", "v3.15", "v3.14", "v2.6.39")


def holding(**changes: object) -> Result:
    base: dict[str, object] = {
        "verdict": Verdict.HOLDS,
        "invariant": "",
        "message": "",
        "declared": "holds",
        "fixed_by": "",
    }
    return result(**{**base, **changes})


def history() -> list[Result]:
    results = []
    for kernel in KERNELS:
        is_old = kernel in ("v3.14", "v2.6.39")
        results.append(result(kernel=kernel) if is_old else holding(kernel=kernel))
    for kernel in KERNELS:
        is_old = kernel not in ("v6.18", "v6.2")
        name = "zap+mkclean-last"
        fix = '5df397dec7c4 ("mm: delay page_remove_rmap() until after the TLB has been flushed")'
        results.append(
            result(scenario=name, kernel=kernel, fixed_by=fix)
            if is_old
            else holding(scenario=name, kernel=kernel)
        )
    return results


def test_newest() -> None:
    assert "\n" + newest_table(history()) == snapshot("""\

scenario          kernel  verdict  declared
--------          ------  -------  --------
zap+mkclean       v6.18   holds    same
zap+mkclean-last  v6.18   holds    same

races that it prevents:
  zap+mkclean: lost_write up to v3.14, fixed by 1cf35d47712d ("mm: split
    'tlb_flush_mmu()' into tlb flushing and memory freeing parts"), v3.15
  zap+mkclean-last: lost_write up to v6.1, fixed by 5df397dec7c4 ("mm:
    delay page_remove_rmap() until after the TLB has been flushed")
""")


def test_newest_with_a_race_inside_a_release() -> None:
    inside = result(kernel="tlb_flush_split^", fixed_by="1cf35d47712d")
    text = newest_table([holding(), inside, holding(kernel="v3.14")])
    assert text.partition("prevents:\n")[2] == snapshot(
        "  zap+mkclean: lost_write in tlb_flush_split^, fixed by 1cf35d47712d\n"
    )
    text = newest_table([holding(), inside, result(kernel="v3.14")])
    assert text.partition("prevents:\n")[2] == snapshot(
        "  zap+mkclean: lost_write up to tlb_flush_split^, fixed by 1cf35d47712d\n"
    )


def test_history() -> None:
    text = history_table(history())
    assert max(map(len, text.splitlines())) <= 75
    assert "\n" + text == snapshot("""\

scenario          v2.6.39   v3.14     v3.15     v6.1      v6.2   v6.18
--------          -------   -----     -----     ----      ----   -----
zap+mkclean       violated  violated  holds     holds     holds  holds
zap+mkclean-last  violated  violated  violated  violated  holds  holds

  zap+mkclean: lost_write up to v3.14, fixed by 1cf35d47712d ("mm: split
    'tlb_flush_mmu()' into tlb flushing and memory freeing parts"), v3.15
  zap+mkclean-last: lost_write up to v6.1, fixed by 5df397dec7c4 ("mm:
    delay page_remove_rmap() until after the TLB has been flushed")
""")


def test_what_is_not_as_declared_stands_out() -> None:
    results = [
        holding(kernel="v6.18", declared="violated: lost_write"),
        holding(kernel="v6.2", verdict=Verdict.INCONCLUSIVE, reason="1,000 states were reached"),
        result(kernel="v6.1", declared="holds"),
        result(kernel="v3.14", declared=""),
    ]
    assert [is_as_declared(one) for one in results] == [False, False, False, True]
    assert "\n" + newest_table(results) + history_table(results) == snapshot("""\

scenario     kernel  verdict  declared
--------     ------  -------  --------
zap+mkclean  v6.18   holds    violated: lost_write !

races that it prevents:
  zap+mkclean: lost_write up to v6.1, fixed by 1cf35d47712d ("mm: split
    'tlb_flush_mmu()' into tlb flushing and memory freeing parts"), v3.15

inconclusive: zap+mkclean, v6.2: 1,000 states were reached
not as declared: zap+mkclean, v6.1: violated: lost_write, declared holds
scenario     v3.14     v6.1       v6.2           v6.18
--------     -----     ----       ----           -----
zap+mkclean  violated  violated!  inconclusive!  holds!

  zap+mkclean: lost_write up to v6.1, fixed by 1cf35d47712d ("mm: split
    'tlb_flush_mmu()' into tlb flushing and memory freeing parts"), v3.15

not as declared: zap+mkclean, v6.18: holds, declared violated: lost_write
inconclusive: zap+mkclean, v6.2: 1,000 states were reached
not as declared: zap+mkclean, v6.1: violated: lost_write, declared holds
""")


def test_many_kernels_make_several_blocks() -> None:
    text = history_table([holding(kernel=f"v5.{minor}") for minor in range(30)])
    assert max(map(len, text.splitlines())) <= 75
    assert text.count("scenario") == 4
    assert all(f"v5.{minor}" in text for minor in range(30))


def test_only_what_a_patch_changes() -> None:
    pairs = [
        (holding(kernel="v6.18"), result(kernel="v6.18", invariant="stale_access")),
        (holding(kernel="v6.2"), holding(kernel="v6.2")),
    ]
    assert "\n" + changes_table(pairs) + changes_table(pairs[1:]) == snapshot("""\

scenario     kernel  base   patched
--------     ------  ----   -------
zap+mkclean  v6.18   holds  violated: stale_access

1 other verdict unchanged
the patch changes none of 1 verdict
""")


def test_one_verdict_says_what_it_rests_on() -> None:
    text = one_verdict(holding(kernel="v3.15", unreached=("mm/memory.py:40", "mm/rmap.py:7")))
    assert "\n" + text == snapshot("""\

holds   zap+mkclean, kernel v3.15
  declared: holds (A01 / 1cf35d47712d)

1 verdict: 1 declared, 0 not as declared; 123,456 states, depth at most 61;
sequentially consistent; bounds NR_CPUS=3, NR_PAGES=1; 2 kernel lines never
reached (--coverage); 12 deviations from the kernel.
""")


def test_bounds_that_differ_are_ranges() -> None:
    results = [holding(bounds={"NR_CPUS": 2}), holding(bounds={"NR_CPUS": 3, "NR_PAGES": 1})]
    assert "bounds NR_CPUS=2..3, NR_PAGES=1" in summary(results)
    assert summary([]) == "nothing was checked\n"
