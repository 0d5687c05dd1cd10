# SPDX-License-Identifier: MIT
"""Hand-made executions: a task is a script of calls, events and returns, a step each.

    zap_pte_range(addr=0) > page_freed(pfn=0) ; <

`>` goes on inside the same step, `;` ends it, `<` returns, `!name` is a violation, `name(...)`
an event if it is in `EVENTS` or starts with `*`, else a call; anything else is an access.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shootdown.execution import Action, Execution, Frame, Result, Step, Verdict
from shootdown.report.wording import EVENTS

__all__ = ["Script", "result"]

_CALL = re.compile(r"(\*?)(\w+)\((.*)\)$")


@dataclass
class Script:
    """Collects steps; every task keeps its stack."""

    names: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    stacks: dict[str, list[Frame]] = field(default_factory=dict)

    def run(self, cpu: int, text: str, *, task: str = "", kind: str = "kernel") -> Script:
        """Add the steps of one task on one CPU."""
        name = task or self.names.get(kind) or self.names.get(f"{kind}{cpu}") or f"{kind}{cpu}"
        stack = self.stacks.setdefault(name, [Frame(name, "scenario.py", 1)])
        for one in text.split(";"):
            began = tuple(stack)
            actions = tuple(_act(word.strip(), stack) for word in one.split(">") if word.strip())
            step = Step(name, kind, cpu, 0, "linux/mm/memory.py", 7, one.strip(), began, actions)
            self.steps.append(step)
        return self

    def before(self, cpu: int, text: str, *actions: str) -> Script:
        """Add a function of the setup, with its docstring and its events."""
        done = tuple(_act(action, []) for action in actions)
        self.steps.append(Step(f"setup{cpu}", "setup", cpu, 0, "scenario.py", 1, text, (), done))
        return self

    def execution(self, before: Script | None = None, *, cpus: int = 2) -> Execution:
        """Close the script."""
        schedule = tuple((step.cpu, step.choice) for step in self.steps)
        setup = tuple(before.steps) if before else ()
        return Execution("zap+mkclean", "v3.14", cpus, schedule, setup, tuple(self.steps))


def _act(word: str, stack: list[Frame]) -> Action:
    function = stack[-1].function if stack else ""
    where = (function, "linux/mm/memory.py", 7, len(stack))
    if word == "<" or word.startswith("< "):
        stack.pop()
        return Action("return", *where, text=word[2:])
    if word.startswith("!"):
        return Action("violation", *where, text=word[1:], arguments=(("pfn", "0"),))
    found = _CALL.match(word)
    if found is None:
        return Action("access", *where, text=word)
    pairs = [pair.partition("=") for pair in re.split(r", (?=\w+=)(?![^(]*\))", found[3]) if pair]
    arguments = tuple((name, text) for name, _, text in pairs)
    if found[1] or found[2] in EVENTS:
        return Action("event", *where, text=found[2], arguments=arguments)
    stack.append(Frame(found[2], "linux/mm/memory.py", 3, arguments, is_kernel=True))
    return Action(
        "call", found[2], "linux/mm/memory.py", 3, len(stack), "", arguments, is_kernel=True
    )


def result(execution: Execution | None = None, /, **changes: object) -> Result:
    """A violated result as the engine returns it, with what a test wants different."""
    base = Result(
        scenario="zap+mkclean",
        kernel="v3.14",
        without=(),
        config={"CONFIG_PREEMPTION": False},
        bounds={"NR_CPUS": 3, "NR_PAGES": 1},
        verdict=Verdict.VIOLATED,
        invariant="lost_write",
        site="invariants/lost_write.py:41",
        message="a store to a page never reaches the disk",
        declared="violated: lost_write",
        source="A01 / 1cf35d47712d",
        states=123456,
        transitions=234567,
        depth=61,
        seconds=0.25,
        deviations=12,
        fixed_by="1cf35d47712d (\"mm: split 'tlb_flush_mmu()' into tlb flushing and memory"
        ' freeing parts"), v3.15',
        execution=execution,
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # a wrong name or type fails the test


def lost_write(cpus: Sequence[int] = (0, 1, 2)) -> Execution:
    """The race of commit 1cf35d47712d, on the given CPUs."""
    zap, clean, user = cpus
    before = Script().before(
        user,
        "Map the page and store to it.",
        "pte_set(table=1, slot=0, pfn=0, write=True, dirty=True, entry=pte 0)",
        f"tlb_filled(cpu={user}, vpn=0, pfn=0, write=True, dirty=True, entry=pte 0)",
    )
    ptl = "lock=ptdesc 1.ptl"
    story = Script({"user": "writer", f"kernel{zap}": "unmapper", f"kernel{clean}": "flusher"})
    story.run(zap, "do_munmap(mm=mm_struct, addr=0, len=1) > x ; unmap_region(mm=mm_struct) > x")
    story.run(zap, "zap_pte_range(tlb=mmu_gather, vma=vm_area_struct, addr=0, end=1) > x")
    story.run(zap, f"spin_lock({ptl}) > *lock_taken() > < ")
    cleared = "pte_cleared(table=1, slot=0, pfn=0, dirty=True, entry=pte 0)"
    story.run(zap, f"ptep_get_and_clear(ptep=pte 0) > {cleared} > <")
    story.run(clean, "writepage(page=page) > x ; clear_page_dirty_for_io(page=page) > x")
    story.run(zap, "set_page_dirty(page=page) > page_dirtied(pfn=0) > <")
    story.run(zap, f"spin_unlock({ptl}) > *lock_released(owned=True) > <")
    story.run(clean, f"page_mkclean(page=page) > x ; spin_lock({ptl}) > *lock_taken() > <")
    story.run(clean, "ptep_get(ptep=pte 0) > x > < entry_t()")
    story.run(clean, f"spin_unlock({ptl}) > *lock_released(owned=True) > < > < False")
    story.run(clean, "page_cleaned(pfn=0) > <")
    access = f"access_made(cpu={user}, vpn=0, pfn=0, write=True, stale=False, entry=pte 0)"
    story.run(user, f"rest ; {access}", kind="user")
    story.run(clean, "disk_written(pfn=0)")
    story.run(
        zap, "tlb_flush_mmu(tlb=mmu_gather) > flush_tlb_mm_range(mm=mm_struct, start=0, end=1)"
    )
    story.run(zap, f"ipi_sent(cpu={zap}, targets={1 << user})")
    flushed = f"tlb_flushed(cpu={user}, start=0, end=1)"
    story.run(user, f"flush_tlb_func(info=flush_tlb_info) > {flushed} > <", kind="irq")
    story.run(zap, "x > < ; < ; < ; < ; up_write(sem=mm_struct.mmap_lock) > x > < ; <")
    story.run(clean, "x ; <")
    return story.execution(before, cpus=1 + max(cpus))
