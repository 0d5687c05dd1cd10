# SPDX-License-Identifier: MIT
"""What follows from the events before: which TLB entries are stale, and what an entry said.

A TLB entry is stale from the moment at which its page-table entry changes until it is flushed or
dropped. An access through it is marked if the page-table entry would not have allowed it, or if
its page was freed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from shootdown.execution import Action, Step

__all__ = ["Machine", "short_name", "with_facts"]

_SHORT = (
    (re.compile(r"\bmm_struct\b"), "mm"),
    (re.compile(r"\bvm_area_struct\b"), "vma"),
    (re.compile(r"\baddress_space\b"), "mapping"),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """What the words depend on: whether there is one page, and where the address space ends."""

    has_one_page: bool = False
    addresses: int = 0


@dataclass(slots=True)
class _Entry:
    """A page-table entry as the events tell it; None: not known."""

    is_present: bool
    pfn: str = ""
    write: bool | None = None
    dirty: bool = False

    @property
    def rights(self) -> str:
        """The flags in words."""
        words = [] if self.write is None else ["rw" if self.write else "ro"]
        return " ".join([*words, "dirty" if self.dirty else "clean"])


@dataclass(slots=True)
class _Cached:
    """A TLB entry: what it maps, and whether its page-table entry has changed since."""

    entry: str
    pfn: str
    is_outdated: bool = False


@dataclass(slots=True)
class _Follower:
    """Follows the page tables and the TLBs through the events."""

    machine: Machine
    entries: dict[str, _Entry] = field(default_factory=dict)
    cached: dict[tuple[str, str], _Cached] = field(default_factory=dict)

    def facts(self, name: str, known: dict[str, str]) -> dict[str, str]:
        """Learn from an event, and return what else there is to say about it."""
        said = {"page": self.page(known["pfn"])} if "pfn" in known else {}
        entry = known.get("entry", "")
        if entry:
            said["entry"] = short_name(entry)
            said["upper"] = "" if entry.startswith("pte ") else "True"
        match name:
            case "pte_set" | "pte_cleared" | "huge_pmd_set" | "huge_pmd_cleared":
                said |= self._changed(name, entry, known)
            case "dirty_bit_set":
                self.entries.setdefault(entry, _Entry(True)).dirty = True
            case "tlb_filled":
                place = (known.get("cpu", ""), known.get("vpn", ""))
                self.cached[place] = _Cached(entry, known.get("pfn", ""))
                self._learn(entry, known)
            case "huge_tlb_filled" | "huge_tlb_dropped" | "huge_tlb_flushed":
                said |= self._huge(name, known)
            case "tlb_dropped":
                self.cached.pop((known.get("cpu", ""), known.get("vpn", "")), None)
            case "cr3_loaded":
                self._forget(known.get("cpu", ""), None)
            case "tlb_flushed":
                said |= self._flushed(known)
            case "access_made":
                said["stale_because"] = self._stale_because(known)
        return said

    def page(self, pfn: str) -> str:
        return "page" if self.machine.has_one_page else f"page {pfn}"

    def _learn(self, entry: str, known: dict[str, str]) -> None:
        dirty = known.get("dirty") == "True"
        self.entries[entry] = _Entry(
            True, known.get("pfn", ""), known.get("write") == "True", dirty
        )

    def _changed(self, name: str, entry: str, known: dict[str, str]) -> dict[str, str]:
        old = self.entries.get(entry)
        for cached in self.cached.values():
            if cached.entry == entry:
                cached.is_outdated = True
        if name.endswith("_set"):
            self._learn(entry, known)
            return {"now": self.entries[entry].rights}
        was = _Entry(True, write=old.write if old else None, dirty=known.get("dirty") == "True")
        self.entries[entry] = _Entry(False)
        return {"was": was.rights}

    def _huge(self, name: str, known: dict[str, str]) -> dict[str, str]:
        """Follow the translation of a huge page: one entry for all of its addresses."""
        start, end = known.get("start", ""), known.get("end", "")
        if not (start.isdecimal() and end.isdecimal()):
            return {}
        pages = range(int(start), int(end))
        cpu = known.get("cpu", "")
        self._forget(cpu, pages)
        if name == "huge_tlb_filled":
            shared = _Cached(f"pmd {start}", known.get("pfn", ""))
            self.cached |= {(cpu, str(vpn)): shared for vpn in pages}
            self._learn(f"pmd {start}", known)
        return {"first": start, "last": str(int(end) - 1)}

    def _flushed(self, known: dict[str, str]) -> dict[str, str]:
        start, end = known.get("start", ""), known.get("end", "")
        if not (start.isdecimal() and end.isdecimal()):
            return {}
        self._forget(known.get("cpu", ""), range(int(start), int(end)))
        if int(end) - int(start) == 1:
            return {"flushed": f"TLB {start}"}
        is_all = int(start) == 0 and 0 < self.machine.addresses <= int(end)
        return {"flushed": "whole TLB" if is_all else f"TLB {start}..{int(end) - 1}"}

    def _forget(self, cpu: str, vpns: range | None) -> None:
        for place in [p for p in self.cached if p[0] == cpu]:
            if vpns is None or not place[1].isdecimal() or int(place[1]) in vpns:
                del self.cached[place]

    def _stale_because(self, known: dict[str, str]) -> str:
        if known.get("stale") == "True":
            return f"{self.page(known['pfn'])} is freed"
        cached = self.cached.get((known.get("cpu", ""), known.get("vpn", "")))
        if cached is None or not cached.is_outdated:
            return ""
        now = self.entries.get(cached.entry, _Entry(False))
        if not now.is_present:
            return f"{cached.entry.partition(' ')[0] or 'pte'} is gone"
        if now.pfn != cached.pfn:
            return f"pte maps {self.page(now.pfn)}"
        if known.get("write") == "True" and not (now.write and now.dirty):
            return f"pte is {now.rights}"
        return ""


def with_facts(
    before: Sequence[Step], steps: Sequence[Step], machine: Machine
) -> tuple[list[Step], list[Step]]:
    """Return the setup and the steps with what the wording of their events needs to know."""
    follower = _Follower(machine)
    return _followed(follower, before), _followed(follower, steps)


def _followed(follower: _Follower, steps: Iterable[Step]) -> list[Step]:
    return [
        replace(step, actions=tuple(_informed(follower, action) for action in step.actions))
        for step in steps
    ]


def _informed(follower: _Follower, action: Action) -> Action:
    if action.kind != "event":
        return action
    known = dict(action.arguments)
    known |= follower.facts(action.text, known)
    return replace(action, arguments=tuple(known.items()))


def short_name(text: str) -> str:
    """Name records as kernel developers speak of them: `mm_struct 1` is `mm 1`."""
    for pattern, word in _SHORT:
        text = pattern.sub(word, text)
    return text
