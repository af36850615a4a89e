"""JSON as Salesforce lays it out for ``X-PrettyPrint: 1``: blanks around the colon, rows of a list side by side."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from starlette.responses import Response

from centri.sandbox.salesforce_call import Call

HARD = ("[\n", "[]", "{}", '\\"')
"""Signs of a list, of nothing within brackets, or of a text in which the end of a key might seem to stand."""


def laid_out(call: Call, response: Response) -> Response:
    """The answer, laid out where a caller of the REST API asks for that."""
    if call.headers.get("x-prettyprint") != "1" or not call.path.startswith("/services/data"):
        return response
    if response.body and response.headers.get("content-type", "").startswith("application/json"):
        response.body = pretty(orjson.loads(response.body)).encode()
        response.headers["content-length"] = str(len(response.body))
    return response


def pretty(value: Any, margin: str = "\n") -> str:
    """A JSON value as text; lists do not indent what is in them."""
    if isinstance(value, dict):
        below = margin + "  "
        return (
            f"{{{','.join([below + _key(key) + _text(one, below) for key, one in value.items()])}{margin}}}" if value else "{ }"
        )
    if isinstance(value, list):
        return f"[ {', '.join([_row(one, margin) for one in value])} ]" if value else "[ ]"
    return orjson.dumps(value).decode()


def _row(value: Any, margin: str) -> str:
    """Like :func:`pretty`, and quicker for what holds no list, as most rows of a page."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    if any(mark in text for mark in HARD):
        return pretty(value, margin)
    return text.replace('": ', '" : ').replace("\n", margin)


def _text(value: Any, margin: str) -> str:
    """Like :func:`pretty`, and quicker for what most values are."""
    return pretty(value, margin) if isinstance(value, dict | list) else orjson.dumps(value).decode()


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    return f"{orjson.dumps(name).decode()} : "
