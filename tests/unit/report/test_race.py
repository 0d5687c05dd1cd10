# SPDX-License-Identifier: MIT
"""The race table's promises: its exact text, its width and length, and that nothing breaks it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from shootdown.report.race import LINES_MAX, race_table
from shootdown.report.wording import entry_text, event_wording
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

violated: lost_write   kernel v3.14, 3 CPUs, 28 steps, shortest

Before: CPU2: map the page and store to it.

 CPU0 (unmapper)           CPU1 (flusher)                CPU2 (writer)
 ---------------           --------------                -------------
 do_munmap(0, 1)
  zap_pte_range(0, 1)
   spin_lock(ptl)
   ptep_get_and_clear(0)
    [ pte 0: rw dirty
      -> none ]
                           writepage(page)
                            clear_page_dirty_for_io()
   set_page_dirty(page)
   spin_unlock(ptl)
                             page_mkclean(page)
                              spin_lock(ptl)
                              [ pte 0: none ]
                              spin_unlock(ptl)
                              [ no flush ]
                             [ PG_dirty cleared ]
                                                         store 0
                                                         [ stale TLB entry:
                                                           pte is gone ]
                            [ page -> disk ]
   tlb_flush_mmu()
    flush_tlb_mm_range()
     [ IPI -> CPU2 ]
                                                         <IPI>
                                                         [ TLB 0 flushed ]

*** LOST WRITE to page 0 ***
A store to a page never reaches the disk (invariants/lost_write.py:41)

fixed by 1cf35d47712d ("mm: split 'tlb_flush_mmu()' into tlb flushing and
memory freeing parts"), v3.15
declared: violated: lost_write (A01 / 1cf35d47712d)
reproduce: shootdown check zap+mkclean --kernel v3.14
""")


def test_two_cpus_leave_room_for_arguments() -> None:
    assert table_of(race_table(result(lost_write((0, 1, 1))))) == snapshot("""\

Before: CPU1: map the page and store to it.

 CPU0 (unmapper)                 CPU1 (flusher, writer)
 ---------------                 ----------------------
 do_munmap(0, 1)
  zap_pte_range(0, 1)
   spin_lock(ptl)
   ptep_get_and_clear(0)
    [ pte 0: rw dirty -> none ]
                                 flusher:
                                 writepage(page)
                                  clear_page_dirty_for_io(page)
   set_page_dirty(page)
   spin_unlock(ptl)
                                   page_mkclean(page)
                                    spin_lock(ptl)
                                    [ pte 0: none ]
                                    spin_unlock(ptl)
                                    [ no flush ]
                                   [ PG_dirty cleared ]
                                 writer:
                                 store 0 [ stale TLB entry: pte is gone ]
                                 flusher:
                                  [ page -> disk ]
   tlb_flush_mmu()
    flush_tlb_mm_range(0, 1)
     [ IPI -> CPU1 ]
                                 <IPI> [ TLB 0 flushed ]
""")


def test_four_cpus_have_columns_if_their_lines_are_short() -> None:
    script = Script()
    for cpu in (0, 3, 7, 11):
        script.run(cpu, "zap_pte_range(addr=0, end=1) > x ; page_freed(pfn=0) > <")
    assert table_of(draw(script)) == snapshot("""\

 CPU0 (kernel0)     CPU3 (kernel3)     CPU7 (kernel7)     CPU11 (kernel11)
 --------------     --------------     --------------     ----------------
 zap_pte_range()
  [ page freed ]
                    zap_pte_range()
                     [ page freed ]
                                       zap_pte_range()
                                        [ page freed ]
                                                          zap_pte_range()
                                                           [ page freed ]
""")


def test_one_cpu_and_a_cpu_that_does_nothing() -> None:
    script = Script().run(5, "do_munmap(addr=0) > x ; *slept(atomic=True) > !sleep_in_atomic ")
    text = draw(script, invariant="sleep_in_atomic", message="", fixed_by="", declared="")
    assert "\n" + text == snapshot("""\

violated: sleep_in_atomic   kernel v3.14, 2 CPUs, 2 steps, shortest

 CPU5 (kernel5)
 --------------
 do_munmap(0) [ may sleep, in atomic context ]

*** SLEEP IN ATOMIC CONTEXT ***
(invariants/lost_write.py:41)

found by the model: the scenario declares no verdict here
reproduce: shootdown check zap+mkclean --kernel v3.14
""")


def test_unknown_events_show_all_they_have() -> None:
    script = Script().run(0, "zap_pte_range(addr=0) > *batch_full(nr=8, tlb=mmu_gather 0) > <")
    assert table_of(draw(script)) == snapshot("""\

 CPU0 (kernel0)
 --------------
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
            "pte_set",
            [("entry", "pte 1"), ("page", "page 2"), ("now", "ro clean")],
            "pte 1: -> page 2, ro clean",
        ),
        ("pte_cleared", [("entry", "pte 1"), ("was", "clean")], "pte 1: clean -> none"),
        (
            "frame_kept",
            [("entry", "pte 1"), ("page", "page 2")],
            "pte 1: -> page 2, no access",
        ),
        ("block_noted", [("entry", "pte 1"), ("block", "0")], "pte 1: -> block 0"),
        ("block_forgotten", [("entry", "pte 1"), ("block", "0")], "pte 1: block 0 -> none"),
        (
            "block_written",
            [("page", "page 2"), ("block", "0"), ("lost", "False")],
            "page 2 -> block 0",
        ),
        (
            "block_written",
            [("page", "page 2"), ("block", "0"), ("lost", "True")],
            "page 2 -> block 0, which is free",
        ),
        (
            "block_read",
            [("page", "page 2"), ("block", "0"), ("lost", "True")],
            "block 0, whose contents are gone -> page 2",
        ),
        ("block_freed_twice", [("block", "1")], "block 1 freed again"),
    ],
)
def test_wording(name: str, arguments: list[tuple[str, str]], text: str) -> None:
    assert event_wording(name, arguments).text == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("entry_t()", "none"),
        ("entry_t(present=True, write=True)", "rw clean"),
        ("entry_t(present=True, dirty=True)", "ro dirty"),
        ("entry_t(write=True, dirty=True)", "no access, dirty"),
        ("entry_t(accessed=True, pfn=1)", "block 1"),
        ("entry_t(accessed=True)", "block 0"),
    ],
)
def test_entries(value: str, text: str) -> None:
    assert entry_text(value) == text


def test_lines_that_are_too_wide_share_a_column() -> None:
    name = "a_function_with_a_name_of_many_words"
    script = Script()
    for cpu in range(3):
        script.run(cpu, f"do_munmap() > {name}(addr=0) > page_freed(pfn={cpu}) > < ; x")
    assert table_of(draw(script)) == snapshot("""\

 CPU0 (kernel0), CPU1 (kernel1), CPU2 (kernel2)

 CPU0  do_munmap()
         a_function_with_a_name_of_many_words(0) [ page freed ]
 CPU1  do_munmap()
         a_function_with_a_name_of_many_words(0) [ page freed ]
 CPU2  do_munmap()
         a_function_with_a_name_of_many_words(0) [ page freed ]
""")


def test_a_name_that_no_line_can_hold_is_broken() -> None:
    name = "a_function_with_a_name_that_no_kernel_has_ever_given_to_any_of_its_functions"
    text = draw(Script().run(0, f"{name}(addr=123456789) > page_freed(pfn=0) > <"))
    assert name in "".join(line.strip() for line in text.splitlines())


def test_what_mkclean_finds_is_shown() -> None:
    script = Script().run(1, "page_mkclean(page=page 0) > x ; page_mapped(page=page 0) > x")
    script.run(1, "< False ; < False")
    assert table_of(draw(script)) == snapshot("""\

 CPU1 (kernel1)
 --------------
 page_mkclean(page 0) [ mapcount is 0 ]
   [ no flush ]
""")


def test_what_follows_the_last_decisive_event_is_one_line_a_task() -> None:
    script = Script().run(0, "do_munmap(addr=0) > x ; tlb_flush_mmu() > page_freed(pfn=0) > <")
    for _ in range(5):
        script.run(0, "unlock_page(page=page 1) > x > <")
    script.run(1, "writepage(page=page 1) > x ; <").run(0, "<")
    assert table_of(draw(script)) == snapshot("""\

 CPU0 (kernel0)                    CPU1 (kernel1)
 --------------                    --------------
 do_munmap(0)
   tlb_flush_mmu() [ page freed ]
                                   writepage()
""")


def test_an_aside_gives_way_to_what_its_step_decides() -> None:
    walk = "table_walked(cpu=0, vpn=0, table=0, freed=False)"
    filled = "tlb_filled(cpu=0, vpn=0, pfn=0, write=False, dirty=False)"
    script = Script().run(0, f"{walk} ; {walk} > {filled}")
    assert draw(script).count("MMU walks 0") == 1


def test_flushes_of_neighbours_are_one() -> None:
    script = Script().run(
        0, "flush_tlb_mm_range(start=0, end=2) > tlb_flushed(cpu=0, start=0, end=1)"
    )
    script.run(0, "tlb_flushed(cpu=0, start=1, end=2)")
    assert "flush_tlb_mm_range(0, 2) [ TLB 0..1 flushed ]" in draw(script)


def test_the_translation_of_a_huge_page_is_one_for_all_its_addresses() -> None:
    script = Script()
    script.run(0, "huge_tlb_filled(cpu=0, start=0, end=2, pfn=0, write=False, dirty=False)")
    script.run(1, "huge_pmd_cleared(table=0, slot=0, pfn=0, dirty=False, entry=pmd 0)")
    script.run(0, "access_made(cpu=0, vpn=1, pfn=0, write=False, stale=False)")
    script.run(0, "huge_tlb_dropped(cpu=0, start=0, end=2)")
    script.run(0, "access_made(cpu=0, vpn=1, pfn=0, write=False, stale=False)")
    assert table_of(draw(script)) == snapshot("""\

 CPU0 (kernel0)                           CPU1 (kernel1)
 --------------                           --------------
 [ TLB: 0..1 -> page, ro clean ]
                                          [ pmd 0: huge ro clean -> none ]
 load 1 [ stale TLB entry: pmd is gone ]
 [ TLB 0..1 dropped ]
 load 1
""")


def test_an_interrupt_that_flushes_nothing_says_so() -> None:
    script = Script().run(0, "flush_tlb_func(info=flush_tlb_info) > x > <", kind="irq")
    assert "<IPI> [ flushes nothing ]" in draw(script)


def test_a_gather_that_only_calls_another_is_not_named() -> None:
    script = Script().run(0, "do_munmap() > tlb_finish_mmu() > tlb_flush_mmu() > page_freed(pfn=0)")
    assert "tlb_finish_mmu" not in draw(script)


def test_who_is_stuck_waits_for_whom() -> None:
    a, b = "lock=mm_struct.page_table_lock", "lock=ptdesc 1.ptl"
    script = Script()
    for cpu, first, second in ((0, a, b), (1, b, a)):
        script.run(cpu, f"do_munmap() > spin_lock({first}) > *lock_taken() > <")
        script.run(cpu, f"spin_lock({second})")
    stuck = tuple(
        replace(step, stack=tuple(script.stacks[step.task]), actions=())
        for step in (script.steps[1], script.steps[3])
    )
    script.run(1, "!deadlock")
    execution = replace(script.execution(), stuck=stuck)
    text = race_table(result(execution, invariant="deadlock", message="nobody can move"))
    assert table_of(text) == snapshot("""\

 CPU0 (kernel0)                   CPU1 (kernel1)
 --------------                   --------------
 do_munmap()
   spin_lock(page_table_lock)
                                  do_munmap()
                                    spin_lock(ptl)
   spin_lock(ptl)
     [ waits: kernel1 holds it ]
                                    spin_lock(page_table_lock)
                                      [ waits: kernel0 holds it ]
""")


def test_two_tasks_of_a_cpu_are_told_apart() -> None:
    script = Script()
    for task in ("first", "second", "first"):
        script.run(0, "do_munmap() > page_freed(pfn=0) > <", task=task)
    assert table_of(draw(script)) == snapshot("""\

 CPU0 (first, second)
 --------------------
 first:
 do_munmap() [ page freed ]
 second:
 do_munmap() [ page freed ]
 first:
 do_munmap() [ page freed ]
""")


def test_long_races_lose_their_lightest_lines_first() -> None:
    script = Script().run(0, "do_munmap(addr=0) > x")
    for number in range(30):
        script.run(0, f"spin_lock(lock=ptdesc 1.ptl) > x > < ; page_freed(pfn={number})")
    text = draw(script)
    assert "spin_lock" not in text
    assert "[ page freed ]" in text


def test_calls_that_are_left_out_do_not_indent() -> None:
    script = Script().run(0, "do_munmap(addr=0) > x ; unmap_vmas(start=0) > x")
    for number in range(60):
        script.run(0, f"page_remove_rmap(pfn={number}) > x > <")
    text = draw(script.run(0, "tlb_flush_mmu() > page_freed(pfn=0)"))
    assert "\n   tlb_flush_mmu() [ page freed ]\n" in text


def test_longer_races_lose_their_middle() -> None:
    script = Script().run(0, "do_munmap(addr=0) > x")
    for number in range(200):
        script.run(0, f"table_freed(table={number})")
    text = draw(script)
    assert "[ table 0 freed ]" in text
    assert "[ table 199 freed ]" in text
    assert " lines left out; --format json has every step" in text


def test_the_same_result_gives_the_same_bytes() -> None:
    assert race_table(result(lost_write())) == race_table(result(lost_write()))


def test_text_that_is_not_ascii_is_escaped() -> None:
    script = Script().run(0, "do_munmap(addr=0) > page_freed(pfn=0)")
    assert "Caf\\xe9" in draw(script, message="café")


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
        *["x", "<", "spin_lock(lock=ptdesc 1.ptl) > *lock_taken() > <", "!lost_write"],
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
