# SPDX-License-Identifier: MIT
"""The command line: exit codes, one clear message for bad input, and where text goes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from shootdown import api
from shootdown.cli.exits import Exit
from shootdown.cli.main import run
from shootdown.errors import InputError
from shootdown.execution import INTERRUPTED, Result, Verdict
from shootdown.report.json import SavedResult, encode
from tests.unit.report.executions import lost_write, result

VIOLATED = result(lost_write())
HOLDS = replace(
    VIOLATED,
    kernel="v3.15",
    verdict=Verdict.HOLDS,
    invariant="",
    declared="holds",
    execution=None,
)
OPEN = replace(HOLDS, verdict=Verdict.INCONCLUSIVE, reason="1,000 states were reached")
ABSENT = replace(HOLDS, verdict=Verdict.ABSENT, declared="absent")

Patcher = pytest.MonkeyPatch
Output = pytest.CaptureFixture[str]


def answer(monkeypatch: Patcher, *results: Result) -> None:
    """Let the engine answer with these results."""

    def check(scenarios: Sequence[str] = (), **options: object) -> Iterator[Result]:
        del scenarios, options
        return iter(results)

    monkeypatch.setattr(api, "check", check)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["chek"], 'Unknown command "chek". Did you mean "check"?'),
        (["check", "--kernl", "v3.14"], "Unknown option: --kernl. Did you mean --kernel?"),
        (["check", "--kernel"], "--kernel requires an argument"),
        (["check", "--format", "xml"], '"xml"'),
        (["check", "--max-states", "many"], "many"),
        (["check", "--bound", "NR_PAGES"], "--bound NR_PAGES: needs NAME=VALUE"),
        (["check", "--config", "CONFIG_SMP=maybe"], "--config CONFIG_SMP=maybe: needs NAME=VALUE"),
        (["check", "--max-memory", "lots"], "--max-memory lots: needs a size such as 500M"),
        (["list", "kernles"], 'Did you mean "kernels"?'),
        (["list"], "KIND"),
        (["show"], "NAME"),
        (["explain", "no/such.json"], "no/such.json: cannot be read: No such file or directory"),
        (["explain", os.devnull], f"{os.devnull}: not a saved execution"),
    ],
)
def test_bad_input_is_one_message_and_exit_2(
    words: list[str], message: str, capsys: Output
) -> None:
    assert run(words) == Exit.BAD_INPUT
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert len(err.splitlines()) <= 2
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "results", "code"),
    [
        (["zap+mkclean", "--kernel", "v3.14"], [VIOLATED], Exit.VIOLATED),
        (["zap+mkclean", "--kernel", "v3.15"], [HOLDS], Exit.HOLDS),
        (["zap+mkclean", "--kernel", "v3.15"], [OPEN], Exit.INCONCLUSIVE),
        (["zap+mkclean", "--kernel", "v3.15"], [ABSENT], Exit.SKIPPED),
        (["zap+mkclean"], [HOLDS, VIOLATED], Exit.HOLDS),
        (["zap+mkclean"], [OPEN, VIOLATED], Exit.INCONCLUSIVE),
        (["zap+mkclean"], [ABSENT], Exit.HOLDS),
        ([], [HOLDS, VIOLATED], Exit.HOLDS),
        (["--history"], [HOLDS, VIOLATED], Exit.HOLDS),
        ([], [HOLDS, replace(VIOLATED, declared="holds")], Exit.VIOLATED),
        (["my.py"], [replace(VIOLATED, declared="")], Exit.VIOLATED),
    ],
)
def test_exit_codes(
    words: list[str], results: list[Result], code: Exit, monkeypatch: Patcher, capsys: Output
) -> None:
    answer(monkeypatch, *results)
    assert run(["check", *words]) == code
    out, err = capsys.readouterr()
    assert max(map(len, out.splitlines())) <= 75
    if code in (Exit.VIOLATED, Exit.INCONCLUSIVE):
        assert "reproduce: shootdown check zap+mkclean --kernel v3" in out + err
    else:
        assert err == ""


def test_a_bare_check_draws_a_race_that_the_newest_kernel_prevents(
    monkeypatch: Patcher, capsys: Output
) -> None:
    planted = replace(VIOLATED, scenario="planted", declared="violated: lost_write")
    answer(monkeypatch, planted, HOLDS, VIOLATED)
    assert run(["check"]) == Exit.HOLDS
    assert "\nzap+mkclean:\n\nviolated: lost_write   kernel v3.14" in capsys.readouterr().out


def test_patch_shows_what_changes(monkeypatch: Patcher, capsys: Output) -> None:
    asked: dict[str, object] = {}

    def check_patch(patches: Sequence[str], *rest: object, **options: object) -> object:
        asked.update(options, patches=patches, rest=rest)
        return iter([(HOLDS, replace(VIOLATED, patches=("my_zap.py",)))])

    monkeypatch.setattr(api, "check_patch", check_patch)
    words = ["check", "--patch", "my_zap.py", "--bound", "NR_PAGES=2", "--config", "CONFIG_SMP=y"]
    assert run(words) == Exit.VIOLATED
    out, err = capsys.readouterr()
    assert asked["patches"] == ("my_zap.py",)
    assert asked["bounds"] == {"NR_PAGES": 2}
    assert asked["config"] == {"CONFIG_SMP": 1}
    assert "zap+mkclean  v3.15   holds  violated: lost_write" in out
    assert out.count("CPU0") == 1
    assert (out + err).count("--patch my_zap.py\n") == 1


def test_an_interrupted_patch_is_no_answer(monkeypatch: Patcher, capsys: Output) -> None:
    ended = replace(HOLDS, verdict=Verdict.INCONCLUSIVE, reason=INTERRUPTED)
    monkeypatch.setattr(api, "check_patch", lambda *_, **__: iter([(HOLDS, HOLDS), (ended, ended)]))
    assert run(["check", "--patch", "my_zap.py"]) == Exit.INTERRUPTED
    assert "zap+mkclean  v3.15   inconclusive  inconclusive" in capsys.readouterr().out


def test_json_goes_to_a_file_and_explain_draws_it(
    monkeypatch: Patcher, capsys: Output, tmp_path: Path
) -> None:
    answer(monkeypatch, VIOLATED)
    path = tmp_path / "race.json"
    words = ["check", "zap+mkclean", "--kernel", "v3.14", "--format", "json", "-o", str(path)]
    assert run(words) == Exit.VIOLATED
    assert capsys.readouterr().out == ""

    def explain(saved: SavedResult) -> Result:
        assert saved.schedule == lost_write().schedule
        return VIOLATED

    monkeypatch.setattr(api, "explain", explain)
    assert run(["explain", str(path)]) == Exit.HOLDS
    assert "*** LOST WRITE to page 0 ***" in capsys.readouterr().out


def test_explain_needs_an_execution(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "holds.json"
    path.write_text(encode([HOLDS]), encoding="ascii")
    assert run(["explain", str(path)]) == Exit.BAD_INPUT
    assert "has no execution" in capsys.readouterr().err


def test_errors_of_the_engine_keep_their_text_and_code(
    monkeypatch: Patcher, capsys: Output
) -> None:
    def show(name: str, *, kernel: str = "") -> str:
        raise InputError(f"{name}: no such function{kernel}\nhelp: did you mean `zap_pte_range`?")

    monkeypatch.setattr(api, "show", show)
    assert run(["show", "zap_pte"]) == Exit.BAD_INPUT
    assert capsys.readouterr().err == (
        "zap_pte: no such function\nhelp: did you mean `zap_pte_range`?\n"
    )


def test_our_bugs_ask_for_a_report(monkeypatch: Patcher, capsys: Output) -> None:
    def show(name: str, *, kernel: str = "") -> str:
        raise ZeroDivisionError(name + kernel)

    monkeypatch.setattr(api, "show", show)
    assert run(["show", "x"]) == Exit.OUR_BUG
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "please report" in err.splitlines()[-1]


def test_interrupted(monkeypatch: Patcher, capsys: Output) -> None:
    def show(name: str, *, kernel: str = "") -> str:
        raise KeyboardInterrupt(name + kernel)

    monkeypatch.setattr(api, "show", show)
    assert run(["show", "x"]) == Exit.INTERRUPTED
    assert capsys.readouterr().err == "shootdown: interrupted\n"


def test_list(monkeypatch: Patcher, capsys: Output) -> None:
    rows = (("v6.18", "the newest"), ("v3.14", "a long text " * 10))
    found = api.Catalogue(("kernel", "what"), rows)
    monkeypatch.setattr(api, "catalogue", lambda kind: found if kind == "kernels" else None)
    assert run(["list", "kernels"]) == Exit.HOLDS
    out = capsys.readouterr().out
    assert out.startswith("kernel  what\n------  ----\nv6.18   the newest\nv3.14   a long text")
    assert max(map(len, out.splitlines())) <= 75


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from shootdown.cli.main import run; assert run(['--help']) == 0;"
        "print(sorted({'llvmlite', 'msgspec', 'numpy', 'shootdown.api', 'shootdown.compiler'}"
        " & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stderr == "[]\n"
    assert "Exit codes:" in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 80


def test_a_reader_that_leaves_is_no_error() -> None:
    code = (
        "import sys; from shootdown import api, cli;"
        "api.show = lambda name, *, kernel: 'x\\n' * 100000;"
        "sys.argv = ['shootdown', 'show', 'f']; cli.main()"
    )
    script = '"$0" -c "$1" | head -n 1; exit ${PIPESTATUS[0]}'
    done = subprocess.run(
        ["bash", "-c", script, sys.executable, code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "x\n", "")
