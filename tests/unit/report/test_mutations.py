# SPDX-License-Identifier: MIT
"""The table of mutations: every fate has its row, and the counts stand below."""

from __future__ import annotations

from inline_snapshot import snapshot

from shootdown.execution import Fate, Mutant, Mutation, Survey
from shootdown.report.mutations import mutations_table

MEMORY = "linux/mm/memory.py"


def mutant(line: int, what: str, fate: Fate, **rest: str) -> Mutant:
    function = "zap_pte_range" if line < 150 else "zap_pmd_range"
    place = Mutation(MEMORY, line, function, what)
    scenario, invariant = rest.get("scenario", ""), rest.get("invariant", "")
    return Mutant(place, fate, scenario, invariant, rest.get("why", ""))


MUTANTS = [
    mutant(
        123,
        "no pte_offset_map_lock(...) and pte_unmap_unlock(ptl)",
        Fate.NOTICED,
        scenario="zap+mkclean-last",
        invariant="lost_write",
    ),
    mutant(
        134,
        "no tlb_flush_mmu_tlbonly(tlb)",
        Fate.NOTICED,
        scenario="zap+mkclean",
        invariant="lost_write",
        why="noticed now, and still listed among the unnoticed",
    ),
    mutant(135, "no tlb_flush_rmaps(tlb, vma)", Fate.EXPLAINED, why="It covers " + "much " * 20),
    mutant(136, "no x", Fate.UNCOVERED, why="Nothing truncates a file."),
    mutant(138, "no tlb_flush_mmu(tlb)", Fate.UNNOTICED, why="no scenario runs this line"),
    mutant(139, "no y", Fate.INVALID),
    mutant(140, "no z", Fate.IDLE),
    mutant(
        157,
        "while addr != next: only once",
        Fate.INCONCLUSIVE,
        scenario="zap+batches",
        why="more than 1,000 states",
    ),
]


def survey(count: int) -> Survey:
    left_out = (("zap+old", "violated: lost_write"),)
    undecided = (("zap+big", "more than 1,000 states"),)
    holding = ("zap+mkclean", "zap+mkclean-last")
    return Survey("v6.18", holding, left_out, undecided, count, iter(()))


def test_table() -> None:
    text = mutations_table(survey(len(MUTANTS)), MUTANTS)
    assert max(map(len, text.splitlines())) <= 75
    assert "\n" + text == snapshot("""\

kernel v6.18; scenarios, cheapest first: zap+mkclean, zap+mkclean-last
left out: zap+old (violated: lost_write, without a mutation)
left out: zap+big (more than 1,000 states, without a mutation)

linux/mm/memory.py: zap_pte_range()
  123  no pte_offset_map_lock(...) and pte_unmap_unlock(ptl)
                                               zap+mkclean-last: lost_write
  134  no tlb_flush_mmu_tlbonly(tlb)            zap+mkclean: lost_write
           noticed now, and still listed among the unnoticed
  135  no tlb_flush_rmaps(tlb, vma)             nobody notices
           It covers much much much much much much much much much much much
           much much much much much much much much much
  136  no x                                     nobody notices, not yet
           Nothing truncates a file.
  138  no tlb_flush_mmu(tlb)                    nobody notices !
           no scenario runs this line

linux/mm/memory.py: zap_pmd_range()
  157  while addr != next: only once            inconclusive: zap+batches
           more than 1,000 states

6 mutations: 2 noticed, 1 explained, 1 not yet covered, 1 unnoticed, 1
inconclusive; 1 more change nothing in this kernel; 1 more are no valid
programs.
""")


def test_interrupted() -> None:
    text = mutations_table(survey(100), MUTANTS[:1])
    assert text.splitlines()[-1].endswith("interrupted after 1 of 100.")


def test_nothing_to_mutate() -> None:
    assert mutations_table(survey(0), []).splitlines()[-1] == "0 mutations: none."
