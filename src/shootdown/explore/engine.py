# SPDX-License-Identifier: MIT
"""From a request to a verdict: compiled or found in the cache, explored, and replayed if broken."""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shootdown.compiler import cache
from shootdown.compiler.artifact import Artifact, SiteText, artifact_of
from shootdown.compiler.coverage import reached
from shootdown.compiler.emit import emit
from shootdown.compiler.llvm import Native, compile_alone, compile_object, host
from shootdown.compiler.program import Program, Request, build
from shootdown.execution import Execution, Step
from shootdown.explore.native import Faster, Limits, Outcome, Progress, Search, loop_text
from shootdown.explore.replay import Recorder, record, record_setup, schedule_of
from shootdown.explore.shortest import Path, fewest_switches
from shootdown.explore.values import Namer

__all__ = ["Answer", "Job", "replay"]

BUILDS_KEPT = 100
"""Programs that are built before garbage is looked for: each leaves about two megabytes."""
_builds = itertools.count(1)

PATIENCE_S = 8e-6
"""Seconds for each byte of machine code before a search asks for better: as long as that takes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an exploration found: counts, and the race with the site that it ends at."""

    outcome: Outcome
    artifact: Artifact
    site: SiteText | None = None
    execution: Execution | None = None
    reached: frozenset[str] = frozenset()
    unreached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Code:
    """LLVM text, and how to make machine code of it; programs may share it."""

    text: str
    make: Callable[[str], bytes]

    @property
    def key(self) -> str:
        """What the machine code is kept under."""
        return cache.digest([host(), self.text])

    def found(self, *, loads: bool, saves: bool) -> bytes:
        """Return the machine code, made once or found in the cache."""
        key = self.key
        found = cache.load(key) if loads else None
        if isinstance(found, bytes):
            return found
        made = self.make(self.text)
        if saves:
            cache.save(key, made)
        return made


def _compile_loop(text: str) -> bytes:
    return compile_object(text, level=0)


@dataclass(eq=False, slots=True)
class Job:
    """One program to explore. It is compiled at most once, and only as far as needed.

    `is_passing` is one that nobody will ask for again: of it nothing is kept on disk.
    """

    request: Request
    kernel: str
    use_cache: bool = True
    is_passing: bool = False
    program: Program | None = None
    before: Sequence[Step] = ()
    code: Artifact | None = None

    @property
    def key(self) -> str:
        """A key for the request, in which each feature counts."""
        return cache.digest([self._family, sorted(self.request.features)])

    @property
    def _family(self) -> str:
        """What the programs of this request under all kernels are listed under."""
        request = self.request
        return cache.digest(
            [
                cache.model_digest(),
                host(),
                request.scenario.name,
                request.scenario.text,
                *(patch.text for patch in request.patches),
                sorted(request.settings.items()),
                request.reduce,
            ]
        )

    @property
    def _code_key(self) -> str:
        """What the machine code is kept under: kernels with the same program share it."""
        return cache.digest([self._family, sorted(self.artifact().features.items())])

    def built(self) -> Program:
        """Return the program with its syntax, compiling it now if that was not needed so far."""
        if self.program is None:
            recorder = Recorder()

            def observe(program: Program) -> Recorder:
                recorder.namer = Namer(program)
                return recorder

            if next(_builds) % BUILDS_KEPT == 0 and not gc.isenabled():
                gc.collect()
            self.program = build(self.request, observe)
            self.before = record_setup(self.program, recorder.take())
        return self.program

    def artifact(self) -> Artifact:
        """Return the machine code of the program, made once or found in the cache."""
        if self.code is None:
            self.code = self._made()
        return self.code

    def _made(self) -> Artifact:
        is_kept = self.use_cache and not self.is_passing
        found = self._kept() if is_kept else None
        if found is not None:
            return found
        program = self.built()
        shape = artifact_of(program)
        made = emit(program.unit)
        sites = sorted((number, *vars_of(site)) for number, site in shape.sites.items())
        ready = replace(
            shape,
            tables=made.tables,
            identity=cache.digest(
                [made, shape.initial, shape.tasks, shape.ways, shape.rests, sites]
            ),
        )
        codes = _Code(made.text, compile_alone), _Code(loop_text(shape), _compile_loop)
        if is_kept:
            self._keep(ready, [code.key for code in codes])
        return self._with_code(ready, codes, saves=(is_kept, self.use_cache))

    def _with_code(
        self, shape: Artifact, codes: tuple[_Code, _Code], *, saves: tuple[bool, bool]
    ) -> Artifact:
        """Add the machine code, of which what another program has, too, is made once."""
        program, loop = (
            code.found(loads=self.use_cache, saves=is_saved)
            for code, is_saved in zip(codes, saves, strict=True)
        )
        return replace(shape, object_code=program, loop_code=loop)

    def _kept(self) -> Artifact | None:
        """Find the machine code made for this kernel, or for one with the same program."""
        for asked in _listed(self._family):
            if all((name in self.request.features) == is_there for name, is_there in asked):
                found = cache.load(cache.digest([self._family, list(asked)]))
                return _whole(found) if isinstance(found, tuple) else None
        return None

    def _keep(self, made: Artifact, codes: list[str]) -> None:
        """Keep a program's shape, where its codes are kept, and which features it depends on."""
        asked = tuple(sorted(made.features.items()))
        cache.save(cache.digest([self._family, list(asked)]), (made, codes))
        others = [entry for entry in _listed(self._family) if entry != asked]
        cache.save(self._family, [*others, asked])

    def fast(self) -> Native:
        """Return the program and the loop as one, in machine code that takes longer to make."""
        key = cache.digest([self._code_key, "fast"])
        is_kept = self.use_cache and not self.is_passing
        found = cache.load(key) if is_kept else None
        if not isinstance(found, bytes):
            program = self.built()
            loop = loop_text(artifact_of(program), alone=False)
            text = emit(program.unit, is_thorough=True).text
            found = compile_object(f"{text}\n{loop}", level=2)
            if is_kept:
                cache.save(key, found)
        return Native(found)

    def explore(
        self,
        limits: Limits,
        progress: Callable[[Progress], None] | None,
        *,
        replays: bool = True,
    ) -> Answer:
        """Explore every interleaving, and replay the race if there is one and it is asked for."""
        artifact = self.artifact()
        native = Native(artifact.object_code, artifact.loop_code)
        search = Search(artifact, native, artifact.initial)
        faster = Faster(len(artifact.object_code) * PATIENCE_S, self.fast)
        outcome = search.run(limits, clock=time.monotonic, progress=progress, faster=faster)
        path = fewest_switches(search, outcome) if outcome.notes else None
        seen, missed = reached(
            artifact.lines, search.context.coverage.tolist()[: len(artifact.lines)]
        )
        answer = Answer(outcome, artifact, reached=seen, unreached=missed)
        if path is None:
            return answer
        execution = self._execution(path) if replays else None
        return replace(answer, site=artifact.sites[path.note.site], execution=execution)

    def _execution(self, path: Path) -> Execution:
        key = cache.digest([self._code_key, self.kernel, path])
        found = cache.load(key) if self.use_cache else None
        if isinstance(found, Execution):
            return found
        program = self.built()
        schedule = schedule_of(program, path)
        execution, _ = record(program, schedule, kernel=self.kernel, before=self.before)
        if self.use_cache:
            cache.save(key, execution)
        return execution


def _listed(family: str) -> list[tuple[tuple[str, bool], ...]]:
    """Return, for each program that is kept of a family, the features that it depends on."""
    found = cache.load(family)
    return found if isinstance(found, list) else []


def _whole(kept: tuple[object, ...]) -> Artifact | None:
    """Return what was kept of a program with its machine code, unless some of it is gone."""
    match kept:
        case Artifact() as shape, list() as keys:
            codes = [cache.load(key) for key in keys]
            match codes:
                case [bytes() as program, bytes() as loop]:
                    return replace(shape, object_code=program, loop_code=loop)
    return None


def vars_of(site: SiteText) -> tuple[str, ...]:
    """Return the words of a site."""
    return site.kind, site.where, site.function, site.message


def replay(job: Job, schedule: Sequence[tuple[int, int]]) -> tuple[Execution, SiteText | None]:
    """Replay a saved schedule; returns the execution and what it breaks."""
    program = job.built()
    execution, site = record(program, schedule, kernel=job.kernel, before=job.before)
    if site is None:
        return execution, None
    return execution, SiteText(site.kind, site.span.where, site.function, site.message)
