# SPDX-License-Identifier: MIT
"""Each rule finds a small bad input, and accepts its good twin."""

import textwrap
from pathlib import Path

import pytest

from tests.tidy import model_rules, rules
from tests.tidy.duplicates import find_duplicates
from tests.tidy.rules import Rule
from tests.tidy.tree import Source, read_sources

LIBRARY = "src/shootdown/report/race.py"
KERNEL = "src/shootdown/linux/mm/memory.py"
SCENARIO = "src/shootdown/scenarios/zap.py"


def findings(rule: Rule, text: str, *, path: str = LIBRARY) -> list[str]:
    """Apply one rule to a text; findings come without the path."""
    source = Source(path, textwrap.dedent(text))
    return [finding.removeprefix(f"{path}:") for finding in rule(source)]


@pytest.mark.parametrize("folder", ["work", "root", "tmp", "home", "opt", "Users"])
def test_machine_paths(folder: str) -> None:
    path = f"/{folder}/"
    for text in (f"see {path}x", f"{path}x", f'open("{path}x")', f"HOME={path}x"):
        assert findings(rules.check_places, f"\n{text}", path="README.md") == [
            f"2: machine path {path!r}; use a relative path"
        ]
    for text in (f"src{path}x", f"..{path}x", f"$HOME{path}x", f"//{folder}/x", f"/{folder}s/x"):
        assert findings(rules.check_places, text, path="README.md") == []


@pytest.mark.parametrize("host", [("pypi", "org"), ("files", "pythonhosted", "org")])
def test_package_hosts(host: tuple[str, ...]) -> None:
    (found,) = findings(rules.check_places, f"https://{'.'.join(host)}/simple", path="docs/x.md")
    assert found.startswith("1: package host ")
    assert findings(rules.check_places, "https://docs.kernel.org/mm", path="docs/x.md") == []


@pytest.mark.parametrize(
    ("path", "licence", "other"),
    [
        (LIBRARY, "MIT", "GPL-2.0-only"),
        ("tests/scenarios/test_zap.py", "MIT", "GPL-2.0-only"),
        (KERNEL, "GPL-2.0-only", "MIT"),
        (SCENARIO, "GPL-2.0-only", "MIT"),
    ],
)
def test_licence(path: str, licence: str, other: str) -> None:
    line = "# SPDX-License-Identifier: "
    wanted = [f"1: the first line is not {line + licence!r}"]
    assert findings(rules.check_licence, f"{line}{licence}\n", path=path) == []
    for text in ("", f"{line}{other}\n", f"\n{line}{licence}\n", f"{line}{licence} \n"):
        assert findings(rules.check_licence, text, path=path) == wanted


def test_sizes() -> None:
    assert findings(rules.check_sizes, "x = 1\n" * 600) == []
    assert findings(rules.check_sizes, "x = 1\n" * 601) == ["1: 601 lines in a file, at most 600"]
    assert findings(rules.check_sizes, f"#{'x' * 99}\n") == []
    assert findings(rules.check_sizes, f"\n#{'x' * 100}\n") == ["2: 101 columns, at most 100"]
    method = "class C:\n    def f(self):\n"
    assert findings(rules.check_sizes, method + "        pass\n" * 69) == []
    assert findings(rules.check_sizes, method + "        pass\n" * 70) == [
        "2: f has 71 lines, at most 70"
    ]


def test_star_imports() -> None:
    assert findings(rules.check_star_imports, "from typing import Any\n") == []
    assert findings(rules.check_star_imports, "\nfrom typing import *\n") == [
        "2: star import from typing; name what is used"
    ]


def test_open_ends() -> None:
    assert findings(rules.check_open_ends, "x = 'TODO'  # TODO(#12): flush\n") == []
    assert findings(rules.check_open_ends, "x = 1  # TODO flush\n# fixme not\n# FIXME: #x\n") == [
        "1: TODO without the number of an issue, as in #12",
        "3: FIXME without the number of an issue, as in #12",
    ]
    assert findings(rules.check_open_ends, 'def f():\n    """Do.\n\n    TODO more.\n    """\n') == [
        "4: TODO without the number of an issue, as in #12",
    ]


def test_docstrings() -> None:
    text = '''
        class Public:
            def method(self): ...
            def _method(self): ...
            @overload
            def other(self): ...
            @value.setter
            def value(self, value): ...
            def visit_Name(self, node): ...

        class _Private:
            def method(self): ...

        def function():
            def inner(): ...

        def documented():
            """Do it."""
    '''
    assert findings(rules.check_docstrings, text) == [
        "1: the module has no docstring",
        "2: Public is public and has no docstring",
        "3: method is public and has no docstring",
        "14: function is public and has no docstring",
    ]
    assert findings(rules.check_docstrings, text, path="tests/unit/test_race.py") == []


@pytest.mark.parametrize("decorator", ["kernel", "lang.kernel", "kernel(before=X)"])
def test_kernel_docstrings(decorator: str) -> None:
    def check(name: str, docstring: str, path: str = KERNEL) -> list[str]:
        text = f'@{decorator}\ndef {name}():\n    """Do.\n\n{docstring}    """\n'
        return findings(model_rules.check_kernel_docstrings, text, path=path)

    rest = "    Context: any.\n    Deviates: nothing.\n"
    theirs = f"    Kernel: mm/memory.c, v6.18\n{rest}"
    ours = f"    Kernel: none (bookkeeping)\n{rest}"
    assert check("zap", theirs) == check("sd_zap", ours) == []
    assert check("zap", "", path=LIBRARY) == []
    assert check("zap", "    Kernel: mm/memory.c\n    Context:\n") == [
        "2: zap does not say 'Context:'",
        "2: zap does not say 'Deviates:'",
    ]
    assert check("zap", ours) == ["2: zap is not the kernel's; call it sd_..."]
    assert check("sd_zap", theirs) == [
        "2: sd_zap follows the kernel: use its name, or say 'Kernel: none'"
    ]


def test_plain_functions_need_no_kernel_sections() -> None:
    assert findings(model_rules.check_kernel_docstrings, "def f(): ...\n", path=KERNEL) == []


@pytest.mark.parametrize(
    "text",
    [
        'if has("v3.15"): ...',
        "if LINUX_VERSION_CODE < KERNEL_VERSION(3, 15, 0): ...",
        'x = 1 if kernel == "6.18" else 2',
        "match kernel.version:\n    case _: ...",
        '@kernel(before="v3.15-rc1")\ndef f(): ...',
    ],
)
def test_versions(text: str) -> None:
    (found,) = findings(model_rules.check_versions, text, path=KERNEL)
    assert found.startswith("1: decides by release (")
    assert findings(model_rules.check_versions, text, path=LIBRARY) == []


def test_features_and_labels_are_no_versions() -> None:
    text = 'if has(TLB_FLUSH_SPLIT): ...\nRELEASES = {"v3.15": TLB_FLUSH_SPLIT}\n'
    assert findings(model_rules.check_versions, text, path=KERNEL) == []


def test_model_imports() -> None:
    good = """
        from __future__ import annotations
        from typing import Final
        from shootdown.lang import kernel
        from shootdown.linux.mm import rmap
        from shootdown import hw
    """
    bad = "import os\nfrom shootdown import api\nfrom . import x\nimport shootdown.language\n"
    assert findings(model_rules.check_imports, good, path=SCENARIO) == []
    assert findings(model_rules.check_imports, bad, path=LIBRARY) == []
    assert findings(model_rules.check_imports, bad, path=SCENARIO) == [
        "1: model code imports os; it may use shootdown.lang",
        "2: model code imports shootdown.api; it may use shootdown.lang",
        "3: model code imports .; it may use shootdown.lang",
        "4: model code imports shootdown.language; it may use shootdown.lang",
    ]


def run(*names: str) -> str:
    """Some lines of code, one a name."""
    return "".join(f"    {name} = 1  # {len(names)} lines\n" for name in names)


def duplicates(first: str, second: str, *, folder: str = "src/shootdown/") -> list[str]:
    """Compare two functions that differ in their first line."""
    sources = [
        Source(f"{folder}a.py", f"def f():\n{first}"),
        Source(f"{folder}b.py", f'def g():\n    """Do it."""\n{second}'),
    ]
    return list(find_duplicates(sources))


def test_duplicates_are_reported_once_and_whole() -> None:
    assert duplicates(run(*"abcde"), run(*"abcde")) == []
    assert duplicates(run(*"xabcdefg"), run(*"abcdefgy")) == [
        "src/shootdown/a.py:3: 7 lines equal those at src/shootdown/b.py:3; make them a function"
    ]


def test_duplicates_ignore_layout_but_not_order() -> None:
    spread = "\n    # why\n" + run(*"abc").replace(" = ", "  =  ") + "\n" + run(*"def")
    assert len(duplicates(run(*"abcdef"), spread)) == 1
    assert duplicates(run(*"abcdef"), run(*"abcdfe")) == []


def test_duplicates_ignore_imports_tables_and_brackets() -> None:
    imports = "".join(f"    import {name}\n" for name in "abcdef")
    table = "    EXPECT = {\n" + "".join(f"        {n}: {n},\n" for n in range(9)) + "    }\n"
    brackets = "    x = [[[[[[\n" + "    ]\n" * 6
    for text in (imports, table, brackets):
        assert duplicates(text, text) == []


def test_duplicates_end_where_a_task_begins() -> None:
    text = "".join(
        f"@task(cpu={cpu})\ndef task_{cpu}() -> None:\n{run('a', 'b')}" for cpu in range(4)
    )
    first, second = (Source(f"src/shootdown/{name}.py", text) for name in "ab")
    assert list(find_duplicates([first, second])) == []
    longer = [Source(one.path, one.text + run(*"cdef")) for one in (first, second)]
    assert len(list(find_duplicates(longer))) == 1


def test_duplicates_may_be_allowed() -> None:
    text = f"def f():\n{run(*'abcdef')}"
    sources = [Source("a.py", text), Source("b.py", text)]
    assert list(find_duplicates(sources, allowed=frozenset({frozenset({"a.py", "b.py"})}))) == []
    newest = Source("src/shootdown/linux/mm/memory.py", text)
    former = Source("src/shootdown/linux/history/memory.py", text)
    assert list(find_duplicates([newest, former])) == []
    assert len(list(find_duplicates([Source(LIBRARY, text), former]))) == 1


def test_sources_are_read_without_git(tmp_path: Path) -> None:
    for path in ("src/a.py", ".cache/b.py", "src/__pycache__/c.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "src/d.bin").write_bytes(b"\xff\xfe")
    assert read_sources(tmp_path) == [Source("src/a.py", "x = 1\n")]
