"""What a test may set in a Salesforce org: rules of its administrator, and how its logins and bulk jobs behave."""

from __future__ import annotations

from typing import Any

from centri.sandbox import soql
from centri.sandbox.rows import Row, Table
from centri.sandbox.salesforce_duplicates import DuplicateRule
from centri.sandbox.salesforce_org import Check, SalesforceOrg
from centri.sandbox.salesforce_paths import Paths, table_of
from centri.sandbox.salesforce_plain import plain
from centri.sandbox.salesforce_where import Where
from centri.sandbox.state import Refused

PLAIN: dict[str, type | tuple[type, ...]] = {
    "instance_url": (str, type(None)),
    "daily_calls": int,
    "bulk_polls": int,
    "rotates_refresh_tokens": bool,
    "jwt_key": (str, type(None)),
}
"""Settings that are attributes of the org."""


def configure(org: SalesforceOrg, settings: dict[str, Any]) -> dict[str, Any]:
    """Set what is given, and tell how all is set. Raises ValueError for what cannot be set so.

    ``jwt_key`` is the public key (PEM) that JWT logins are checked by; ``bulk_polls`` how often a bulk job's state is
    asked before it says that it has ended. ``duplicate_rules`` are fields of
    :class:`centri.sandbox.salesforce_duplicates.DuplicateRule`; ``validation_rules`` hold ``object``, ``message``,
    ``when`` (a SOQL condition which is true of a row that is refused) and perhaps ``field``.
    """
    for name, value in settings.items():
        if name == "duplicate_rules":
            org.duplicate_rules = [DuplicateRule(**{**one, "fields": tuple(one["fields"])}) for one in value]
        elif name == "validation_rules":
            org.checks = [validation(org, **one) for one in value]
        elif name not in PLAIN or not isinstance(value, PLAIN[name]):
            raise ValueError(f"{name} cannot be set to {value!r}; there are {', '.join([*PLAIN, *RULES])}")
        else:
            setattr(org, name, value)
    rules = {"duplicate_rules": len(org.duplicate_rules), "validation_rules": len(org.checks)}
    return {**{name: getattr(org, name) for name in PLAIN}, **rules}


RULES = ("duplicate_rules", "validation_rules")


def validation(org: SalesforceOrg, object: str, when: str, message: str, field: str | None = None) -> Check:
    """A validation rule. Raises Refused for a condition that cannot be read."""
    query = soql.parse(f"SELECT Id FROM {object} WHERE {when}")  # noqa: S608 - a query of the sandbox's own tables
    table = table_of(org, query)
    paths = Paths(org, query, table)
    assert query.where

    def check(org: SalesforceOrg, written: Table, row: Row) -> None:
        if written is not table or query.where is None:
            return
        condition = plain(query.where, paths.read, lambda inner: (), org.clock.now())
        if Where(query, paths.read).test(condition)(row):
            raise Refused(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", message, [field] if field else [])

    return check
