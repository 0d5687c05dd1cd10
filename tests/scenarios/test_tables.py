# SPDX-License-Identifier: MIT
"""The race tables of real explorations, as readers see them."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot

from shootdown import api
from shootdown.report.json import decode, encode
from shootdown.report.race import LINES_MAX, race_table

ALL_KINDS = (
    "planted-double-free",
    "planted-early-free",
    "planted-early-table-free",
    "planted-irqs-off",
    "planted-leak",
    "planted-lock-kept",
    "planted-mkclean-no-flush",
    "planted-mkclean-unlocked",
    "planted-no-flush",
    "planted-sleep",
    "planted-wp-no-wait",
)


def table(scenario: str, kernel: str) -> str:
    """Check a scenario that a kernel violates; return what its table shows, without the frame.

    Saved and explained, it is the same table.
    """
    (result,) = api.check([scenario], kernels=[kernel])
    text = race_table(result)
    (saved,) = decode(encode([result]).encode(), name="race.json")
    assert race_table(api.explain(saved)) == text
    lines = text.splitlines()
    assert text.isascii()
    assert len(lines) <= LINES_MAX
    assert max(map(len, lines)) <= 75
    return "\n" + text.partition("\n\n")[2].partition("***\n")[0] + "***\n"


def test_set_page_dirty_races_with_page_mkclean() -> None:
    assert table("zap+mkclean", "v3.14") == snapshot("""\

Before: CPU1: map the page twice, load through the second mapping, and
  store through the first. CPU0: run in the same process.

 CPU0 (unmapper)           CPU1 (writer)       CPU2 (flusher)
 ---------------           -------------       --------------
 sys_munmap(0, 1)
  zap_pte_range(0, 1)
   spin_lock(ptl)
   ptep_get_and_clear(0)
    [ pte 0: rw dirty
      -> none ]
   set_page_dirty(page)
   page_remove_rmap(page)
   spin_unlock(ptl)
  tlb_flush_mmu()
   flush_tlb_mm_range()
    [ TLB 0 flushed ]
    [ IPI -> CPU1 ]
                                               do_writepages()
                                                clear_page_dirty_for_io()
                                                 page_mkclean(page)
                                                  spin_lock(ptl)
                                                  [ pte 1: ro clean ]
                                                  spin_unlock(ptl)
                                                  [ no flush ]
                                                 [ PG_dirty cleared ]
                                                [ page -> disk ]
                           store 0
                           [ stale TLB entry:
                             pte is gone ]
                           <IPI>
                           [ TLB 0 flushed ]

*** LOST WRITE to page 0 ***
""")


def test_page_mkclean_finds_no_mapping() -> None:
    assert table("zap+mkclean-last", "v6.1") == snapshot("""\

Before: CPU1: map the page and store to it. CPU0: run in the same process.

 CPU0 (unmapper)            CPU1 (writer)       CPU2 (flusher)
 ---------------            -------------       --------------
 sys_munmap(0, 1)
  zap_pte_range(0, 1)
   spin_lock(ptl)
   ptep_get_and_clear(0)
    [ pte 0: rw dirty
      -> none ]
   set_page_dirty(page)
   page_remove_rmap(page)
   tlb_flush_mmu_tlbonly()
    flush_tlb_mm_range()
     [ IPI -> CPU1 ]
                                                do_writepages()
                                                 folio_clear_dirty_for_io()
                                                  folio_mkclean(page)
                                                   [ mapcount is 0 ]
                                                   [ no flush ]
                                                  [ PG_dirty cleared ]
                                                 [ page -> disk ]
                            store 0
                            [ stale TLB entry:
                              pte is gone ]
                            <IPI>
                            [ TLB 0 flushed ]
     [ TLB 0 flushed ]
 ... sys_munmap() returns

*** LOST WRITE to page 0 ***
""")


def test_a_table_is_walked_after_it_was_freed() -> None:
    assert table("zap+table", "v3.15") == snapshot("""\

Before: CPU1: map the page and store to it. CPU0: run in the same process.

 CPU0 (unmapper)                    CPU1
 ---------------                    ----
 sys_munmap(0, 1)
   zap_pte_range(0, 1)
     spin_lock(ptl)
     ptep_get_and_clear(0)
       [ pte 0: rw dirty -> none ]
     set_page_dirty(page)
     page_remove_rmap(page)
     tlb_flush_mmu_tlbonly()
       flush_tlb_mm_range(0, 1)
         [ TLB 0 flushed ]
         [ IPI -> CPU1 ]
                                    <IPI> [ TLB 0 flushed ]
                                    [ MMU walks 0: reads table 0 ]
     spin_unlock(ptl)
   free_pgtables(0, 4)
     [ pmd 0: table 1 -> none ]
   tlb_flush_mmu()
     tlb_flush_mmu_tlbonly()
       flush_tlb_mm_range(1, 1)
         [ IPI -> CPU1 ]
                                    <IPI> [ flushes nothing ]
     tlb_flush_mmu_free()
       [ table 1 freed ]
                                    [ MMU walks 0: table 1 is freed ]

*** USE OF A FREED PAGE TABLE ***
""")


def test_a_full_batch_is_freed_before_its_flush() -> None:
    assert table("zap+full-batch", "v3.14") == snapshot("""\

Before: CPU1: take fresh memory and store to it. CPU0: run in the same
  process.

 CPU0 (unmapper)                 CPU1 (user)
 ---------------                 -----------
 sys_munmap(0, 1)
  zap_pte_range(0, 1)
   spin_lock(ptl)
   ptep_get_and_clear(0)
    [ pte 0: rw dirty -> none ]
   page_remove_rmap(page)
   spin_unlock(ptl)
   tlb_flush_mmu()
    flush_tlb_mm_range(0, 0)
     [ IPI -> CPU1 ]
                                 <IPI> [ flushes nothing ]
    [ page freed ]
  zap_pte_range(0, 1)
   spin_lock(ptl)
                                 load 0 [ stale TLB entry: page is freed ]

*** ACCESS THROUGH A STALE TRANSLATION to page 0 ***
""")


def test_four_cpus_share_a_column() -> None:
    assert table("zap+mkclean-reader", "v3.14") == snapshot("""\

Before: CPU2: read the file, map its page and load from it, then leave the
  CPU to the flusher. CPU1: map the page and store to it. CPU3: run in the
  same process. CPU0: run in the same process.

 CPU0 (unmapper), CPU1 (writer), CPU2 (flusher)

 CPU0  sys_munmap(0, 1)
         zap_pte_range(0, 1)
           spin_lock(ptl of mm 0)
           ptep_get_and_clear(0) [ pte 0 of mm 0: rw dirty -> none ]
           set_page_dirty(page)
           page_remove_rmap(page)
           spin_unlock(ptl of mm 0)
         tlb_flush_mmu()
           flush_tlb_mm_range(0, 1) [ TLB 0 flushed ]
             [ IPI -> CPU1, CPU3 ]
 CPU3  <IPI> [ TLB 0 flushed ]
 CPU2  do_writepages()
         clear_page_dirty_for_io(page)
           page_mkclean(page)
             spin_lock(ptl of mm 1)
             [ pte 0 of mm 1: ro clean ]
             spin_unlock(ptl of mm 1)
             [ no flush ]
           [ PG_dirty cleared ]
         [ page -> disk ]
 CPU1  store 0 [ stale TLB entry: pte is gone ]
       <IPI> [ TLB 0 flushed ]

*** LOST WRITE to page 0 ***
""")


def test_who_waits_for_whom_in_a_deadlock() -> None:
    assert table("planted-irqs-off", "v6.18") == snapshot("""\

Before: CPU1: take fresh memory and map a page of a file; store to both.
  CPU0: run in the same process.

 CPU0 (unmapper)                     CPU1 (flusher)
 ---------------                     --------------
 sys_munmap(0, 1)
  zap_pte_range(0, 1)
   spin_lock(ptl)
   ptep_get_and_clear(0)
    [ pte 0: rw dirty -> none ]
   folio_remove_rmap_ptes(page 1)
   spin_unlock(ptl)
  tlb_flush_mmu_tlbonly()
   flush_tlb_mm_range(0, 1)
    [ IPI -> CPU1 ]
    [ TLB 0 flushed ]
    sd_wait_for_request()
     local_irq_disable()
                                     do_writepages()
                                      folio_clear_dirty_for_io(page 0)
                                       folio_mkclean(page 0)
                                        spin_lock(ptl)
                                        ptep_clear_flush(1)
                                         [ pte 1: rw dirty -> none ]
                                         flush_tlb_mm_range(1, 2)
                                          [ IPI -> CPU0 ]
                                          [ whole TLB flushed ]
                                          sd_wait_for_request()
                                           local_irq_disable()
     [ waits: IPI to CPU1 pending ]
                                           [ waits: IPI to CPU0 pending ]

*** DEADLOCK ***
""")


def test_a_lock_that_is_kept() -> None:
    assert table("planted-lock-kept", "v6.18") == snapshot("""\

Before: CPU0: take fresh memory and store to it.

 CPU0 (forgetful_unmapper)
 -------------------------
 sys_munmap(0, 1)
   zap_pmd_range(0, 1)
     spin_lock(ptl)
   free_pgtables(0, 4) [ pmd 0: table 1 -> none ]
   tlb_flush_mmu()
     tlb_flush_mmu_tlbonly()
       flush_tlb_mm_range(0, 1) [ TLB 0 flushed ]
     tlb_flush_mmu_free() [ table 1 freed ]
 [ returns with ptl held ]

*** MISUSE OF A LOCK ***
""")


def test_a_call_that_may_sleep_under_a_spinlock() -> None:
    assert table("planted-sleep", "v6.18") == snapshot("""\

Before: CPU0: take fresh memory and store to it.

 CPU0 (sleeping_unmapper)
 ------------------------
 sys_munmap(0, 1)
   zap_pte_range(0, 1)
     spin_lock(ptl)
     ptep_get_and_clear(0) [ pte 0: rw dirty -> none ]
     folio_remove_rmap_ptes(page)
       folio_lock(page) [ may sleep, in atomic context ]

*** SLEEP IN ATOMIC CONTEXT ***
""")


@pytest.mark.parametrize("scenario", ALL_KINDS)
def test_no_table_shows_words_of_the_model(scenario: str) -> None:
    text = table(scenario, "v6.18")
    strange = ("entry_t", "mm_struct", "ptdesc", "vm_area", "address_space", "_info", "=")
    assert not [word for word in strange if word in text]
