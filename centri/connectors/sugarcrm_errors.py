"""SugarCRM's error labels, each as what the caller should do about it. Never its messages: they are localised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from centri.connectors.http import Throttled
from centri.errors import ConfigError, LoginRefused, Rejected, RetryLater

KIND_OF: Mapping[str, str] = {
    "missing_parameter": "missing_required",
    "invalid_parameter": "validation",
    "not_authorized": "permission",
    "not_found": "not_found_remote",
    "request_too_large": "too_long",
}
"""The anomaly kind of each label that a record may be refused with; any other is ``unknown``."""

TRANSIENT = (401, 408, 412, 420, 429, 500, 502, 503, 504)
"""Statuses that may pass: 412 says that our idea of the metadata is old, which the next run reads anew."""


_UNAUTHORIZED, _TOO_MANY = 401, 429


def record_error(status: int, contents: Any) -> Rejected | RetryLater:
    """What a refused write of one record means."""
    label, told = _label(contents), _told(contents)
    if status == _TOO_MANY:
        return Throttled(f"SugarCRM answered {status} {told}")
    if status in TRANSIENT:
        return RetryLater(f"SugarCRM answered {status} {told}")
    return Rejected(KIND_OF.get(label, "unknown"), told)


def call_error(name: str, asked: str, status: int, contents: Any) -> ConfigError | RetryLater:
    """What a refused call means. A refused read is for a person to mend: the mapping, the permissions, the version."""
    if status in TRANSIENT and status != _UNAUTHORIZED:
        return RetryLater(f"{name}: SugarCRM answered {status} {_told(contents)}")
    refusal = LoginRefused if status == _UNAUTHORIZED else ConfigError
    return refusal(f"connection {name!r}: SugarCRM refused {asked} ({status}): {_told(contents)}")


def _label(contents: Any) -> str:
    return str(contents.get("error", "")) if isinstance(contents, Mapping) else ""


def _told(contents: Any) -> str:
    message = contents.get("error_message", "") if isinstance(contents, Mapping) else ""
    return f"{_label(contents)}: {message}".strip(": ") or "no reason given"
