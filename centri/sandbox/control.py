"""The ``/__sandbox__`` endpoints of both CRMs: persons' edits, faults, the clock, sessions, the state and the log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from centri.sandbox.rows import Row, Table
from centri.sandbox.state import Org, Refused
from centri.sandbox.watch import Watched

Answer = Callable[[Org, Request, Any], Any]


def create_app(org: Org, crm: ASGIApp) -> ASGIApp:
    """A CRM's whole server: its own API, watched for faults and logged, and the control endpoints beside it."""
    routes = [Route(f"/{path}", _endpoint(org, answer), methods=[method]) for (method, path), answer in _ENDPOINTS.items()]
    return Starlette(routes=[Mount("/__sandbox__", routes=routes), Mount("/", app=Watched(org, crm))])


def _endpoint(org: Org, answer: Answer) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            given = orjson.loads(body) if body else {}
            with org.lock:
                org.show_late()
                return _json(answer(org, request, given))
        except Refused as refusal:
            error = {"code": refusal.code, "message": refusal.message, "fields": refusal.fields}
            return _json({"error": error}, refusal.status)
        except (KeyError, TypeError, ValueError) as error:
            return _json({"error": {"code": type(error).__name__, "message": str(error)}}, 400)

    return endpoint


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value, default=str), status, media_type="application/json")


# -- a person's edits --------------------------------------------------------------------------------------------------


def _edit(org: Org, request: Request, given: Any) -> Any:
    """One act of a person, or a list of them, one after the other; ``late_seconds``: seen so much later than stamped."""
    return [_act(org, one) for one in given] if isinstance(given, list) else _act(org, given)


def _act(org: Org, act: dict[str, Any]) -> dict[str, Any]:
    wishes = dict(act)
    action = wishes.pop("action")
    table = org.table(wishes.pop("object"))
    seconds = wishes.pop("late_seconds", None)
    who = org.person(wishes.pop("user", None))
    if action not in _ACTS:
        raise ValueError(f"no action is called {action!r}; there are {', '.join(_ACTS)}")
    with org.hiding(int(seconds)) if seconds else nullcontext():
        row, more = _ACTS[action](org, table, who, wishes)
    return {"object": table.schema.name, "id": row.id, "row": org.view(table, row), **more}


def _create(org: Org, table: Table, who: str, wishes: dict[str, Any]) -> tuple[Row, dict[str, Any]]:
    return org.create(table.schema.name, wishes["values"], user=who, id=wishes.get("id")), {}


def _update(org: Org, table: Table, who: str, wishes: dict[str, Any]) -> tuple[Row, dict[str, Any]]:
    return org.update(table.schema.name, wishes["id"], wishes["values"], user=who), {}


def _delete(org: Org, table: Table, who: str, wishes: dict[str, Any]) -> tuple[Row, dict[str, Any]]:
    return org.delete(table.schema.name, wishes["id"], user=who), {}


def _undelete(org: Org, table: Table, who: str, wishes: dict[str, Any]) -> tuple[Row, dict[str, Any]]:
    return org.undelete(table.schema.name, wishes["id"], user=who), {}


def _merge(org: Org, table: Table, who: str, wishes: dict[str, Any]) -> tuple[Row, dict[str, Any]]:
    losers = wishes["losers"]
    row = org.merge(table.schema.name, wishes["id"], losers, user=who)
    gone = [lost for loser in losers if (lost := table.get(loser))]
    return row, {"losers": [org.view(table, lost) for lost in gone]}


def _convert(org: Org, table: Table, who: str, wishes: dict[str, Any]) -> tuple[Row, dict[str, Any]]:
    lead = wishes.pop("id")
    became = org.convert(lead, user=who, **wishes)
    row = table.get(lead)
    if row is None:
        raise KeyError(lead)
    return row, {"converted": became}


_ACTS: dict[str, Callable[[Org, Table, str, dict[str, Any]], tuple[Row, dict[str, Any]]]] = {
    "create": _create,
    "update": _update,
    "delete": _delete,
    "undelete": _undelete,
    "merge": _merge,
    "convert": _convert,
}


# -- looking in --------------------------------------------------------------------------------------------------------


def _state(org: Org, request: Request, given: Any) -> Any:
    """Counts of every object; with ``object`` its rows (``id``: that one; ``deleted=false``: live ones only)."""
    if "object" not in request.query_params:
        counts = {name: {"rows": org.count(name), "deleted": table.deleted} for name, table in org.tables.items()}
        return {"name": org.name, "calls": org.calls, **_clock(org, request, given), "objects": counts}
    table = org.table(request.query_params["object"])
    if "id" in request.query_params:
        row = table.get(request.query_params["id"])
        rows = [row] if row else []
    else:
        rows = list(table.since(deleted=request.query_params.get("deleted") != "false"))
    return {"object": table.schema.name, "rows": [org.view(table, row) for row in rows]}


def _log(org: Org, request: Request, given: Any) -> Any:
    """The last calls with their answers, oldest first; ``last=N`` of them."""
    entries = list(org.log)
    return {"entries": entries[-int(request.query_params.get("last", len(entries)) or 1) :]}


def _clear_log(org: Org, request: Request, given: Any) -> Any:
    org.log.clear()
    return {"entries": []}


# -- time, sessions, faults --------------------------------------------------------------------------------------------


def _clock(org: Org, request: Request, given: Any) -> Any:
    now = datetime.fromtimestamp(org.clock.now(), UTC)
    return {"now": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "offset_seconds": org.clock.offset}


def _set_clock(org: Org, request: Request, given: Any) -> Any:
    """``offset_seconds``: run so far ahead of real time; ``now`` (ISO or seconds): be it then; ``frozen``: stand still."""
    if "offset_seconds" in given:
        org.clock.shift(int(given["offset_seconds"]))
    if "now" in given or "frozen" in given:
        now = given.get("now", org.clock.now())
        when = int(datetime.fromisoformat(now).timestamp()) if isinstance(now, str) else int(now)
        org.clock.set(when, frozen=bool(given.get("frozen")))
    return _clock(org, request, given)


def _sessions(org: Org, request: Request, given: Any) -> Any:
    """``lifetime_seconds``: of tokens from now on; ``expire``: end those that are open."""
    if "lifetime_seconds" in given:
        org.sessions.lifetime = int(given["lifetime_seconds"])
    if given.get("expire"):
        org.sessions.expire()
    return {"lifetime_seconds": org.sessions.lifetime, "sessions": len(org.sessions.all())}


def _faults(org: Org, request: Request, given: Any) -> Any:
    return {"faults": org.faults.list()}


def _arm(org: Org, request: Request, given: Any) -> Any:
    """Arm one fault, see :class:`centri.sandbox.faults.Fault`."""
    org.faults.arm(**given)
    return _faults(org, request, given)


def _disarm(org: Org, request: Request, given: Any) -> Any:
    """All faults, or with ``id`` one; whom they keep waiting goes on."""
    one = request.query_params.get("id")
    org.faults.clear(int(one) if one else None)
    return _faults(org, request, given)


def _schema(org: Org, request: Request, given: Any) -> Any:
    return {"changes": org.drift.list()}


def _drift(org: Org, request: Request, given: Any) -> Any:
    """Change ``field`` of ``object``, see :class:`centri.sandbox.drift.Drift`."""
    wishes = dict(given)
    table, name = org.table(wishes.pop("object")), wishes.pop("field")
    org.drift.change(table, name, wishes)
    return _schema(org, request, given)


def _undo_drift(org: Org, request: Request, given: Any) -> Any:
    org.drift.undo()
    return _schema(org, request, given)


def _settings(org: Org, request: Request, given: Any) -> Any:
    """What the CRM alone lets a test set: its administrator's rules, and how it logs in."""
    return org.configure(given)


def _reset(org: Org, request: Request, given: Any) -> Any:
    """Back to the rows of the start; no sessions, faults, log or calls, and real time."""
    org.reset()
    return _state(org, request, given)


_ENDPOINTS: dict[tuple[str, str], Answer] = {
    ("POST", "edit"): _edit,
    ("GET", "state"): _state,
    ("GET", "log"): _log,
    ("DELETE", "log"): _clear_log,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _set_clock,
    ("POST", "sessions"): _sessions,
    ("GET", "settings"): _settings,
    ("POST", "settings"): _settings,
    ("POST", "reset"): _reset,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _arm,
    ("DELETE", "faults"): _disarm,
    ("GET", "schema"): _schema,
    ("POST", "schema"): _drift,
    ("DELETE", "schema"): _undo_drift,
}
