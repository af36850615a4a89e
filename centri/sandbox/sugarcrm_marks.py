"""What users mark records with in the sandbox's SugarCRM: favourites, what they follow, what they looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from centri.sandbox.rows import Row
from centri.sandbox.sugarcrm_call import Call
from centri.sandbox.sugarcrm_errors import invalid

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

FAVOURITE, FOLLOWED, VIEWED = "favorite", "following", "viewed"
SECONDS = {"MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 604800, "MONTH": 2592000}


def marks(org: SugarCRM, kind: str, id: str, user: str) -> list[Row]:
    """The marks of a kind on a record by a user; one, or none."""
    held = org.tables["marks"]
    return [one for one in held.find("record", id) if (one.get("kind"), one.get("user")) == (kind, user)]


def mark(org: SugarCRM, kind: str, id: str, user: str) -> Row:
    """Set a mark, or set it anew."""
    held = marks(org, kind, id, user)
    values = {"record": id, "kind": kind, "user": user}
    return org.update("marks", held[0].id, values) if held else org.create("marks", values)


def unmark(org: SugarCRM, kind: str, id: str, user: str) -> None:
    for one in marks(org, kind, id, user):
        org.delete("marks", one.id)


def since(org: SugarCRM, ago: Any) -> int:
    """The time that ``-7 DAY`` speaks of, in seconds since 1970 UTC. Raises Refused."""
    count, _, unit = str(ago).strip().partition(" ")
    if unit.upper().removesuffix("S") not in SECONDS or not count.lstrip("+-").isdigit():
        raise invalid(f"{ago!r} is no interval")
    return org.clock.now() + int(count) * SECONDS[unit.upper().removesuffix("S")]


def set_mark(kind: str, *, wanted: bool = True) -> Callable[[Call], Any]:
    """The call that marks a record, or takes the mark away; it answers with the record."""

    def call_(call: Call) -> Any:
        (mark if wanted else unmark)(call.org, kind, call.row.id, call.user)
        return call.shown(call.table, call.row)

    return call_


def subscribe(call: Call) -> Any:
    """Follow a record; answers with the id of the subscription."""
    return mark(call.org, FOLLOWED, call.row.id, call.user).id


def unsubscribe(call: Call) -> Any:
    unmark(call.org, FOLLOWED, call.row.id, call.user)
    return True
