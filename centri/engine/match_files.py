"""Match a file of leads to a file of accounts, without a store."""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, NamedTuple

from centri.dedupe.companies.rules import CompanyRules
from centri.dedupe.companies.verdict import Answer
from centri.dedupe.verdicts import Verdict
from centri.engine.match_columns import Columns, Values, open_columns
from centri.engine.match_hearing import Together, acquainted, together
from centri.engine.match_judged import Judged, judged
from centri.engine.match_pool import Pool, pool, processors
from centri.engine.match_world import CHUNK, Progress, World, build, refuse_repeated, silent
from centri.errors import ConfigError

_SMALL = 2_000_000
"""Bytes of files under which other processes are not worth starting."""

HEAD = ("lead_id", "account_id", "score", "verdict")
REASONS = ("code", "because")


@dataclass(frozen=True)
class MatchFiles:
    """What is to be matched, and how. ``top`` candidates of each lead are written; ``columns`` as ``--columns`` has them."""

    accounts: Path
    leads: Path
    out: Path
    model: Path | None = None
    top: int = 1
    columns: Sequence[str] = ()
    rules: CompanyRules = field(default_factory=CompanyRules)
    reasons: bool = False
    processes: int | None = None


@dataclass
class Matched:
    """What came of it. ``verdicts`` count leads; those without a candidate are ``none``, and have no row.

    ``unread`` are the columns of each file that hold nothing that is read.
    """

    accounts: int = 0
    leads: int = 0
    rows: int = 0
    without: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    unread: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Answered(NamedTuple):
    """The lines of a lead in the answer, and the verdict; blank where nothing was found."""

    lines: list[tuple[str, ...]]
    verdict: str


def match_files(wanted: MatchFiles, *, progress: Progress = silent) -> Matched:
    """Match, and write the answers in the order of the leads. Raises ConfigError before anything is written."""
    if wanted.top < 1:
        raise ConfigError(f"--top is a number from 1, not {wanted.top}")
    files = {"accounts": wanted.accounts, "leads": wanted.leads}
    _not_over(wanted.out, files.values())
    opened = open_columns(files, wanted.columns)
    done = Matched(unread={kind: columns.unread for kind, columns in opened.items() if columns.unread})
    with spread(files.values(), wanted.processes) as workers:
        people = workers.meanwhile(acquainted, opened["leads"])
        with built(opened["accounts"], workers, wanted.model, progress) as world, _written(wanted.out) as file:
            done.accounts = len(world)
            head = HEAD + REASONS if wanted.reasons else HEAD
            work = partial(_answers, world, wanted.rules, wanted.top, len(head))
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(head)
            leads = together(opened["leads"], people(), everyone)
            for one in _in_order(workers.each(work, leads), progress):
                writer.writerows(one.lines)
                _count(done, one)
    return done


def everyone(row: Values) -> bool:
    """Every lead is wanted."""
    return True


def _in_order(parts: Iterable[Mapping[int, Answered]], progress: Progress) -> Iterator[Answered]:
    """The answers by their leads' places, each when all before it are there."""
    waiting: dict[int, Answered] = {}
    place = 0
    for part in parts:
        progress("leads", len(part))
        waiting.update(part)
        while place in waiting:
            yield waiting.pop(place)
            place += 1


def _count(done: Matched, one: Answered) -> None:
    done.leads += 1
    done.rows += len(one.lines)
    done.without += not one.verdict
    done.verdicts[one.verdict or str(Verdict.NONE)] += 1


@contextmanager
def spread(files: Iterable[Path], processes: int | None) -> Iterator[Pool]:
    """As many processes as the files are worth, unless a person said how many."""
    size = sum(path.stat().st_size * (4 if path.suffix == ".gz" else 1) for path in files if path.is_file())
    with pool(1 if processes is None and size < _SMALL else processors(processes)) as workers:
        yield workers


@contextmanager
def built(accounts: Columns, workers: Pool, model: Path | None, progress: Progress) -> Iterator[World]:
    """The accounts of a file, searchable as long as the block lasts. Raises ConfigError, for an id that stands twice too."""
    with TemporaryDirectory(prefix="centri-match-", ignore_cleanup_errors=True) as folder:
        build(accounts.parts(CHUNK), Path(folder), workers, progress=progress)
        world = World(Path(folder), model)
        refuse_repeated(accounts, world.facts)
        yield world


def _answers(world: World, rules: CompanyRules, top: int, width: int, asked: Together) -> dict[int, Answered]:
    """What is answered to some leads, by their places, in lines of so many cells."""
    found = (_answered(one, top, width) for one in judged(world, asked, rules, top))
    return dict(zip(asked.places, found, strict=True))


def _answered(one: Judged, top: int, width: int) -> Answered:
    lines = _lines(one.lead.id, one.answer, [(c.id, c.score) for c in one.ranked], top)
    return Answered([line[:width] for line in lines], str(one.answer.verdict) if one.ranked else "")


def _lines(lead_id: str, answer: Answer, ranked: Sequence[tuple[str, float]], top: int) -> Iterator[tuple[str, ...]]:
    """The answer, then who else there is: at most one line of a lead is to be acted on."""
    if answer.company is None:
        return
    yield lead_id, answer.company, _score(answer.score), str(answer.verdict), str(answer.code), answer.because
    others = [pair for pair in ranked if pair[0] != answer.company][: top - 1]
    for id, score in others:
        yield lead_id, id, _score(min(score, answer.score)), str(Verdict.NONE), "", ""


def _score(score: float) -> str:
    return f"{score:.8f}".rstrip("0").rstrip(".") or "0"


def _not_over(out: Path, files: Iterable[Path]) -> None:
    if any(out.resolve() == path.resolve() for path in files):
        raise ConfigError(f"--out: {out} is one of the files that are read; name another")


@contextmanager
def _written(path: Path) -> Iterator[IO[str]]:
    """A file that takes its place when it is whole; one that ends on ``.gz`` is packed. Raises ConfigError."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = gzip.open if path.suffix == ".gz" else open
        try:
            with opened(unfinished, "wt", encoding="utf-8", newline="") as file:
                yield file
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"{path}: it cannot be written ({error.strerror})") from error
