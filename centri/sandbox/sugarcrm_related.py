"""The calls that the sandbox's SugarCRM answers about related records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from centri.sandbox.rows import Row, Table
from centri.sandbox.sugarcrm_arguments import number
from centri.sandbox.sugarcrm_call import Call
from centri.sandbox.sugarcrm_links import link_of, relate, related, unrelate
from centri.sandbox.sugarcrm_lists import DEFAULT_PAGE, matching, page
from centri.sandbox.sugarcrm_saving import create


def list_related(call: Call) -> Any:
    other, rows = _related(call)
    after, rows = page(call.org, other, call.arguments, among=rows, user=call.user)
    return {"next_offset": after, "records": [call.shown(other, row) for row in rows]}


def count_related(call: Call) -> Any:
    return {"record_count": _count(call)}


def count_lean(call: Call) -> Any:
    """How many there are up to a page's worth, and whether there are more."""
    count, most = _count(call), number(call.arguments.get("max_num") or DEFAULT_PAGE, "max_num")
    return {"record_count": min(count, most), "has_more": count > most}


def read_related(call: Call) -> Any:
    other, rows = _related(call)
    remote = call.org.live(other.schema.name, call.path["remote"] if call.path["remote"] in {row.id for row in rows} else "")
    return call.shown(other, remote)


def create_related(call: Call) -> Any:
    link = link_of(call.table, call.path["link"])
    remote = create(call, call.org.module(link.module), call.arguments)
    return _relate(call, link.name, [remote.id])[0]


def relate_one(call: Call) -> Any:
    return _relate(call, call.path["link"], [call.path["remote"]])[0]


def relate_many(call: Call) -> Any:
    ids = [str(one["id"] if isinstance(one, Mapping) else one) for one in call.arguments.get("ids") or []]
    pairs = _relate(call, str(call.arguments.get("link_name", "")), ids)
    return {"record": _read(call, call.table, call.row), "related_records": [pair["related_record"] for pair in pairs]}


def unrelate_one(call: Call) -> Any:
    link = link_of(call.table, call.path["link"])
    remote = call.org.live(link.module, call.path["remote"])
    unrelate(call.org, call.table, call.row, link, remote, user=call.user)
    return _pair(call, link.module, remote.id)


def _related(call: Call) -> tuple[Table, list[Row]]:
    link = link_of(call.table, call.path["link"])
    return call.org.table(link.module), related(call.org, call.table, call.row, link)


def _count(call: Call) -> int:
    other, rows = _related(call)
    return sum(1 for _ in matching(call.org, other, call.arguments, among=rows, user=call.user))


def _relate(call: Call, name: str, ids: list[str]) -> list[dict[str, Any]]:
    link, role = link_of(call.table, name), str(call.arguments.get("contact_role") or "")
    for remote in [call.org.live(link.module, one) for one in ids]:
        relate(call.org, call.table, call.row, link, remote, role=role, user=call.user)
    return [_pair(call, link.module, one) for one in ids]


def _pair(call: Call, module: str, id: str) -> dict[str, Any]:
    other = call.org.table(module)
    return {"record": _read(call, call.table, call.row), "related_record": _read(call, other, call.org.live(module, id))}


def _read(call: Call, table: Table, row: Row) -> dict[str, Any]:
    return call.org.read(table, row, user=call.user)
