"""What a SugarCRM call was given: path, query string and body, merged into one bag of arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson

from centri.sandbox.sugarcrm_errors import invalid

_FORM = "application/x-www-form-urlencoded"
_JSON_ARGUMENTS = ("filter", "fields")


def gather(query: str, body: bytes, content_type: str) -> dict[str, Any]:
    """Merge query string and body, the body winning; a null counts as not given.

    A body without a content type is read as JSON, as some clients send it so. Raises Refused for a body that is not JSON.
    """
    given = _unbracket(parse_qsl(query, keep_blank_values=True))
    for name in _JSON_ARGUMENTS:
        if isinstance(given.get(name), str) and given[name].lstrip()[:1] in ("[", "{"):
            given[name] = _json(given[name])
    if content_type.startswith(_FORM):
        given.update(_unbracket(parse_qsl(body.decode(), keep_blank_values=True)))
    elif body.strip() and not content_type.startswith("multipart/"):
        sent = _json(body)
        given.update(sent if isinstance(sent, dict) else {})
    return {name: value for name, value in given.items() if value is not None}


def names(value: Any) -> list[str]:
    """A list of names, given as a comma list or as a JSON array (of names, or of objects with a name)."""
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    listed = value.values() if isinstance(value, Mapping) else value or ()
    return [str(one["name"] if isinstance(one, Mapping) else one) for one in listed]


def number(value: Any, name: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(f"{name} must be a number, not {value!r}") from None


def truth(value: Any) -> bool:
    """PHP's way with flags: "0", "false", "off", "no" and nothing are false."""
    return str(value).strip().lower() not in ("", "0", "false", "off", "no", "none")


def _json(text: str | bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid(f"the request is not JSON ({error})") from None


def _unbracket(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """PHP's nesting: ``filter[0][name][$starts]=A`` becomes ``{"filter": [{"name": {"$starts": "A"}}]}``."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        head, *rest = [name.split("[", 1)[0], *re.findall(r"\[([^\]]*)\]", name)]
        branch, key = tree, head
        for step in rest:
            child = branch.get(key)
            if not isinstance(child, dict):
                child = branch[key] = {}
            branch, key = child, step or str(len(child))
        branch[key] = value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(one) for key, one in value.items()}
    return list(inner.values()) if list(inner) == [str(n) for n in range(len(inner))] else inner
