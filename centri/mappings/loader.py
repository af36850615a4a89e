"""Reads ``mappings.yaml``: either a MappingFile, or every fault in it at once, each with file and line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from centri.dedupe.dictionaries import Dictionaries, shipped
from centri.dedupe.duplicates.policy import JUDGES
from centri.errors import ConfigError
from centri.mappings import checks
from centri.mappings.alerting import Alerting
from centri.mappings.choices import ValueMap
from centri.mappings.deduping import Deduping
from centri.mappings.lookups import read_lookup
from centri.mappings.matching import LEAD_ACCOUNT, LeadAccount, LeadMatching, Matching
from centri.mappings.names import Names
from centri.mappings.notifying import Notifying
from centri.mappings.routing_blocks import routing_of
from centri.mappings.schema import ConnectionConfig, Document, EntityMapping, MappingFile
from centri.mappings.source import EnvRef, Place, Source, plain, read
from centri.mappings.standardizing import Standardize
from centri.mappings.when import RoutingNames
from centri.mappings.words import complaint, keys_of, near
from centri.sync.link import Role

Block = TypeVar("Block", bound=BaseModel)
PrmFields = Mapping[str, Collection[str]]


def load(path: Path | str, prm_fields: PrmFields | None = None) -> MappingFile:
    """The parsed file. ``prm_fields`` names the PRM's entities and their fields; None leaves those unchecked.

    Raises ConfigError with every problem found, each with file and line.
    """
    return interpret(read(Path(path)), prm_fields)


def interpret(source: Source, prm_fields: PrmFields | None = None) -> MappingFile:
    """The meaning of a file that was read. Raises ConfigError with every problem found."""
    parsed = _Interpreter(source, prm_fields).file()
    checks.check(parsed, source)
    if source.problems:
        raise ConfigError(*sorted(set(source.problems), key=lambda p: (p.line, p.message)))
    return parsed


class _Interpreter:
    """Parses a file block by block, so that a fault in one block does not hide those in the others."""

    def __init__(self, source: Source, prm_fields: PrmFields | None) -> None:
        self.source, self.prm_fields = source, prm_fields
        self.choices: Mapping[str, ValueMap] = {}
        self.top = self._with_lookups(self._top())
        self.choices = {name: found or ValueMap() for name, _, found in self._blocks(("choices",), ValueMap)}

    def _top(self) -> Mapping[str, Any]:
        if not isinstance(self.source.data, Mapping):
            self.source.complain(
                (), "the file must hold 'connections' and 'entities'" + ("; it is empty" if self.source.data is None else "")
            )
            return {}
        known = keys_of(Document)
        for name in self.source.data:
            if name not in known:
                self.source.complain((name,), f"unknown key {name!r}{near(name, known)}", key=True)
        for name in ("connections", "entities"):
            if name not in self.source.data:
                self.source.complain((), f"{name!r} is missing")
        return self.source.data

    def _with_lookups(self, top: Mapping[str, Any]) -> Mapping[str, Any]:
        """What stands in CSV files belongs to the content of this one."""
        given = top.get("choices")
        if not isinstance(given, Mapping):
            return top
        return {**top, "choices": {n: read_lookup(block, ("choices", n), self.source) for n, block in given.items()}}

    def file(self) -> MappingFile:
        connections = self._connections()
        mappings = tuple(self._mappings(list(self._at(("connections",)))))
        matching = {
            n: found.rules
            for n, place, found in self._blocks(("matching",), Matching, but=LEAD_ACCOUNT)
            if self._names_matching(n, place) and found
        }
        content = json.dumps(plain(self.top), sort_keys=True, default=str)
        dedupe = {
            n: found.policy for n, place, found in self._blocks(("dedupe",), Deduping) if self._names_deduped(n, place) and found
        }
        words = self._dictionaries()
        routing = routing_of(self.top, self.source, self._parse, words, (self.prm_fields or {}).get("lead"))
        return MappingFile(
            connections, mappings, matching, self._lead_account(), dedupe, words, routing, _sha(content), self._notifying(),
            self._alerting(connections),
        )  # fmt: skip

    def _lead_account(self) -> LeadAccount | None:
        place = ("matching", LEAD_ACCOUNT)
        if LEAD_ACCOUNT not in self._at(("matching",)):
            return None
        found = self._parse(LeadMatching, self._at(("matching",))[LEAD_ACCOUNT] or {}, place)
        model = Path(self.source.file).parent / found.model if found and found.model else None
        if model and not model.is_file():
            missing = f"there is no file {str(found.model)!r}; its place is told from this file" if found else ""
            self.source.complain((*place, "model"), f"{missing}, and centri match train makes one")
        return LeadAccount(found.rules, model) if found else None

    def _dictionaries(self) -> Dictionaries:
        """Those of the package, with what the file adds."""
        raw = self.top.get("standardize")
        found = None if raw is None else self._parse(Standardize, raw, ("standardize",))
        return shipped().extended(found.additions) if found else shipped()

    def _alerting(self, connections: Mapping[str, ConnectionConfig]) -> Alerting:
        raw = self.top.get("alerts")
        found = (None if raw is None else self._parse(Alerting, raw, ("alerts",))) or Alerting()
        for name in found.connections.keys() - connections.keys():
            unknown = f"no connection is called {name!r}{near(name, connections)}"
            self.source.complain(("alerts", "connections", name), unknown, key=True)
        return found

    def _notifying(self) -> Notifying:
        raw = self.top.get("notifications")
        return (None if raw is None else self._parse(Notifying, raw, ("notifications",))) or Notifying()

    def _connections(self) -> dict[str, ConnectionConfig]:
        for secret in checks.literal_secrets(self._at(("connections",))):
            self.source.complain(
                ("connections", *secret), f"{secret[-1]!r} is a secret; name an environment variable instead: !env NAME"
            )
        found = self._blocks(("connections",), ConnectionConfig, lambda name: {"$name": name})
        return {name: block for name, _, block in found if block}

    def _mappings(self, connections: list[str]) -> Iterator[EntityMapping]:
        mapped = {
            c: [e for e, blocks in self._at(("entities",)).items() if isinstance(blocks, Mapping) and c in blocks]
            for c in connections
        }
        for entity in self._at(("entities",)):
            if self.prm_fields is not None and entity not in self.prm_fields:
                self.source.complain(
                    ("entities", entity), f"the PRM has no entity {entity!r}{near(entity, self.prm_fields)}", key=True
                )
                continue
            for connection, raw in self._at(("entities", entity)).items():
                place = ("entities", entity, connection)
                if connection not in mapped and "connections" in self.top:
                    self.source.complain(place, f"no connection is called {connection!r}{near(connection, mapped)}", key=True)
                yield from self._mapping(place, raw, mapped.get(connection), connections)

    def _mapping(self, place: Place, raw: Any, mapped: Collection[str] | None, connections: list[str]) -> Iterator[EntityMapping]:
        """The mapping of a block, and that of its ``as_lead`` block."""
        if not isinstance(raw, Mapping):
            self.source.complain(place, f"{place[-1]!r} must be a block of keys")
            return
        names = Names(str(place[1]), self.choices, (self.prm_fields or {}).get(str(place[1])), (), mapped, connections)
        as_lead, raw_lead = None, raw.get("as_lead")
        if isinstance(raw_lead, Mapping):
            checks.as_lead_keys(raw_lead, place, self.source)
            inherited = {key: raw[key] for key in ("create", "refuse_over") if key in raw}
            as_lead = self._entity({**inherited, **raw_lead}, (*place, "as_lead"), names, Role.PUSH_LEAD)
            raw = {**raw, "as_lead": as_lead}
        mapping = self._entity(raw, place, names, Role.ORIGIN)
        yield from (m for m in (mapping, as_lead) if m)

    def _entity(self, raw: Mapping[str, Any], place: Place, names: Names, role: Role) -> EntityMapping | None:
        fields = raw.get("fields")
        names = Names(names.entity, names.choices, names.prm_fields, list(fields) if isinstance(fields, Mapping) else (),
                      names.mapped_entities, names.connections)  # fmt: skip
        used = {name: plain(self._at(("choices",))[name]) for name in _texts(raw) if name in self.choices}
        content = {key: plain(value) for key, value in raw.items() if key != "as_lead"}
        known = {
            "$entity": place[1],
            "$connection": place[2],
            "$role": role,
            "$sha": _sha(json.dumps([content, used], sort_keys=True, default=str)),
        }
        return self._parse(EntityMapping, {**raw, **known}, place, names)

    def _names_matching(self, name: str, place: Place) -> bool:
        known = {*self._at(("entities",)), LEAD_ACCOUNT}
        if name not in known:
            self.source.complain(place, f"nothing called {name!r} is matched{near(name, known)}", key=True)
        return name in known

    def _names_deduped(self, name: str, place: Place) -> bool:
        if name not in JUDGES:
            self.source.complain(place, f"{name!r} has no duplicates to find{near(name, JUDGES)}", key=True)
        return name in JUDGES

    def _at(self, place: Place) -> Mapping[str, Any]:
        """The block at a place; empty where there is none."""
        found: Any = self.top
        for step in place:
            found = found.get(step) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    def _blocks(
        self, place: Place, model: type[Block], known: Any = lambda name: {}, *, but: str = ""
    ) -> Iterator[tuple[str, Place, Block | None]]:
        raw = self.top.get(str(place[0]))
        if raw is not None and not isinstance(raw, Mapping):
            self.source.complain(place, f"{place[0]!r} must be a block of keys")
        for name, block in self._at(place).items():
            if name == but:
                continue
            yield (
                name,
                (*place, name),
                self._parse(model, {**block, **known(name)} if isinstance(block, Mapping) else block, (*place, name)),
            )

    def _parse(self, model: type[Block], data: Any, place: Place, names: Names | RoutingNames | None = None) -> Block | None:
        try:
            return model.model_validate(data, context=names or Names(choices=self.choices))
        except ValidationError as errors:
            for error in errors.errors():
                if error["type"] != "default_factory_not_called" and not isinstance(error["input"], EnvRef):
                    unknown = error["type"] == "extra_forbidden"
                    where = (step for step in error["loc"] if not str(step).startswith("$"))
                    self.source.complain((*place, *where), told(model, error, str(place[-1])), key=unknown)
        return None


def told(model: type[BaseModel], error: Any, name: str) -> str:
    """What pydantic found in a block, in words for people."""
    block = _inside(model, error["loc"][:-1]) if error["type"] == "extra_forbidden" else None
    return complaint(error, keys_of(block) if block else (), name)


def _inside(kind: Any, place: Place) -> type[BaseModel] | None:
    """The model of the block at a place within a block of this kind."""
    for step in place:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = next((f.annotation for n, f in kind.model_fields.items() if step in (n, f.alias)), None)
        else:
            kind = (*get_args(kind), None, None)[0 if get_origin(kind) is tuple else 1]
        kind = _bare(kind)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _bare(kind: Any) -> Any:
    """Without what annotates it, and without None."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return next(_bare(arg) for arg in get_args(kind) if arg is not type(None))
    return kind


def _texts(data: Any) -> set[str]:
    """Every text value in a block."""
    if isinstance(data, Mapping):
        return {text for value in data.values() for text in _texts(value)}
    if isinstance(data, list):
        return {text for value in data for text in _texts(value)}
    return {data} if isinstance(data, str) else set()


def _sha(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:16]
