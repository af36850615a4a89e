"""Rows by way of a relationship: a row's parent, or its children."""

from __future__ import annotations

import re

from starlette.responses import Response

from centri.sandbox.salesforce_call import Call, Route, answered, not_found, row_id
from centri.sandbox.salesforce_paths import follow, relation
from centri.sandbox.salesforce_rows import shown
from centri.sandbox.salesforce_schema import CHILDREN


def related(call: Call, object: str, id: str, name: str) -> Response:
    """``GET /sobjects/T/<id>/<relationship>``."""
    table = call.table(object)
    row = table.get(row_id(table, id))
    assert row
    fields = call.query.get("fields")
    lookup = relation([table], name)
    if lookup:
        found = follow(call.org, row, lookup)
        if found is None or found[1].deleted:
            raise not_found()
        return answered(shown(call, *found, fields))
    for (child, field), called in CHILDREN.items():
        below = call.org.table(child)
        if called.casefold() == name.casefold() and table.schema.name in below.schema.fields[field].refers_to:
            records = [shown(call, below, one, fields) for one in below.find(field, row.id)]
            return answered({"totalSize": len(records), "done": True, "records": records})
    raise not_found()


PATH = r"/services/data/(?P<version>[^/]+)/sobjects/(?P<object>[^/]+)/(?P<id>[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?)/(?P<name>[^/]+)"
CLOSED: list[Route] = [("GET", re.compile(PATH, re.IGNORECASE), related)]
"""Before the rows' own routes: what looks like an id is no key's name, which has an underscore in it."""
