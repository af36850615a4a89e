"""Which call of the sandbox's SugarCRM a method and a path mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.routing import compile_path

from centri.sandbox import sugarcrm_calls as calls
from centri.sandbox import sugarcrm_files as files
from centri.sandbox import sugarcrm_keys as keys
from centri.sandbox import sugarcrm_mass as mass
from centri.sandbox import sugarcrm_related as related
from centri.sandbox.sugarcrm_audit import read_audit
from centri.sandbox.sugarcrm_call import Answer, Call
from centri.sandbox.sugarcrm_errors import no_method
from centri.sandbox.sugarcrm_login import logout, sudo, token
from centri.sandbox.sugarcrm_marks import FAVOURITE, FOLLOWED, set_mark, subscribe, unsubscribe
from centri.sandbox.sugarcrm_metadata import choices, metadata, user
from centri.sandbox.sugarcrm_values import utc

Action = Callable[[Call], Any]

BY_KEYS = "/integrate/{module}/{left_field}/{left}/link/{link}/{right_field}/{right}"
HELP = b"<!DOCTYPE html><title>SugarCRM Web API</title><h1>SugarCRM API</h1>"


def route(method: str, path: str) -> tuple[Action, dict[str, str]]:
    """The function that answers, and what the path names. Raises Refused."""
    for methods, pattern, action in ROUTES:
        if method in methods and (found := pattern.fullmatch(path)):
            return action, found.groupdict()
    raise no_method()


def _routes(table: list[tuple[str, str, Action]]) -> list[tuple[set[str], re.Pattern[str], Action]]:
    return [(set(methods.split()), compile_path(path)[0], action) for methods, path, action in table]


ROUTES = _routes(
    [
        ("POST", "/oauth2/token", lambda call: token(call.org, call.arguments)),
        ("POST", "/oauth2/logout", logout),
        ("POST", "/oauth2/sudo/{name}", sudo),
        ("GET", "/help", lambda call: Answer(200, HELP, "text/html")),
        ("GET", "/ping", lambda call: "pong"),
        ("GET", "/ping/whattimeisit", lambda call: utc(call.org.clock.now())),
        ("GET", "/me", lambda call: {"current_user": user(call.org, call.user)}),
        ("GET POST", "/metadata", lambda call: metadata(call.org, call.arguments)),
        ("GET", "/metadata/_hash", lambda call: {"_hash": metadata(call.org, {})["_hash"]}),
        ("GET", "/metadata/public", lambda call: metadata(call.org, {"type_filter": "server_info"})),
        ("POST", BY_KEYS, keys.relate_by_keys),
        ("DELETE", BY_KEYS, keys.unrelate_by_keys),
        ("PUT", "/integrate/{module}/{id}/{key_field}/{key}", keys.set_key),
        ("PUT", "/integrate/{module}/{id}", keys.set_key),
        ("GET", "/integrate/{module}/{key_field}/{key}", keys.read_by_key),
        ("PATCH", "/integrate/{module}/{key_field}/{key}", keys.upsert_record),
        ("DELETE", "/integrate/{module}/{key_field}/{key}", keys.delete_by_key),
        ("POST", "/{module}/{left}/link_by_sync_keys/{link}/{right}", keys.relate_by_keys),
        ("DELETE", "/{module}/{left}/link_by_sync_keys/{link}/{right}", keys.unrelate_by_keys),
        ("PATCH PUT", "/{module}/sync_key/{key}", keys.upsert_record),
        ("GET", "/{module}/enum/{field}", lambda call: choices(call.org, call.path["module"], call.path["field"])),
        ("GET POST", "/{module}/filter/count", calls.count_records),
        ("GET", "/{module}/count", calls.count_records),
        ("GET POST", "/{module}/filter", calls.list_records),
        ("POST", "/{module}/duplicateCheck", mass.check_duplicates),
        ("PUT", "/{module}/MassUpdate", mass.mass_update),
        ("DELETE", "/{module}/MassUpdate", mass.mass_delete),
        ("POST", "/Leads/{id}/convert", calls.convert_lead),
        ("POST", "/{module}/temp/file/{field}", files.write_temporary),
        ("GET", "/{module}/{id}/file", files.list_files),
        ("GET", "/{module}/{id}/file/{field}", files.read_file),
        ("POST PUT", "/{module}/{id}/file/{field}", files.write_file),
        ("DELETE", "/{module}/{id}/file/{field}", files.delete_file),
        ("GET", "/{module}/{id}/audit", read_audit),
        ("PUT", "/{module}/{id}/favorite", set_mark(FAVOURITE)),
        ("PUT", "/{module}/{id}/unfavorite", set_mark(FAVOURITE, wanted=False)),
        ("DELETE", "/{module}/{id}/favorite", set_mark(FAVOURITE, wanted=False)),
        ("PUT", "/{module}/{id}/subscribe", set_mark(FOLLOWED)),
        ("PUT", "/{module}/{id}/unsubscribe", set_mark(FOLLOWED, wanted=False)),
        ("POST", "/{module}/{id}/subscribe", subscribe),
        ("DELETE", "/{module}/{id}/unsubscribe", unsubscribe),
        ("GET", "/{module}/{id}/link/{link}/count", related.count_related),
        ("GET", "/{module}/{id}/link/{link}/leancount", related.count_lean),
        ("GET POST", "/{module}/{id}/link/{link}/filter", related.list_related),
        ("GET", "/{module}/{id}/link/{link}/{remote}", related.read_related),
        ("POST PUT", "/{module}/{id}/link/{link}/{remote}", related.relate_one),
        ("DELETE", "/{module}/{id}/link/{link}/{remote}", related.unrelate_one),
        ("GET", "/{module}/{id}/link/{link}", related.list_related),
        ("POST", "/{module}/{id}/link/{link}", related.create_related),
        ("POST", "/{module}/{id}/link", related.relate_many),
        ("GET", "/{module}", calls.list_records),
        ("POST", "/{module}", calls.create_record),
        ("GET", "/{module}/{id}", calls.read_record),
        ("PUT", "/{module}/{id}", calls.update_record),
        ("DELETE", "/{module}/{id}", calls.delete_record),
    ]
)
