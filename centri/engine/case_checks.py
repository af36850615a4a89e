"""What a case says must come of it, against what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from centri.engine.case_world import Block, World, counts_for, is_usual
from centri.mappings.cases import NAMED, Case, ExpectedAnomaly, Untouched
from centri.mappings.source import Place
from centri.records import MISSING, same

NOTHING: Place = ("then", "nothing")

Because = Callable[[str, str, str], str]
"""(entity or CONNECTION/OBJECT, name, field) to the reason that the engine gave for what stands there."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the case says. ``place`` is where in the case it stands, or would stand."""

    place: Place
    what: str
    expected: Any
    actual: Any
    because: str = ""


def compare(case: Case, before: World, after: World, found: Sequence[Block], because: Because) -> list[Difference]:
    """Rows, records, anomalies and what is to be left alone; worlds by names."""
    check = _Comparison(case, before, after, because)
    differences = [*check.rows(), *check.records(), *_anomalies(case, found)]
    return [*differences, *check.untouched()]


def alike(expected: Any, actual: Any) -> bool:
    """Equal, or numbers that are equal however they are written."""
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(alike, expected, actual))
    numbers = [x for x in (expected, actual) if isinstance(x, int | float) and not isinstance(x, bool)]
    if numbers and isinstance(expected, str | int | float) and isinstance(actual, str | int | float):
        try:
            return (
                not isinstance(expected, bool) and not isinstance(actual, bool) and Decimal(str(expected)) == Decimal(str(actual))
            )
        except InvalidOperation:
            return False
    return same(expected, actual)


class _Comparison:
    def __init__(self, case: Case, before: World, after: World, because: Because) -> None:
        self.case, self.before, self.after, self.because = case, before, after, because

    def rows(self) -> Iterator[Difference]:
        for entity, expected in self.case.then.prm.items():
            for name, values in expected.items():
                yield from self._each(("prm", entity), entity, name, values, self.after.prm[entity].get(name))
        for entity, changed in self._changed_rows() if self.case.whole else ():
            yield from self._unsaid(("prm", entity), entity, changed, self.case.then.prm.get(entity, {}))

    def records(self) -> Iterator[Difference]:
        for connection, objects in self.case.then.crm.items():
            for object, expected in objects.items():
                for name, values in expected.items():
                    stands = self.after.crm.get((connection, object), {}).get(name)
                    yield from self._each(("crm", connection, object), f"{connection}/{object}", name, values, stands)
        for (connection, object), changed in self._changed_records() if self.case.whole else ():
            said = self.case.then.crm.get(connection, {}).get(object, {})
            yield from self._unsaid(("crm", connection, object), f"{connection}/{object}", changed, said)

    def untouched(self) -> Iterator[Difference]:
        """Changes where nothing may be written; rows are the PRM's, records the CRMs'."""
        nothing = self.case.then.nothing
        sides = []
        if nothing in (Untouched.EVERYWHERE, Untouched.PRM):
            sides += [(entity, name, values) for entity, rows in self._changed_rows() for name, values in rows.items()]
        if nothing in (Untouched.EVERYWHERE, Untouched.CRM):
            sides += [(f"{c}/{o}", name, values) for (c, o), rows in self._changed_records() for name, values in rows.items()]
        for kind, name, values in sides:
            for field, value in values.items():
                yield Difference(NOTHING, f"{kind} {name} {field}", "untouched", value, self.because(kind, name, field))

    def _each(
        self, place: Place, kind: str, name: str, expected: Mapping[str, Any], actual: Block | None
    ) -> Iterator[Difference]:
        at = ("then", *place, name)
        if actual is None:
            yield Difference(at, f"{kind} {name}", dict(expected), MISSING, self.because(kind, name, ""))
            return
        for field, value in expected.items():
            stands = actual.get(field, False if field == "$deleted" else None)
            if not alike(value, stands):
                yield Difference((*at, field), f"{kind} {name} {field}", value, stands, self.because(kind, name, field))

    def _unsaid(
        self, place: Place, kind: str, changed: Mapping[str, Block], said: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[Difference]:
        for name, values in changed.items():
            for field, value in values.items():
                if field not in said.get(name, {}):
                    at = ("then", *place, name, field)
                    yield Difference(at, f"{kind} {name} {field}", MISSING, value, self.because(kind, name, field))

    def _changed_rows(self) -> Iterator[tuple[str, dict[str, Block]]]:
        for entity, rows in self.after.prm.items():
            old = self.before.prm.get(entity, {})
            news = {name: _row_news(entity, old.get(name), values) for name, values in rows.items()}
            if found := {name: values for name, values in news.items() if values}:
                yield entity, found

    def _changed_records(self) -> Iterator[tuple[tuple[str, str], dict[str, Block]]]:
        for key, rows in self.after.crm.items():
            old = self.before.crm.get(key, {})
            news = {name: _news(old.get(name), values) for name, values in rows.items()}
            if found := {name: values for name, values in news.items() if values}:
                yield key, found


def _row_news(entity: str, old: Block | None, new: Block) -> Block:
    """What changed of a PRM row, but for what is the engine's own; of a new one, what somebody filled in."""
    news = {name: value for name, value in _news(old, new).items() if counts_for(entity, name)}
    return news if old is not None else {name: value for name, value in news.items() if not is_usual(entity, name, value)}


def _news(old: Block | None, new: Block) -> Block:
    """What changed of a row; of a new one, what it holds."""
    if old is None:
        return {name: value for name, value in new.items() if value is not None}
    return {name: value for name, value in new.items() if not same(old.get(name), value)}


def _anomalies(case: Case, found: Sequence[Block]) -> Iterator[Difference]:
    """Each that is named must be there; one that is not named may not, unless it is a mere remark in a case that is not whole."""
    left = list(found)
    missing: list[ExpectedAnomaly] = []
    for expected in case.then.anomalies:
        if (met := next((a for a in left if _meets(expected, a)), None)) is None:
            missing.append(expected)
        else:
            left.remove(met)
    unsaid = [a for a in left if a["severity"] != "info" or case.whole]
    if missing or unsaid:
        actual = [
            {name: a[name] for name in ("kind", "field", "about") if a[name]} for a in found if a not in left or a in unsaid
        ]
        expected_all = [a.model_dump(exclude_none=True) for a in case.then.anomalies]
        because = "; ".join(f"{a['kind']}: {a['note']}" for a in unsaid)
        yield Difference(("then", "anomalies"), "anomalies", expected_all or MISSING, actual or MISSING, because)


def _meets(expected: ExpectedAnomaly, found: Block) -> bool:
    about = (expected.about or "").removeprefix(NAMED)
    return (
        expected.kind == found["kind"]
        and expected.field in (None, found["field"])
        and (expected.about is None or about in (found["about"], found["about"].removeprefix(NAMED)))
    )
