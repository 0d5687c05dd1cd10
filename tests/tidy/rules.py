# SPDX-License-Identifier: MIT
"""Rules for every file, each a function from a source to its findings.

A pattern here is spelled so that it does not match its own text.
"""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator

from tests.tidy.tree import Function, Source

Rule = Callable[[Source], Iterator[str]]

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100

GPL_FOLDERS = ("src/shootdown/linux/", "src/shootdown/scenarios/")

MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])/(?:home|opt|root|tmp|Users|work|workspace)/")
PACKAGE_HOST = re.compile(
    r"\b(?:pypi\.(?:org|python\.org)|pythonhosted\.org|anaconda\.(?:com|org)"
    r"|registry\.npmjs\.org|crates\.io|proxy\.golang\.org|(?:deb|archive)\.(?:debian|ubuntu)\.)"
)
OPEN_END = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!.*#\d)")


def check_places(source: Source) -> Iterator[str]:
    """No text names a place on one person's machine, or where packages come from."""
    for number, line in enumerate(source.lines, 1):
        if found := MACHINE_PATH.search(line):
            yield source.at(number, f"machine path {found[0]!r}; use a relative path")
        if found := PACKAGE_HOST.search(line):
            yield source.at(number, f"package host {found[0]!r}; name the package alone")


def check_licence(source: Source) -> Iterator[str]:
    """The first line is the SPDX identifier of the folder's licence."""
    licence = "GPL-2.0-only" if source.path.startswith(GPL_FOLDERS) else "MIT"
    wanted = f"# SPDX-License-Identifier: {licence}"
    if not source.lines or source.lines[0] != wanted:
        yield source.at(1, f"the first line is not {wanted!r}")


def check_sizes(source: Source) -> Iterator[str]:
    """Files, functions and lines stay within what a reader can hold."""
    if len(source.lines) > FILE_LINES_MAX:
        yield source.at(1, f"{len(source.lines)} lines in a file, at most {FILE_LINES_MAX}")
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS_MAX:
            yield source.at(number, f"{len(line)} columns, at most {COLUMNS_MAX}")
    for function in source.functions():
        assert function.end_lineno is not None, "parsed code has positions"
        length = function.end_lineno - function.lineno + 1
        if length > FUNCTION_LINES_MAX:
            message = f"{function.name} has {length} lines, at most {FUNCTION_LINES_MAX}"
            yield source.at(function.lineno, message)


def check_star_imports(source: Source) -> Iterator[str]:
    """A reader can find where each name comes from."""
    for node in ast.walk(source.module):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield source.at(node.lineno, f"star import from {node.module}; name what is used")


def check_open_ends(source: Source) -> Iterator[str]:
    """A comment that promises work says which issue it belongs to."""
    remarks = [
        (token.start[0], token.string)
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline)
        if token.type == tokenize.COMMENT
    ]
    for docstring in source.docstrings():
        assert docstring.end_lineno is not None, "parsed code has positions"
        numbers = range(docstring.lineno, docstring.end_lineno + 1)
        remarks += [(number, source.lines[number - 1]) for number in numbers]
    for number, text in sorted(remarks):
        if found := OPEN_END.search(text):
            yield source.at(number, f"{found[0]} without the number of an issue, as in #12")


def check_docstrings(source: Source) -> Iterator[str]:
    """The library's modules, and the public names in them, say what they are for."""
    if not source.path.startswith("src/"):
        return
    if not ast.get_docstring(source.module):
        yield source.at(1, "the module has no docstring")
    for node in public_nodes(source.module.body):
        if not ast.get_docstring(node):
            yield source.at(node.lineno, f"{node.name} is public and has no docstring")


def public_nodes(body: list[ast.stmt]) -> Iterator[Function | ast.ClassDef]:
    """Find the public functions and classes of a body, and the methods of those classes."""
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if isinstance(node, Function) and speaks_for_itself(node):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from public_nodes(node.body)


def speaks_for_itself(function: Function) -> bool:
    """Whether another docstring covers a function: an overload, a setter, one of many visitors."""
    decorators = {decorator_name(decorator) for decorator in function.decorator_list}
    return bool(decorators & {"overload", "override", "setter"}) or function.name.startswith(
        "visit_"
    )


def decorator_name(decorator: ast.expr) -> str:
    """The last word of a decorator, called or not: `lang.kernel(before=X)` is `kernel`."""
    match decorator:
        case ast.Call(func=called):
            return decorator_name(called)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


TEXT_RULES: tuple[Rule, ...] = (check_places,)
PYTHON_RULES: tuple[Rule, ...] = (
    check_licence,
    check_sizes,
    check_star_imports,
    check_open_ends,
    check_docstrings,
)
