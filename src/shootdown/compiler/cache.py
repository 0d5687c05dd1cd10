# SPDX-License-Identifier: MIT
"""Compiled programs on disk, found again by what they were made from."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from shootdown.compiler.source import PACKAGE

__all__ = ["digest", "load", "model_digest", "save"]

FOLDERS = ("compiler", "execution", "explore", "hw", "invariants", "lang", "linux", "scenarios")


def digest(parts: Iterable[object]) -> str:
    """Return a key for all that a compiled program depends on."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


@cache
def model_digest() -> str:
    """Return a key for the model and the compiler as they are installed."""
    total = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            total.update(str(path.relative_to(PACKAGE)).encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "shootdown"


def load(key: str) -> object:
    """Return what was saved under a key, or None; a damaged file counts as none."""
    try:
        return pickle.loads((_folder() / key[:2] / key).read_bytes())
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, ValueError):
        return None


def save(key: str, item: object) -> None:
    """Keep something under a key; where nothing can be written, nothing is kept."""
    folder = _folder() / key[:2]
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            pickle.dump(item, file, protocol=pickle.HIGHEST_PROTOCOL)
        Path(name).replace(folder / key)
