# SPDX-License-Identifier: MIT
"""The race table's promises: its exact text, its width and length, and that nothing breaks it."""

from __future__ import annotations

import random

import pytest
from inline_snapshot import snapshot

from shootdown.report.race import LINES_MAX, race_table
from shootdown.report.wording import event_wording
from tests.unit.report.executions import Script, lost_write, result


def draw(script: Script, **changes: object) -> str:
    text = race_table(result(script.execution(), **changes))
    assert_promises(text)
    return text


def table_of(text: str) -> str:
    """Only what stands between the header and the outcome."""
    return "\n" + text.partition("\n\n")[2].partition("\n\n***")[0] + "\n"


def assert_promises(text: str) -> None:
    lines = text.splitlines()
    assert text.isascii()
    assert text.endswith("\n")
    assert len(lines) <= LINES_MAX
    assert max(map(len, lines)) <= 75
    assert all(line == line.rstrip() for line in lines)


def test_three_cpus() -> None:
    text = race_table(result(lost_write()))
    assert_promises(text)
    assert "\n" + text == snapshot("""\

violated: lost_write   kernel v3.14, 3 CPUs, 27 steps, shortest

Before: CPU2: do_mmap(0, 1) [ TLB: 0 -> page 0, rw dirty ]

 CPU0                     CPU1                        CPU2
 ----                     ----                        ----
 do_munmap(0, 1)
  zap_pte_range(0, 1)
   spin_lock(ptl)
   ptep_get_and_clear(0)
    [ PTE 0: dirty
     -> none ]
                          writepage(page 0)
                           clear_page_dirty_for_io()
   set_page_dirty()
   spin_unlock(ptl)
                            page_mkclean(page 0)
                             spin_lock(ptl)
                             spin_unlock(ptl)
                                                      store 0
                                                       [ TLB: page 0 ]
                           [ page 0 -> disk ]
   tlb_flush_mmu()
    flush_tlb_mm_range()
     [ IPI -> CPU2 ]
                                                      <IPI>
                                                       flush_tlb_func()
                                                       [ TLB: 0..1
                                                        flushed ]

*** LOST WRITE to page 0 ***
The page is clean, its contents differ from the disk, and no translation or
page table entry is left through which anybody could find out.

fixed by 1cf35d47712d ("mm: split 'tlb_flush_mmu()' into tlb flushing and
memory freeing parts"), v3.15
declared: violated: lost_write (A01 / 1cf35d47712d)
reproduce: shootdown check zap+mkclean --kernel v3.14
""")


def test_two_cpus_leave_room_for_arguments() -> None:
    assert table_of(race_table(result(lost_write((0, 1, 1))))) == snapshot("""\

Before: CPU1: do_mmap(0, 1) [ TLB: 0 -> page 0, rw dirty ]

 CPU0                            CPU1
 ----                            ----
 do_munmap(0, 1)
   zap_pte_range(0, 1)
     spin_lock(ptl)
     ptep_get_and_clear(0)
       [ PTE 0: dirty -> none ]
                                 writepage(page 0)
                                   clear_page_dirty_for_io(page 0)
     set_page_dirty(page 0)
     spin_unlock(ptl)
                                     page_mkclean(page 0)
                                       spin_lock(ptl)
                                       spin_unlock(ptl)
                                 store 0 [ TLB: page 0 ]
                                   [ page 0 -> disk ]
     tlb_flush_mmu()
       flush_tlb_mm_range(0, 1)
         [ IPI -> CPU1 ]
                                 <IPI> flush_tlb_func(0, 1)
                                   [ TLB: 0..1 flushed ]
""")


def test_more_than_three_cpus_share_a_column() -> None:
    script = Script()
    for cpu in (0, 3, 7, 11):
        script.run(cpu, "zap_pte_range(addr=0, end=1) > x ; page_freed(pfn=0) > <")
    assert table_of(draw(script)) == snapshot("""\

 CPU0   zap_pte_range(0, 1) [ page 0 freed ]
 CPU3   zap_pte_range(0, 1) [ page 0 freed ]
 CPU7   zap_pte_range(0, 1) [ page 0 freed ]
 CPU11  zap_pte_range(0, 1) [ page 0 freed ]
""")


def test_one_cpu_and_a_cpu_that_does_nothing() -> None:
    script = Script().run(5, "do_munmap(addr=0) > x ; *slept(atomic=True) > !sleep_in_atomic ")
    text = draw(script, invariant="sleep_in_atomic", message="", fixed_by="", declared="")
    assert "\n" + text == snapshot("""\

violated: sleep_in_atomic   kernel v3.14, 2 CPUs, 2 steps, shortest

 CPU5
 ----
 do_munmap(0) [ may sleep, in atomic context ]
   [ sleep_in_atomic, memory.py:7 ]

*** SLEEP IN ATOMIC CONTEXT ***

found by the model: the scenario declares no verdict here
reproduce: shootdown check zap+mkclean --kernel v3.14
""")


def test_unknown_events_show_all_they_have() -> None:
    script = Script().run(0, "zap_pte_range(addr=0) > *batch_full(nr=8, tlb=mmu_gather 0) > <")
    assert table_of(draw(script)) == snapshot("""\

 CPU0
 ----
 zap_pte_range(0) [ batch_full(nr=8, tlb=mmu_gather 0) ]
""")


def test_events_without_the_expected_arguments_show_what_they_have() -> None:
    assert event_wording("page_freed", [("frame", "3")]).text == "page_freed(frame=3)"


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("ipi_sent", [("cpu", "0"), ("targets", "6")], "IPI -> CPU1, CPU2"),
        ("ipi_sent", [("cpu", "0"), ("targets", "0")], "IPI -> nobody"),
        (
            "pte_changed",
            [("slot", "1"), ("old", "entry_t()"), ("new", "entry_t(present=True, pfn=2)")],
            "PTE 1: -> page 2, ro",
        ),
        ("pte_changed", [("slot", "1"), ("old", "0"), ("new", "0")], "PTE 1: clean -> none"),
    ],
)
def test_wording(name: str, arguments: list[tuple[str, str]], text: str) -> None:
    assert event_wording(name, arguments).text == text


def test_long_names_are_broken_and_not_cut() -> None:
    name = "a_function_with_a_name_that_no_kernel_has_ever_given_to_any_of_its_functions"
    script = Script()
    for cpu in range(3):
        script.run(cpu, f"{name}(addr=123456789) > page_freed(pfn={cpu}) > <")
    text = draw(script)
    assert name in "".join(line.strip().split("  ")[0] for line in text.splitlines())


def test_predicates_show_their_result() -> None:
    script = Script().run(1, "page_mkclean(page=page 0) > x ; page_mapped(page=page 0) > x > < 0")
    script.run(1, "<")
    assert table_of(draw(script)) == snapshot("""\

 CPU1
 ----
 page_mkclean(page 0)
   page_mapped(page 0) = 0
""")


def test_what_follows_the_last_decisive_event_is_one_line_a_task() -> None:
    script = Script().run(0, "do_munmap(addr=0) > x ; tlb_flush_mmu() > page_freed(pfn=0) > <")
    for _ in range(5):
        script.run(0, "unlock_page(page=page 1) > x > <")
    script.run(1, "writepage(page=page 1) > x ; <").run(0, "<")
    assert table_of(draw(script)) == snapshot("""\

 CPU0                                CPU1
 ----                                ----
 do_munmap(0)
   tlb_flush_mmu() [ page 0 freed ]
 ... do_munmap() returns
                                     writepage()
""")


def test_a_detail_gives_way_to_what_its_step_decides() -> None:
    walk = "table_walked(cpu=0, vpn=0, table=0, freed=False)"
    script = Script().run(0, f"{walk} ; {walk} > tlb_filled(cpu=0, vpn=0, pfn=0, write=False)")
    assert draw(script).count("walk 0") == 1


def test_long_races_lose_their_lightest_lines_first() -> None:
    script = Script().run(0, "do_munmap(addr=0) > x")
    for number in range(30):
        script.run(0, f"spin_lock(lock=mm 0.ptl) > x > < ; page_freed(pfn={number})")
    text = draw(script)
    assert "spin_lock" not in text
    assert "[ page 29 freed ]" in text


def test_calls_that_are_left_out_do_not_indent() -> None:
    script = Script().run(0, "do_munmap(addr=0) > x ; unmap_vmas(start=0) > x")
    for number in range(60):
        script.run(0, f"page_remove_rmap(pfn={number}) > x > <")
    text = draw(script.run(0, "tlb_flush_mmu() > page_freed(pfn=0)"))
    assert "\n   tlb_flush_mmu() [ page 0 freed ]\n" in text


def test_longer_races_lose_their_middle() -> None:
    script = Script().run(0, "do_munmap(addr=0) > x")
    for number in range(200):
        script.run(0, f"page_freed(pfn={number})")
    text = draw(script)
    assert "[ page 0 freed ]" in text
    assert "[ page 199 freed ]" in text
    assert " lines left out; --format json has every step" in text


def test_the_same_result_gives_the_same_bytes() -> None:
    assert race_table(result(lost_write())) == race_table(result(lost_write()))


def test_text_that_is_not_ascii_is_escaped() -> None:
    script = Script().run(0, "do_munmap(addr=0) > page_freed(pfn=0)")
    assert "caf\\xe9" in draw(script, message="café")


def test_patches_and_options_are_in_the_command() -> None:
    script = Script().run(0, "do_munmap(addr=0) > page_freed(pfn=0)")
    text = draw(
        script,
        without=("tlb_flush_split",),
        patches=("my zap.py",),
        overrides=("--bound", "NR_PAGES=2"),
        argument="dir/my_scenario.py",
    )
    said = " ".join(line.strip() for line in text.splitlines())
    assert (
        "reproduce: shootdown check dir/my_scenario.py --kernel v3.14 --without tlb_flush_split"
        " --patch 'my zap.py' --bound NR_PAGES=2" in said
    )


@pytest.mark.parametrize("seed", range(60))
def test_any_execution_keeps_the_promises(seed: int) -> None:
    chance = random.Random(seed)
    words = [
        *["x", "<", "spin_lock(lock=mm 0.page_table_lock) > x > <", "!lost_write"],
        *["tlb_filled(cpu=0, vpn=0, pfn=1, write=True)", "*unknown_event(a=1, b=page 0)"],
        *["a_rather_long_function_name(start=0, end=1)", "f() > x", "page_freed(pfn=3) > <"],
    ]
    script = Script()
    for _ in range(chance.randrange(1, 120)):
        cpu = chance.randrange(1 + seed % 5)
        kind = chance.choice(["kernel", "user", "mmu", "irq"])
        depth = len(script.stacks.get(f"{kind}{cpu}", [""]))
        word = chance.choice(words)
        if "<" not in word.split(" > ")[-1:] or depth > 1:
            script.run(cpu, word, kind=kind)
    if script.steps:
        draw(script)
