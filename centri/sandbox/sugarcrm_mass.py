"""Calls to the sandbox's SugarCRM about many records at once: mass update, mass delete, the search for duplicates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from centri.sandbox.sugarcrm_call import Call
from centri.sandbox.sugarcrm_errors import refused
from centri.sandbox.sugarcrm_filters import condition
from centri.sandbox.sugarcrm_lists import candidates, matching
from centri.sandbox.sugarcrm_saving import update

ADDING = "add"
NOT_VALUES = ("uid", "entire", "filter", "team_name_type", "tag_type")
MOST_DUPLICATES = 20


def mass_update(call: Call) -> Any:
    """Set the same fields on all the named records."""
    wishes = _wishes(call)
    values = {name: value for name, value in wishes.items() if name not in NOT_VALUES}
    for id in _ids(call, wishes):
        row = call.org.live(call.table.schema.name, id)
        adding = {name for name in ("team_name", "tag") if name in values and wishes.get(f"{name}_type") == ADDING}
        update(call, call.table, row, {**values, **{name: [*(row.get(name) or []), *values[name]] for name in adding}})
    return {"status": "done"}


def mass_delete(call: Call) -> Any:
    for id in _ids(call, _wishes(call)):
        call.org.delete(call.table.schema.name, call.org.live(call.table.schema.name, id).id, user=call.user)
    return {"status": "done"}


def check_duplicates(call: Call) -> Any:
    """Live records that share the name, the name of a person or an e-mail address, most alike first."""
    values, org, table = call.arguments, call.org, call.table
    conditions: list[dict[str, Any]] = [{name: values[name]} for name in ("name",) if values.get(name)]
    if values.get("last_name"):
        conditions.append({"first_name": values.get("first_name"), "last_name": values["last_name"]})
    if addresses := [one.get("email_address") for one in values.get("email") or [] if isinstance(one, Mapping)]:
        conditions.append({"email": {"$in": addresses}})
    tests = [condition(org, table, [one]) for one in conditions]
    ranked = [(sum(test(row) for test in tests), row) for row in candidates(org, table, []) if not row.deleted]
    found = sorted((one for one in ranked if one[0]), key=lambda one: -one[0])[:MOST_DUPLICATES]
    return {"next_offset": -1, "records": [{**call.shown(table, row), "duplicate_check_rank": rank} for rank, row in found]}


def _wishes(call: Call) -> Mapping[str, Any]:
    wishes = call.arguments.get("massupdate_params")
    if not isinstance(wishes, Mapping):
        raise refused("missing_parameter", "Missing parameter: massupdate_params")
    return wishes


def _ids(call: Call, wishes: Mapping[str, Any]) -> list[str]:
    if wishes.get("entire"):
        return [row.id for row in matching(call.org, call.table, {"filter": wishes.get("filter")}, user=call.user)]
    given = wishes.get("uid") or []
    return given.split(",") if isinstance(given, str) else [str(one) for one in given]
