"""Answers that need not be sent again: If-Modified-Since on what an org says of its objects."""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime

from starlette.responses import Response

from centri.sandbox.rows import Table
from centri.sandbox.salesforce_call import Answer, Call


def since_changed(answer: Answer) -> Answer:
    """The same answer, but 304 without a body if neither the object nor, where none is named, any object changed."""

    def conditional(call: Call, **given: str) -> Response:
        tables = [call.table(given["object"])] if "object" in given else list(call.org.tables.values())
        when = max(_changed(call, table) for table in tables)
        if _known(call) is not None and when <= (_known(call) or 0):
            return Response(status_code=304)
        response = answer(call, **given)
        response.headers["Last-Modified"] = formatdate(when, usegmt=True)
        return response

    return conditional


def _changed(call: Call, table: Table) -> int:
    """When the object was first seen to differ from what it was, in seconds since 1970; its org's first day until then."""
    now_like = hash(tuple(repr(field) for field in table.schema.fields.values()))
    known = call.org.described.get(table.schema.name)
    if known is None:
        known = (now_like, 0)
    elif known[0] != now_like:
        known = (now_like, max(call.org.clock.now(), (_known(call) or 0) + 1))
    call.org.described[table.schema.name] = known
    return known[1]


def _known(call: Call) -> int | None:
    """The time that the caller's copy is of."""
    try:
        return int(parsedate_to_datetime(call.headers["if-modified-since"]).timestamp())
    except (KeyError, ValueError):
        return None
