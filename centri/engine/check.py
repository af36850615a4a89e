"""Check a mapping: the language first; then, if that holds, against what each CRM describes, live or as it was recorded.

No store is needed for it, and nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from centri.anomalies import Severity
from centri.connectors.base import Connector
from centri.connectors.recorded import Fixtures
from centri.descriptions import Description
from centri.errors import CentriError, ConfigError, LoginRefused
from centri.mappings.fit.faults import RULES, Fault, place
from centri.mappings.fit.inspection import inspect
from centri.mappings.fit.names import names
from centri.mappings.fit.prm import prm_fields
from centri.mappings.loader import interpret
from centri.mappings.schema import EntityMapping, MappingFile, crm_fields
from centri.mappings.source import Place, Source, read
from centri.settings import Settings

if TYPE_CHECKING:
    from centri.connectors.http import Patience


class Against(StrEnum):
    """What a mapping is checked against."""

    LIVE = "live"
    RECORDED = "offline"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Found:
    """One problem of the file. ``line`` and ``column`` count from 1; 0 where nobody knows."""

    rule: str
    severity: Severity
    message: str
    remedy: str = ""
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{where}{self.severity}: {self.message}{f'; {self.remedy}' if self.remedy else ''}"


@dataclass(frozen=True, slots=True)
class Unseen:
    """A connection that could not be looked at. ``exit_code`` is that of its cure."""

    connection: str
    why: str
    exit_code: int


@dataclass(frozen=True)
class Report:
    """What a check found; the counts are of the file."""

    file: str
    against: str
    found: tuple[Found, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    connections: int = 0
    mappings: int = 0

    @property
    def errors(self) -> list[Found]:
        return [found for found in self.found if found.severity is Severity.ERROR]

    @property
    def exit_code(self) -> int:
        """1 where something must be mended, else 2 where a CRM could not be looked at now."""
        codes = [1] * bool(self.errors) + [unseen.exit_code for unseen in self.unseen]
        return min(codes, default=0)


def check(
    settings: Settings,
    against: Against = Against.LIVE,
    fixtures: Fixtures | None = None,
    *,
    strict: bool = False,
    patience: Patience | None = None,
) -> Report:
    """Every problem of the mapping file; ``strict`` makes errors of warnings. What cannot be read or reached is a finding too."""
    try:
        source, parsed = read_mapping(settings)
    except ConfigError as error:
        named = _named(settings, fixtures or fixtures_beside(settings)) if against is Against.RECORDED else []
        return Report(str(settings.mappings), against, _in_order([*of_the_language(error), *named]))
    seen = Seen(parsed)
    if against is Against.RECORDED:
        seen.recorded(fixtures or fixtures_beside(settings))
    elif against is Against.LIVE:
        seen.live(settings.environment, patience)
    faults = [*seen.faults, *inspect(parsed, seen.described, prm_fields())]
    found = _in_order(allowed(located(faults, source), settings.mappings))
    if strict:
        found = tuple(replace(f, severity=Severity.ERROR) for f in found)
    return Report(source.file, against, found, tuple(seen.unseen), len(parsed.connections), len(parsed.mappings))


def _in_order(found: Iterable[Found]) -> tuple[Found, ...]:
    return tuple(sorted(found, key=lambda f: (f.line, f.rule, f.message)))


def _named(settings: Settings, fixtures: Fixtures) -> list[Found]:
    """What a file that cannot be understood names and the recorded CRMs do not have; nothing where it is no YAML either."""

    def describe(connection: str, object: str) -> Description | None:
        try:
            return fixtures.description(connection, object)
        except ConfigError:
            return None

    try:
        source = read(settings.mappings)
    except ConfigError:
        return []
    return list(located(names(source, describe), source))


def read_mapping(settings: Settings) -> tuple[Source, MappingFile]:
    """The file and its meaning. Raises ConfigError with every fault of the language."""
    source = read(settings.mappings)
    return source, interpret(source, prm_fields()).within(settings.env)


def fixtures_beside(settings: Settings) -> Fixtures:
    return Fixtures(settings.mappings.parent / "fixtures")


def of_the_language(error: ConfigError) -> tuple[Found, ...]:
    """The problems of a file that could not be understood."""
    severity = RULES["language"].severity
    return tuple(Found("language", severity, p.message, file=p.file, line=p.line) for p in error.problems)


@dataclass
class Seen:
    """What could be looked at, and what could not."""

    parsed: MappingFile
    described: dict[tuple[str, str], Description] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)

    def recorded(self, fixtures: Fixtures) -> None:
        for name in self.parsed.connections:
            known = fixtures.described(name)
            for mapping in _first_of_each_object(self.parsed, name):
                at = place(mapping, "object")
                if mapping.object in known:
                    self._read(fixtures, mapping)
                else:
                    message = f"{name} {mapping.object} is not recorded in {fixtures.folder}"
                    self.faults.append(Fault("unseen", at, message, f"record it: centri record {name}"))

    def live(self, environment: Mapping[str, str], patience: Patience | None = None) -> None:
        """One describe for each object, and one call for each list that is told apart.

        A connection that cannot be looked at does not keep the others from it.
        """
        from centri.connectors.registry import open_connector

        for name, config in self.parsed.connections.items():
            try:
                connector = open_connector(config.type, name, config.resolve(environment), patience=patience)
            except ConfigError as error:
                self._missed(name, error)
                continue
            try:
                connector.handshake()
                for mapping in _first_of_each_object(self.parsed, name):
                    self._ask(connector, mapping)
            except CentriError as error:
                self._missed(name, error)
            finally:
                connector.close()

    def _read(self, fixtures: Fixtures, mapping: EntityMapping) -> None:
        try:
            self.described[mapping.connection, mapping.object] = fixtures.description(mapping.connection, mapping.object)
        except ConfigError as error:
            remedy = f"record it anew: centri record {mapping.connection}"
            self.faults.append(Fault("unseen", place(mapping, "object"), str(error), remedy))

    def _ask(self, connector: Connector, mapping: EntityMapping) -> None:
        """Raises LoginRefused, RetryLater or Stop: those are about the connection. An object that is not there is a fault."""
        at = place(mapping, "object")
        named = crm_fields(m for m in self.parsed.of(mapping.connection) if m.object == mapping.object)
        try:
            description = connector.describe(mapping.object, named)
        except LoginRefused:
            raise
        except ConfigError as error:
            self.faults.append(Fault("object", at, str(error), "correct the name, or let our user see it"))
            return
        if not description.fields:
            message = f"{mapping.connection} describes no fields of {mapping.object}"
            self.faults.append(Fault("object", at, message, "correct the name, or let our user see it"))
            return
        self.described[mapping.connection, mapping.object] = description

    def _missed(self, connection: str, error: CentriError) -> None:
        self.unseen.append(Unseen(connection, str(error).replace("\n", "; "), error.exit_code))


def _first_of_each_object(parsed: MappingFile, connection: str) -> list[EntityMapping]:
    return list({m.object: m for m in reversed(parsed.of(connection))}.values())[::-1]


def located(faults: Iterable[Fault], source: Source) -> Iterator[Found]:
    """Each fault at its line of the file."""
    for fault in faults:
        line, column = source.line(fault.place, key=True), _column(fault.place, source)
        yield Found(fault.rule, fault.grade, fault.message, fault.remedy, source.file, line, column)


def _column(at: Place, source: Source) -> int:
    """That of the nearest key, as :meth:`Source.line` finds it."""
    return next((found for n in range(len(at), -1, -1) if (found := source.columns.get(at[:n]))), 0)


_ALLOW = re.compile(r"#.*\ballow: *([a-z-]+(?: *, *[a-z-]+)*)")


def allowed(found: Iterable[Found], path: Path) -> list[Found]:
    """Without the warnings that the file allows in a comment on their line: ``# allow: round-trip``."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return [f for f in found if f.severity is Severity.ERROR or f.rule not in _allowances(lines, f.line)]


def _allowances(lines: list[str], line: int) -> list[str]:
    said = _ALLOW.search(lines[line - 1]) if 0 < line <= len(lines) else None
    return [rule.strip() for rule in said[1].split(",")] if said else []
