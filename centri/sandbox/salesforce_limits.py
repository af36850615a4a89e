"""What a request may look like, whatever it asks for: how long it is, and what its body is."""

from __future__ import annotations

from centri.sandbox.salesforce_call import Call
from centri.sandbox.state import Refused

LONGEST = 16_384
"""How long path and query, and these with all headers, may be in bytes (REST API guide, status codes: 414 and 431)."""
AROUND = len(": \r\n")
BULK = "/jobs/"


def check_size(call: Call) -> None:
    """Raises Refused for an address that is too long, or that is with its headers."""
    if call.length > LONGEST:
        raise Refused(414, "URI_TOO_LONG", "The URI of the request is too long")
    if call.length + sum(len(name) + len(value) + AROUND for name, value in call.headers.raw) > LONGEST:
        raise Refused(431, "REQUEST_HEADER_FIELDS_TOO_LARGE", "The URI and the headers of the request are too long together")


def check_type(call: Call) -> None:
    """REST reads JSON; what says nothing of itself is taken for it, and bulk jobs speak for themselves. Raises Refused."""
    kind = call.headers.get("content-type", "")
    if not kind or not call.body or "json" in kind.lower() or call.method not in ("POST", "PATCH", "PUT"):
        return
    if call.path.startswith("/services/data/") and BULK not in call.path:
        message = f"Content-Type header specified in HTTP request is not supported: {kind}"
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", message)
