# SPDX-License-Identifier: MIT
"""Mutations of the packaged kernel, tried on its smallest scenario, and the reasons on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shootdown import api
from shootdown.cli.exits import Exit
from shootdown.cli.main import run
from shootdown.errors import InputError
from shootdown.execution import Fate, Mutant, Mutation, Survey
from shootdown.mutate.reasons import (
    NOTICED_NOW,
    Reason,
    of_kernel,
    read_reasons,
    with_reasons,
)

SCENARIO = "zap+alone"
FUNCTIONS = ("tlb_flush_mmu", "__vm_munmap")
UNCACHED = api.Limits(use_cache=False)


def words(mutant: Mutant) -> tuple[str, str, str]:
    return mutant.fate.value, mutant.scenario, mutant.invariant


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_who_notices() -> None:
    survey = api.mutate([SCENARIO], functions=FUNCTIONS, limits=UNCACHED)
    found = list(survey.mutants)
    assert (survey.scenarios, survey.left_out) == ((SCENARIO,), ())
    assert len(found) == survey.count
    fates = {mutant.mutation.what: words(mutant) for mutant in found}
    assert fates["no tlb_flush_mmu_tlbonly(tlb)"] == ("noticed", SCENARIO, "stale_access")
    assert fates["no tlb_flush_mmu_free(tlb)"] == ("noticed", SCENARIO, "leak")
    assert fates["mmap_write_lock(mm) for reading only"] == ("noticed", SCENARIO, "guarded_field")


def test_other_processes_say_the_same_and_answers_are_kept() -> None:
    here = api.mutate([SCENARIO], functions=FUNCTIONS[:1])
    elsewhere = api.mutate([SCENARIO], functions=FUNCTIONS[:1], processes=2)
    assert list(here.mutants) == list(elsewhere.mutants)


def test_a_limit_leaves_it_open() -> None:
    survey = api.mutate([SCENARIO], limits=api.Limits(states_max=1, use_cache=False))
    assert survey.scenarios == ()
    assert survey.undecided == ((SCENARIO, "more than 1 states"),)
    assert list(survey.mutants) == []


def test_a_scenario_that_breaks_anyway_notices_nothing() -> None:
    survey = api.mutate(["zap+full-batch"], kernel="v3.14", limits=UNCACHED)
    assert survey.left_out == (("zap+full-batch", "violated: stale_access"),)


def test_unknown_scenario() -> None:
    with pytest.raises(InputError, match="no scenario is called 'zap'"):
        api.mutate(["zap"])


def mutant(what: str, fate: Fate) -> Mutant:
    return Mutant(Mutation("linux/a.py", 1, "f", what), fate)


REASONS = """
[[unnoticed]]
function = "f"
what = "no a()"
is_covered = true
why = "b() does it."

[[unnoticed]]
function = "f"
what = "no b()"
is_covered = false
why = "Nothing calls it."

[[unnoticed]]
function = "f"
what = "no a()"
is_covered = true
why = "So did c()."
kernels = ["v3.0", "v3.6"]
"""


def test_reasons() -> None:
    reasons = of_kernel(read_reasons(REASONS), "v6.18", newest="v6.18")
    assert reasons[0] == Reason("f", "no a()", is_covered=True, why="b() does it.")
    mutants = [
        mutant("no a()", Fate.UNNOTICED),
        mutant("no b()", Fate.UNNOTICED),
        mutant("no c()", Fate.UNNOTICED),
        mutant("no a()", Fate.NOTICED),
        mutant("no a()", Fate.INCONCLUSIVE),
    ]
    assert [(m.fate, m.reason) for m in with_reasons(iter(mutants), reasons)] == [
        (Fate.EXPLAINED, "b() does it."),
        (Fate.UNCOVERED, "Nothing calls it."),
        (Fate.UNNOTICED, ""),
        (Fate.NOTICED, NOTICED_NOW),
        (Fate.INCONCLUSIVE, ""),
    ]


@pytest.mark.parametrize(("kernel", "count"), [("v3.0", 1), ("v3.6", 1), ("v3.14", 0)])
def test_reasons_of_former_kernels(kernel: str, count: int) -> None:
    found = of_kernel(read_reasons(REASONS), kernel, newest="v6.18")
    assert [reason.why for reason in found] == ["So did c()."] * count


@pytest.mark.parametrize(
    ("fates", "code"),
    [
        ([Fate.NOTICED, Fate.EXPLAINED, Fate.UNCOVERED, Fate.INVALID, Fate.IDLE], Exit.HOLDS),
        ([Fate.NOTICED, Fate.INCONCLUSIVE], Exit.INCONCLUSIVE),
        ([Fate.INCONCLUSIVE, Fate.UNNOTICED], Exit.VIOLATED),
        ([Fate.UNNOTICED, None], Exit.INTERRUPTED),
    ],
)
def test_exit_codes(
    fates: list[Fate | None],
    code: Exit,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def mutants() -> Iterator[Mutant]:
        for fate in fates:
            if fate is None:
                raise KeyboardInterrupt
            yield mutant("no a()", fate)

    def mutate(*words: object, **options: object) -> Survey:
        return Survey("v6.18", (SCENARIO,), (), (), len(fates), mutants())

    monkeypatch.setattr(api, "mutate", mutate)
    assert run(["check", "--mutate", SCENARIO]) == code
    out, err = capsys.readouterr()
    assert out.startswith(f"kernel v6.18; scenarios, cheapest first: {SCENARIO}\n")
    assert ("interrupted after 1 of 2" in out) == (code == Exit.INTERRUPTED)
    assert err == ""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--patch", "x.py"], "--mutate and --patch do not go together"),
        (["--history"], "--mutate and --history do not go together"),
        (["--format", "json"], "--mutate and --format json do not go together"),
        (["--kernel", "v3.14", "--kernel", "v6.18"], "--mutate: one kernel at a time"),
        (["--kernel", "v9"], "kernel v9 is not modelled"),
    ],
)
def test_bad_input(given: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--mutate", *given]) == Exit.BAD_INPUT
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
