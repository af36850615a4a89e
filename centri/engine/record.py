"""Record a CRM: descriptions, some records with all that they refer to, and the traffic of it, nobody's data in any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from centri.connectors.cassettes import merged, path_in, recording, replaying
from centri.connectors.options import unknown
from centri.connectors.recorded import Fixtures, write
from centri.connectors.registry import open_connector
from centri.engine.masking import Masked
from centri.engine.sample import Sample, take
from centri.errors import ConfigError
from centri.mappings.drift import Drift, compare
from centri.mappings.masks import Mask
from centri.mappings.schema import EntityMapping, MappingFile

SECRET_FROM = 8
"""A secret shorter than this many characters is not looked for in plain text, where it may be a word like any other."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What recording an object anew changed; ``new`` where it was not recorded before."""

    object: str
    records: int
    new: bool = False
    drift: tuple[Drift, ...] = ()
    added: int = 0
    removed: int = 0
    changed: int = 0

    @property
    def any(self) -> bool:
        return self.new or bool(self.drift or self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recording did. ``written`` are the files that changed; ``cassette`` is None where nothing went over HTTP."""

    connection: str
    objects: tuple[Changes, ...]
    calls: int
    cassette: Path | None
    written: tuple[Path, ...] = ()


def record(
    mapping: MappingFile,
    connection: str,
    environment: Mapping[str, str],
    fixtures: Fixtures,
    mask: Mask,
    *,
    objects: Sequence[str] = (),
    number: int = 20,
) -> Recorded:
    """Read a CRM and keep what it says, masked; without ``objects``, all that are mapped.

    Where there is traffic, what is kept is what the connector makes of the masked traffic, so that cassette, descriptions and
    records agree; that of some objects is put into that of the others. Nothing is kept unless everything could be read.
    Raises ConfigError, and what the connector raises.
    """
    mine = _mine(mapping, connection, objects)
    config = mapping.connections[connection]
    options = config.resolve(environment)
    masked = Masked(mask, mapping.of(connection))
    with TemporaryDirectory(prefix="centri-") as folder:
        tape = Path(folder) / "cassette.yaml"
        connector = open_connector(config.type, connection, options)
        try:
            with recording(tape, connection, masked.row, tuple(_secrets(options))):
                sample = take(connector, mine, number, masked)
            calls = connector.calls
        finally:
            connector.close()
        if not tape.is_file():
            kept = {name: Sample(s.description, [masked.record(r) for r in s.records]) for name, s in sample.items()}
            return _keep(fixtures, connection, kept, calls, None)
        with replaying(tape, config.type, connection, config.options) as player:
            kept = take(player, mine, number, masked)
        traffic = merged(path_in(fixtures.folder, connection), tape) if objects else tape.read_bytes()
        return _keep(fixtures, connection, kept, calls, traffic)


def _mine(mapping: MappingFile, connection: str, objects: Sequence[str]) -> list[EntityMapping]:
    if connection not in mapping.connections:
        raise unknown("connection", connection, mapping.connections)
    mapped = mapping.objects(connection)
    for name in objects:
        if name not in mapped:
            raise unknown(f"mapped object of {connection}", name, mapped)
    return [m for m in mapping.of(connection) if m.object in (objects or mapped)]


def _secrets(options: Any) -> Iterator[str]:
    """Every text among the options that may be one, the longest first: it may contain another."""
    texts = sorted(_texts(options), key=len, reverse=True)
    yield from (text for text in texts if len(text) >= SECRET_FROM and "://" not in text)


def _texts(options: Any, name: str = "") -> Iterator[str]:
    if isinstance(options, Mapping):
        for key, inner in options.items():
            yield from _texts(inner, key)
    elif isinstance(options, str) and name not in ("flow", "platform", "api_version"):
        yield options


def _keep(fixtures: Fixtures, connection: str, kept: Mapping[str, Sample], calls: int, traffic: bytes | None) -> Recorded:
    changes = tuple(_changes(fixtures, connection, name, sample) for name, sample in kept.items())
    cassette = None if traffic is None else path_in(fixtures.folder, connection)
    written = [fixtures.keep_description(connection, sample.description) for sample in kept.values()]
    written += [fixtures.keep_records(connection, name, sample.records) for name, sample in kept.items()]
    if cassette and traffic is not None:
        written.append(write(cassette, traffic))
    return Recorded(connection, changes, calls, cassette, tuple(path for path in written if path))


def _changes(fixtures: Fixtures, connection: str, object: str, sample: Sample) -> Changes:
    try:
        known = fixtures.description(connection, object)
    except ConfigError:
        return Changes(object, len(sample.records), new=True, added=len(sample.records))
    before = {r.ref.id: r for r in fixtures.records(connection, object)}
    now = {r.ref.id: r for r in sample.records}
    both = Counter(before[i] == now[i] for i in before.keys() & now.keys())
    drift = compare(known.fields, sample.description.fields)
    return Changes(object, len(now), False, drift, len(now.keys() - before.keys()), len(before.keys() - now.keys()), both[False])
