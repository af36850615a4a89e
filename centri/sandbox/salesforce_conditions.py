"""Conditions that a caller puts on a row: as long as it is unchanged, or only if it changed."""

from __future__ import annotations

from base64 import b64encode
from email.utils import parsedate_to_datetime
from hashlib import sha1

from centri.sandbox.rows import Row, Table
from centri.sandbox.salesforce_call import Call
from centri.sandbox.state import Refused

TAGGED = frozenset({"Account"})
"""Objects whose rows have an ETag (REST API guide, conditional request headers)."""
FAILED = "Precondition Failed: the record was changed since"


def require(call: Call, table: Table, row: Row) -> None:
    """Let the call go on if ``If-Match`` and ``If-Unmodified-Since`` hold. Raises Refused PRECONDITION_FAILED."""
    since = _time(call, "if-unmodified-since")
    other = table.schema.name in TAGGED and "if-match" in call.headers and not _named(call, "if-match", row)
    if other or (since is not None and row.modified > since):
        raise Refused(412, "PRECONDITION_FAILED", FAILED)


def unchanged(call: Call, table: Table, row: Row) -> bool:
    """Whether the caller's copy is as good; ``If-None-Match`` counts before ``If-Modified-Since``."""
    if table.schema.name in TAGGED and "if-none-match" in call.headers:
        return _named(call, "if-none-match", row)
    since = _time(call, "if-modified-since")
    return since is not None and row.modified <= since


def tag(table: Table, row: Row) -> dict[str, str]:
    """The ETag header of a row's answer, for the objects that have it."""
    return {"ETag": f'"{_hash(row)}"'} if table.schema.name in TAGGED else {}


def _named(call: Call, header: str, row: Row) -> bool:
    """Whether the header names the row as it is; the real service marks a packed answer's tag with ``-gzip``."""
    given = [
        one.strip().removeprefix("W/").strip('"').removesuffix("-gzip").rstrip("-") for one in call.headers[header].split(",")
    ]
    return "*" in given or _hash(row) in given


def _hash(row: Row) -> str:
    return b64encode(sha1(repr(row).encode(), usedforsecurity=False).digest()).decode()


def _time(call: Call, header: str) -> float | None:
    """The header's time, in seconds since 1970; None where there is none that can be read."""
    try:
        return parsedate_to_datetime(call.headers[header]).timestamp()
    except (KeyError, ValueError):
        return None
