"""Reads files of mapping test cases: either cases, or every fault in them at once, each with file and line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from centri.errors import ConfigError, Problem
from centri.mappings import case_checks
from centri.mappings.cases import Case, CaseFile
from centri.mappings.loader import told
from centri.mappings.source import Place, Source, read
from centri.mappings.words import keys_of, near


@dataclass(frozen=True)
class Written:
    """A case and where it is written."""

    case: Case
    source: Source

    def line(self, place: Place = ()) -> int:
        """The line of something in the case, or of the nearest thing around it."""
        return self.source.line(("cases", self.case.number, *place), key=True)

    @property
    def where(self) -> str:
        return f"{self.source.file}:{self.line()}"


def case_paths(given: Sequence[Path]) -> list[Path]:
    """The files, and those in the folders. Raises ConfigError for what is not there, and where there are none."""
    found: list[Path] = []
    for path in given:
        if not path.exists():
            raise ConfigError(
                Problem("cannot be read: there is no such file or folder; cases are YAML files in fixtures/cases", str(path))
            )
        found += sorted([*path.glob("*.yaml"), *path.glob("*.yml")]) if path.is_dir() else [path]
    if not found:
        raise ConfigError(f"there are no cases in {', '.join(map(str, given))}; they are YAML files, see docs/testing.md")
    return found


def load_cases(paths: Sequence[Path], known: case_checks.Known) -> list[Written]:
    """Every case of the files. Raises ConfigError with every problem of every file."""
    found: list[Written] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            found += read_cases(read(path), known)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*problems)
    return found


def read_cases(source: Source, known: case_checks.Known) -> list[Written]:
    """The cases of a file that was read. Raises ConfigError with every problem found."""
    cases = [case for number, raw in _blocks(source) if (case := _parsed(source, number, raw))]
    names: dict[str, int] = {}
    for case in cases:
        case_checks.check(case, source, known)
        first = names.setdefault(case.name, case.number)
        if first != case.number:
            there = source.line(("cases", first, "name"))
            source.complain(("cases", case.number, "name"), f"a case of this name is on line {there} already")
    if source.problems:
        raise ConfigError(*sorted(set(source.problems), key=lambda p: (p.line, p.message)))
    return [Written(case, source) for case in cases]


def _blocks(source: Source) -> Iterator[tuple[int, Any]]:
    top = source.data
    if not isinstance(top, Mapping) or not isinstance(top.get("cases"), list) or not top["cases"]:
        source.complain((), "the file must hold a list of 'cases'" + ("; it is empty" if top is None else ""))
        return
    for name in top:
        if name != "cases":
            source.complain((name,), f"unknown key {name!r}{near(name, keys_of(CaseFile))}", key=True)
    yield from enumerate(top["cases"])


def _parsed(source: Source, number: int, raw: Any) -> Case | None:
    place: Place = ("cases", number)
    if not isinstance(raw, Mapping):
        source.complain(place, "a case must be a block of keys")
        return None
    blank = {key for key in ("given", "then") if key in raw and raw[key] is None}
    data = {**{k: v for k, v in raw.items() if k not in blank}, "$file": source.file, "$number": number}
    try:
        return Case.model_validate(data)
    except ValidationError as errors:
        for error in errors.errors():
            source.complain((*place, *error["loc"]), told(Case, error, str(number)), key=error["type"] == "extra_forbidden")
        faulty = {str(error["loc"][0]) for error in errors.errors()}
        return None if "given" in faulty else _rest(data, faulty)


def _rest(data: Mapping[str, Any], faulty: Collection[str]) -> Case | None:
    """The case without its faulty parts, so that the others are looked at too."""
    rest = {key: value for key, value in data.items() if key not in faulty}
    try:
        return Case.model_validate({"name": f"{data['$file']} {data['$number']}", **rest})
    except ValidationError:
        return None
