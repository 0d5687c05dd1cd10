# SPDX-License-Identifier: MIT
"""What is taken out of a function, how it is called, and what is left of the function."""

from __future__ import annotations

import ast

import pytest
from inline_snapshot import snapshot

from shootdown.compiler.diagnostics import Diagnostics
from shootdown.compiler.source import Library
from shootdown.compiler.world import FunctionDeclaration, World
from shootdown.mutate.find import Candidate, mutations

HOMES = {
    "pte_offset_map": "shootdown.linux.arch.x86.include.asm.pgtable",
    "ptep_get_and_clear": "shootdown.linux.arch.x86.include.asm.pgtable",
    "mmap_read_lock": "shootdown.linux.include.linux.mmap_lock",
    "mmap_read_unlock": "shootdown.linux.include.linux.mmap_lock",
}

HEADER = """\
from __future__ import annotations
from shootdown.lang import kernel

@kernel
def f(tlb: int) -> None:
"""


def found(body: str) -> list[Candidate]:
    """Return the mutations of a function with this body, which begins in line 6."""
    library = Library()
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    module = library.user_text("small.py", HEADER + lines)
    world = World(library, Diagnostics(), settings={}, features=frozenset())
    declaration = world.find(module, "f")
    assert isinstance(declaration, FunctionDeclaration)
    return mutations(declaration, HOMES)


def listed(body: str) -> list[str]:
    return [f"{c.mutation.line} {c.mutation.what}" for c in found(body)]


def left(body: str, what: str) -> str:
    """Return the imports and the body that remain after one of the mutations."""
    tree = ast.parse(next(c.patch for c in found(body) if c.mutation.what == what))
    function = tree.body[-1]
    assert isinstance(function, ast.FunctionDef)
    imports = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module != "__future__"]
    kept = [n for n in imports if n.module != "shootdown.lang"]
    return "\n".join(ast.unparse(node) for node in [*kept, *function.body])


ZAP = """
force_flush = False
pte = pte_offset_map_lock(pmd, addr)
vmf.ptl = pte_lockptr(pte)
if ptep_get(pte).dirty:
    set_page_dirty(page)
    force_flush = True
if force_flush:
    tlb_flush_mmu_tlbonly(tlb)
    tlb_flush_rmaps(tlb, vma)
pte_unmap_unlock(vmf.ptl)
tlb_flush_mmu(tlb)
return
"""


def test_everything_of_a_zap() -> None:
    assert listed(ZAP) == snapshot(
        [
            "7 no pte_offset_map_lock(pmd, addr) and pte_unmap_unlock(vmf.ptl)",
            "10 no set_page_dirty(page)",
            "11 no force_flush = True",
            "13 no tlb_flush_mmu_tlbonly(tlb)",
            "14 no tlb_flush_rmaps(tlb, vma)",
            "14 tlb_flush_rmaps(tlb, vma) before tlb_flush_mmu_tlbonly(tlb)",
            "15 pte_unmap_unlock(vmf.ptl) before tlb_flush_mmu_tlbonly(tlb)",
            "15 pte_unmap_unlock(vmf.ptl) before set_page_dirty(page)",
            "16 no tlb_flush_mmu(tlb)",
        ]
    )


def test_what_is_queued_is_freed_before_the_flush() -> None:
    body = """
tlb_flush(tlb)
if tlb_fast_mode():
    return
for slot in range(2):
    sd_free_slot(tlb, slot)
"""
    assert listed(body) == snapshot(
        [
            "6 no tlb_flush(tlb)",
            "7 return before tlb_flush(tlb)",
            "9 for slot in range(2): before tlb_flush(tlb)",
        ]
    )


def test_the_range_of_a_gather_is_not_noted() -> None:
    assert listed("tlb.start = addr\ninfo.end = addr\nsd_gather_range(tlb, 0, 1)") == snapshot(
        ["6 no tlb.start = addr", "8 no sd_gather_range(tlb, 0, 1)"]
    )


def test_a_lock_goes_with_its_unlock_and_the_lookup_stays() -> None:
    what = "no pte_offset_map_lock(pmd, addr) and pte_unmap_unlock(vmf.ptl)"
    assert left(ZAP, what) == snapshot(
        """\
from shootdown.linux.arch.x86.include.asm.pgtable import pte_offset_map
force_flush = False
pte = pte_offset_map(pmd, addr)
vmf.ptl = pte_lockptr(pte)
if ptep_get(pte).dirty:
    set_page_dirty(page)
    force_flush = True
if force_flush:
    tlb_flush_mmu_tlbonly(tlb)
    tlb_flush_rmaps(tlb, vma)
tlb_flush_mmu(tlb)
return\
"""
    )


def test_an_unlock_moves_before_the_flush_that_it_follows() -> None:
    what = "pte_unmap_unlock(vmf.ptl) before tlb_flush_mmu_tlbonly(tlb)"
    assert left(ZAP, what).splitlines()[-6:] == [
        "pte_unmap_unlock(vmf.ptl)",
        "if force_flush:",
        "    tlb_flush_mmu_tlbonly(tlb)",
        "    tlb_flush_rmaps(tlb, vma)",
        "tlb_flush_mmu(tlb)",
        "return",
    ]


def test_a_lock_that_the_caller_releases_goes_with_what_remembers_it() -> None:
    body = "pvmw.pte = pte_offset_map_lock(pmd, addr)\npvmw.ptl = pte_lockptr(pvmw.pte)\nreturn"
    what = "no pte_offset_map_lock(pmd, addr)"
    assert left(body, what).splitlines()[1:] == ["pvmw.pte = pte_offset_map(pmd, addr)", "return"]


def test_a_lock_that_another_function_releases_stays() -> None:
    assert listed("folio_lock(folio)\nreturn") == []


def test_a_write_lock_becomes_a_read_lock() -> None:
    body = "mmap_write_lock(mm)\nwork(mm)\nmmap_write_unlock(mm)"
    assert left(body, "mmap_write_lock(mm) for reading only") == snapshot(
        """\
from shootdown.linux.include.linux.mmap_lock import mmap_read_lock
from shootdown.linux.include.linux.mmap_lock import mmap_read_unlock
mmap_read_lock(mm)
work(mm)
mmap_read_unlock(mm)\
"""
    )


def test_locks_of_two_things_are_two_pairs() -> None:
    body = "spin_lock(a)\nspin_lock(b)\nspin_unlock(b)\nspin_unlock(a)"
    assert left(body, "no spin_lock(a) and spin_unlock(a)") == "spin_lock(b)\nspin_unlock(b)"


def test_a_value_is_found_without_the_flush() -> None:
    body = "entry = ptep_clear_flush(vma, address, ptep)"
    what = "ptep_get_and_clear() for ptep_clear_flush()"
    assert left(body, what).splitlines()[-1] == "entry = ptep_get_and_clear(ptep)"


def test_a_loop_that_restarts_runs_once() -> None:
    body = "while addr != end:\n    addr = zap(addr, end)"
    assert listed(body) == ["6 while addr != end: only once"]
    assert left(body, "while addr != end: only once").splitlines()[0] == "if addr != end:"
    assert listed("while addr != end:\n    zap(addr)\n    addr = next") == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "folio_get(folio)\nfolio_put(folio)",
            ["6 no folio_get(folio)", "6 no folio_get(folio) and folio_put(folio)"],
        ),
        ("page._refcount = page._refcount + 1", ["6 no _refcount + 1"]),
        ("page._refcount = 1", []),
    ],
)
def test_references(body: str, expected: list[str]) -> None:
    assert listed(body)[: len(expected)] == expected


def test_a_flush_and_the_next_statement_change_places() -> None:
    body = "tlb_flush(tlb)\nfree(tlb)\nif x:\n    tlb_flush(tlb)\n    return"
    assert listed(body) == [
        "6 no tlb_flush(tlb)",
        "7 free(tlb) before tlb_flush(tlb)",
        "9 no tlb_flush(tlb) (#2)",
    ]


def test_what_takes_pages_out_of_mappings_goes_and_what_keeps_others_out_comes_late() -> None:
    body = "inode.i_size = newsize\nunmap_mapping_range(inode, newsize)\ndone = True"
    assert listed(body) == snapshot(
        [
            "7 no unmap_mapping_range(inode, newsize)",
            "7 unmap_mapping_range(inode, newsize) before inode.i_size = newsize",
        ]
    )
    late = "unmap_mapping_range(inode, newsize)\ninode.i_size = newsize\ndone = True"
    assert left(body, "unmap_mapping_range(inode, newsize) before inode.i_size = newsize") == late


def test_a_lookup_may_come_before_a_flush() -> None:
    assert listed("hw_wait_for_ipis()\nrequest = record(call_data, 0)") == [
        "6 no hw_wait_for_ipis()"
    ]


def test_what_resets_a_force_stays() -> None:
    assert listed("force_flush = False\nfreed_tables = 0\ntlb.fullmm = full") == [
        "8 no tlb.fullmm = full"
    ]


def test_an_empty_function_is_left_when_all_is_gone() -> None:
    assert left("tlb_flush(tlb)", "no tlb_flush(tlb)") == "pass"


def test_lines_that_go_are_known_unless_something_moves() -> None:
    first, second = found("spin_lock(a)\nspin_unlock(\n    a\n)\ntlb_flush(b)")[:2]
    assert first.touched == (
        frozenset({"small.py:7", "small.py:8", "small.py:9"}),
        frozenset({"small.py:6"}),
    )
    assert second.touched == (frozenset({"small.py:10"}),)
    moved = found("tlb_flush(b)\nfree(b)")[1]
    assert (moved.mutation.what, moved.touched) == ("free(b) before tlb_flush(b)", ())
