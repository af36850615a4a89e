"""A SOQL condition as a test of rows, and the part of the table that can hold rows which pass it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from centri.sandbox import soql
from centri.sandbox.rows import Row
from centri.sandbox.salesforce_columns import Read
from centri.sandbox.salesforce_ids import long_id
from centri.sandbox.salesforce_values import NUMBERS
from centri.sandbox.schema import Field
from centri.sandbox.soql import Aggregate, AnyOf, Comparison, Condition, Every, Literal, Negated, Path
from centri.sandbox.state import Refused

Test = Callable[[Row], bool]
Low = tuple[int, str]
TEXT = "string"
NEVER_AFTER_STAMP = ("SystemModstamp", "LastModifiedDate")
"""A row modified since a time is stamped since that time, too."""
WANTED = {"date": ("DATE",), "datetime": ("DATETIME",), "boolean": ("TRUE", "FALSE"), "int": ("NUMBER",)}
WANTED |= dict.fromkeys(NUMBERS, ("NUMBER",))
SPOKEN = {"datetime": "dateTime", "currency": "double", "percent": "double"}


class Where:
    """Compiles the conditions of one query; ``resolve`` finds the field of a path.

    Words for days and queries within the condition are gone by now, see :mod:`centri.sandbox.salesforce_plain`.
    """

    def __init__(self, query: soql.Query, resolve: Callable[[Path | Aggregate], tuple[Field, Read]]) -> None:
        self._query = query
        self._resolve = resolve

    def test(self, condition: Condition) -> Test:
        """A function that says whether a row passes. Raises Refused."""
        if isinstance(condition, Comparison):
            return self._compare(condition)
        if isinstance(condition, Negated):
            inner = self.test(condition.part)
            return lambda row: not inner(row)
        tests = [self.test(part) for part in condition.parts]
        if isinstance(condition, Every):
            return lambda row: all(test(row) for test in tests)
        return lambda row: any(test(row) for test in tests)

    def low(self, condition: Condition) -> Low | None:
        """The first (stamp, id) at which a row can pass; None for no bound."""
        if isinstance(condition, Comparison):
            return self._lowest(condition)
        if isinstance(condition, Negated):
            return None
        lows = [self.low(part) for part in condition.parts]
        bounds = [low for low in lows if low is not None]
        if isinstance(condition, AnyOf):
            return min(bounds) if len(bounds) == len(lows) else None
        return self._after_id(condition, max(bounds)) if bounds else None

    def high(self, condition: Condition) -> int | None:
        """The stamp from which on no row can pass; None for no bound."""
        if isinstance(condition, Comparison):
            stamp = self._stamp(condition)
            if stamp is None or condition.operator not in ("=", "<", "<="):
                return None
            return math.ceil(stamp) if condition.operator == "<" else math.floor(stamp) + 1
        if isinstance(condition, Negated):
            return None
        highs = [self.high(part) for part in condition.parts]
        bounds = [high for high in highs if high is not None]
        if isinstance(condition, AnyOf):
            return max(bounds) if len(bounds) == len(highs) else None
        return min(bounds) if bounds else None

    def only_stamps(self, condition: Condition) -> bool:
        """Whether :meth:`low` and :meth:`high` say all that the condition says."""
        if isinstance(condition, Every):
            return all(isinstance(part, Comparison) and self.only_stamps(part) for part in condition.parts)
        return (
            isinstance(condition, Comparison)
            and self._name(condition) == "SystemModstamp"
            and condition.operator in ("=", "<", "<=", ">", ">=")
            and self._stamp(condition) is not None
        )

    def keys(self, condition: Condition, name: str) -> list[Any] | None:
        """The values of a field that the condition's rows are among; None where it does not say."""
        if isinstance(condition, Every):
            found = (self.keys(part, name) for part in condition.parts)
            return next((keys for keys in found if keys is not None), None)
        if not isinstance(condition, Comparison) or self._name(condition) != name:
            return None
        if condition.operator not in ("=", "in"):
            return None
        field, _ = self._resolve(condition.path)
        assert not isinstance(condition.value, soql.Query)
        given = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        values = [self._value(condition, field, one) for one in given]
        return None if None in values else values

    def after(self, condition: Condition) -> str | None:
        """The id that rows must come after, where the condition says so."""
        parts = condition.parts if isinstance(condition, Every) else (condition,)
        for part in parts:
            if isinstance(part, Comparison) and part.operator in (">", ">=") and self._name(part) == "Id":
                assert isinstance(part.value, Literal)
                return long_id(part.value.value)
        return None

    # -- one comparison ------------------------------------------------------------------------------------------------

    def _name(self, comparison: Comparison) -> str:
        path = comparison.path
        return self._resolve(path)[0].name if isinstance(path, Path) and len(path.names) == 1 else ""

    def _compare(self, comparison: Comparison) -> Test:
        field, read = self._resolve(comparison.path)
        if field.type == "address" or "unfilterable" in field.extra["flags"]:
            raise self._refused(comparison, f"field '{field.name}' can not be filtered in a query call")
        read = folded(read) if _is_text(field) else read
        assert not isinstance(comparison.value, soql.Query)
        if isinstance(comparison.value, tuple):
            among = {self._value(comparison, field, one) for one in comparison.value}
            return _includes(read, among) if comparison.operator == "includes" else lambda row: read(row) in among
        if comparison.operator == "like" and not _is_text(field):
            raise self._refused(comparison, f"invalid operator on {field.type} field")
        value = self._value(comparison, field, comparison.value)
        return _OPERATORS[comparison.operator](read, value)

    def _value(self, comparison: Comparison, field: Field, literal: Literal) -> Any:
        if literal.kind == "NULL":
            return None
        if literal.kind == "PATTERN":
            return _pattern(literal.value)
        wanted = WANTED.get(field.type, ("STRING",))
        if literal.kind not in wanted:
            quotes = "should" if wanted == ("STRING",) else "should not"
            spoken = SPOKEN.get(field.type, field.type if field.type in WANTED else TEXT)
            message = (
                f"value of filter criterion for field '{field.name}' must be of type {spoken} and {quotes} be enclosed in quotes"
            )
            raise self._refused(comparison, message)
        if field.type in ("id", "reference"):
            return self._id(literal)
        return _READ.get(literal.kind, str)(literal.value)

    def _id(self, literal: Literal) -> str:
        if whole := long_id(literal.value):
            return whole
        raise Refused(400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal.value}")

    def _refused(self, comparison: Comparison, message: str) -> Refused:
        path = comparison.path if isinstance(comparison.path, Path) else comparison.path.path
        return Refused(400, "INVALID_FIELD", soql.at(self._query.text, path.line, path.column, message))

    # -- bounds --------------------------------------------------------------------------------------------------------

    def _stamp(self, comparison: Comparison, names: tuple[str, ...] = ("SystemModstamp",)) -> float | None:
        """The time that SystemModstamp (or one of these) is compared with, if it is."""
        if self._name(comparison) not in names or not isinstance(comparison.value, Literal):
            return None
        value = self._value(comparison, self._resolve(comparison.path)[0], comparison.value)
        return value if isinstance(value, float) else None

    def _lowest(self, comparison: Comparison) -> Low | None:
        stamp = self._stamp(comparison, NEVER_AFTER_STAMP)
        if stamp is None or comparison.operator not in ("=", ">", ">="):
            return None
        return (math.floor(stamp) + 1 if comparison.operator == ">" else math.ceil(stamp)), ""

    def _after_id(self, every: Every, low: Low) -> Low:
        """Where the stamp must equal T and the id come after x, rows begin behind (T, x)."""
        equal = any(isinstance(p, Comparison) and p.operator == "=" and self._stamp(p) == low[0] for p in every.parts)
        after = self.after(every)
        return max(low, (low[0], after)) if equal and after else low


def _includes(read: Read, wanted: set[str]) -> Test:
    """A multiple choice holds one of these, or all parts of one that names several with semicolons."""
    sets = [set(one.split(";")) for one in wanted]
    return lambda row: any(one <= set((read(row) or "").split(";")) for one in sets)


def _is_text(field: Field) -> bool:
    return field.type not in WANTED and field.type not in ("id", "reference")


def folded(read: Read) -> Read:
    """The same, with text without its case."""

    def lower(row: Row) -> Any:
        value = read(row)
        return value.casefold() if isinstance(value, str) else value

    return lower


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|%|_|[^\\%_]+", text, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(part) or re.escape(soql.unescape(part)) for part in parts), re.DOTALL | re.IGNORECASE)


def _equals(read: Read, value: Any) -> Test:
    return lambda row: read(row) == value


def _differs(read: Read, value: Any) -> Test:
    return lambda row: read(row) != value


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Read, Any], Test]:
    def operator(read: Read, value: Any) -> Test:
        if value is None:
            return lambda row: False
        return lambda row: (held := read(row)) is not None and compare(held, value)

    return operator


def _like(read: Read, pattern: re.Pattern[str]) -> Test:
    return lambda row: (held := read(row)) is not None and pattern.fullmatch(held) is not None


_OPERATORS: dict[str, Callable[[Read, Any], Test]] = {
    "=": _equals,
    "!=": _differs,
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
    "like": _like,
}
_READ: dict[str, Callable[[str], Any]] = {
    "STRING": str.casefold,
    "DATETIME": lambda text: datetime.fromisoformat(text.upper()).timestamp(),
    "NUMBER": float,
    "TRUE": lambda text: True,
    "FALSE": lambda text: False,
}
