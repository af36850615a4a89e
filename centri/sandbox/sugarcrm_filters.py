"""Filters of the sandbox's SugarCRM: a filter expression becomes a test of one row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from centri.sandbox.rows import Row, Table, fold
from centri.sandbox.schema import Field
from centri.sandbox.sugarcrm_dates import last_second, range_of
from centri.sandbox.sugarcrm_errors import invalid
from centri.sandbox.sugarcrm_links import link_of, related
from centri.sandbox.sugarcrm_marks import VIEWED, marks, since
from centri.sandbox.sugarcrm_schema import DERIVED, SYSTEM
from centri.sandbox.sugarcrm_shown import derived, system
from centri.sandbox.sugarcrm_values import primary_address, typed

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

Test = Callable[[Row], bool]
Getter = Callable[[Row], Any]
EMPTY: tuple[Any, ...] = (None, "", [])
RANGES = ("$between", "$dateBetween", "$dateRange")

ORDER: dict[str, Callable[[Any, Any], bool]] = {"$gt": gt, "$gte": ge, "$lt": lt, "$lte": le}
TEXT: dict[str, Callable[[Any, Any], bool]] = {
    "$starts": lambda held, given: str(held).startswith(given),
    "$ends": lambda held, given: str(held).endswith(given),
    "$contains": lambda held, given: given in str(held),
    "$not_contains": lambda held, given: given not in str(held),
}


def condition(org: SugarCRM, table: Table, filter: Any, user: str | None = None) -> Test:
    """The test that a list of expressions stands for; all of them must hold. Macros speak of ``user``. Raises Refused."""
    tests = [_expression(org, table, one, user or org.integration_user) for one in listed(filter)]
    match tests:
        case []:
            return lambda row: True
        case [only]:
            return only
        case _:
            return lambda row: all(test(row) for test in tests)


def listed(filter: Any) -> list[Mapping[str, Any]]:
    """A filter as a list of expressions, however it was written; an empty value is no filter."""
    many = [] if filter in EMPTY else [filter] if isinstance(filter, Mapping) else filter
    if not isinstance(many, list) or not all(isinstance(one, Mapping) for one in many):
        raise invalid(f"filter must be a list of objects, not {filter!r}")
    return many


def getter(org: SugarCRM, table: Table, name: str) -> tuple[Field, Getter]:
    """A field by name and how to read it from a row, in its stored form. Raises Refused."""
    field = table.schema.fields.get(name)
    if field is None:
        raise invalid(f"{name} in module {table.schema.name} does not exist")
    if name in SYSTEM:
        return field, lambda row: system(name, row)
    if field.type in DERIVED:
        return field, lambda row: derived(org, field, row)
    special = _BY_TYPE.get(field.type)
    return field, (lambda row: special(row, name)) if special else (lambda row: row.values.get(name))


_BY_TYPE: dict[str, Callable[[Row, str], Any]] = {
    "email": lambda row, name: [one["email_address"] for one in row.values.get(name) or ()],
    "email1": lambda row, name: primary_address(row.values.get("email")),
    "tag": lambda row, name: row.values.get(name) or [],
    "multienum": lambda row, name: row.values.get(name) or [],
    "bool": lambda row, name: row.values.get(name, False),
}


def _expression(org: SugarCRM, table: Table, expression: Mapping[str, Any], user: str) -> Test:
    tests = [_one(org, table, name, wanted, user) for name, wanted in expression.items()]
    return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)


def _one(org: SugarCRM, table: Table, name: str, wanted: Any, user: str) -> Test:
    if name in ("$and", "$or"):
        tests = [_expression(org, table, one, user) for one in listed(wanted)]
        joined = all if name == "$and" else any
        return lambda row: joined(test(row) for test in tests)
    if name.startswith("$"):
        return _macro(org, name, wanted, user)
    if name == "email_addresses.email_address":
        name = "email"
    if "." in name:
        return _related(org, table, name, wanted, user)
    field, get = getter(org, table, name)
    operators = wanted if isinstance(wanted, Mapping) else {"$equals": wanted}
    tests = [_compare(org, field, get, operator, value) for operator, value in operators.items()]
    return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)


def _macro(org: SugarCRM, name: str, wanted: Any, user: str) -> Test:
    match name:
        case "$owner":
            return lambda row: row.get("assigned_user_id") == user
        case "$creator":
            return lambda row: row.created_by == user
        case "$favorite" | "$following":
            return lambda row: bool(marks(org, name[1:], row.id, user))
        case "$tracker":
            begin = since(org, wanted)
            return lambda row: any(one.stamp >= begin for one in marks(org, VIEWED, row.id, user))
        case _:
            raise invalid(f"did not recognize the operand: {name}")


def _related(org: SugarCRM, table: Table, name: str, wanted: Any, user: str) -> Test:
    """``link.field``: true when it holds of any related record."""
    link = link_of(table, name.split(".", 1)[0])
    test = _one(org, org.table(link.module), name.split(".", 1)[1], wanted, user)
    return lambda row: any(test(other) for other in related(org, table, row, link))


def _compare(org: SugarCRM, field: Field, get: Getter, operator: str, value: Any) -> Test:
    def operand(one: Any) -> Any:
        return comparable(field, one if field.type in ("email", "tag", "multienum") else typed(field, one, org.timezone))

    test: Test
    if operator in ("$equals", "$in", "$not_equals", "$not_in"):
        wanted = {operand(one) for one in (_many(value) if operator.endswith("in") else [value])}
        test = _any_of(field, get, wanted, present=not operator.startswith("$not"))
    elif operator in ("$is_null", "$empty", "$not_null", "$not_empty"):
        present = operator.startswith("$not")
        test = lambda row: (get(row) not in EMPTY) == present  # noqa: E731 - one test among others made here
    elif operator in RANGES:
        pair = zip((ge, le), ends(org, operator, value, whole=field.type == "datetime"), strict=True)
        low, high = (_held(field, get, compare, operand(one)) for compare, one in pair)
        test = lambda row: low(row) and high(row)  # noqa: E731 - one test among others made here
    elif operator in ORDER:
        test = _held(field, get, ORDER[operator], operand(value))
    elif operator in TEXT:
        test = _held(field, get, TEXT[operator], fold(str(value)))
    else:
        raise invalid(f"did not recognize the operand: {operator}")
    return test


def comparable(field: Field, value: Any) -> Any:
    """A stored value as it compares: text in any case (ids as they are), money as a number, nothing as empty text."""
    if value is None or isinstance(value, bool):
        return "" if value is None else value
    if field.type in ("currency", "decimal"):
        return float(value)
    return value if field.type == "id" else fold(value)


def _any_of(field: Field, get: Getter, wanted: set[Any], *, present: bool) -> Test:
    def test(row: Row) -> bool:
        held = get(row)
        if isinstance(held, list):
            return any(comparable(field, one) in wanted for one in held or ("",)) == present
        return (comparable(field, held) in wanted) == present

    return test


def _held(field: Field, get: Getter, compare: Callable[[Any, Any], bool], given: Any) -> Test:
    """A comparison that only a value which is there can pass, and only with something."""
    if given == "":
        return lambda row: False

    def test(row: Row) -> bool:
        held = get(row)
        values = held if isinstance(held, list) else [] if held in EMPTY else [held]
        return any(compare(comparable(field, one), given) for one in values)

    return test


def _many(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def ends(org: SugarCRM, operator: str, value: Any, *, whole: bool = True) -> tuple[Any, Any]:
    """Both ends of a range; with ``whole`` a last day counts to its last second. Raises Refused."""
    low, high = range_of(operator, value, org.clock.now(), org.timezone)
    if not whole or operator == "$between":
        return low, high
    try:
        return low, last_second(high, org.timezone)
    except ValueError:
        raise invalid(f"{high!r} is no date") from None
