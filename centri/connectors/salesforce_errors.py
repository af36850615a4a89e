"""Salesforce's error codes, each as what the caller should do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import requests

from centri.connectors.http import Throttled
from centri.errors import CentriError, ConfigError, LoginRefused, ObjectMissing, Rejected, RetryLater
from centri.sync.budget import Allowance

KIND_OF: Mapping[str, str] = {
    "REQUIRED_FIELD_MISSING": "missing_required",
    "STRING_TOO_LONG": "too_long",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "picklist_value",
    "DUPLICATES_DETECTED": "duplicate_in_crm",
    "DUPLICATE_VALUE": "duplicate_in_crm",
    "DUPLICATE_EXTERNAL_ID": "duplicate_in_crm",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "automation_error",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "automation_error",
    "ENTITY_IS_DELETED": "deleted_remote",
    "INVALID_CROSS_REFERENCE_KEY": "reference_missing",
    "NOT_FOUND": "not_found_remote",
    "INSUFFICIENT_ACCESS_OR_READONLY": "permission",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "permission",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "permission",
    "INVALID_TYPE_ON_FIELD_IN_RECORD": "type_mismatch",
    "JSON_PARSER_ERROR": "type_mismatch",
    "NUMBER_OUTSIDE_VALID_RANGE": "type_mismatch",
    "INVALID_EMAIL_ADDRESS": "validation",
    "FIELD_INTEGRITY_EXCEPTION": "validation",
    "FIELD_FILTER_VALIDATION_EXCEPTION": "validation",
    "INACTIVE_OWNER_OR_USER": "validation",
    "MALFORMED_ID": "validation",
    "CANNOT_UPDATE_CONVERTED_LEAD": "validation",
}
"""The anomaly kind of each code that a row may be refused with; any other is ``unknown``."""

TRANSIENT = ("UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "REQUEST_RUNNING_TOO_LONG")
_LIMIT = "REQUEST_LIMIT_EXCEEDED"
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")
_ID = re.compile(r"\b[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\b")


def row_error(errors: Iterable[Mapping[str, Any]]) -> Rejected | RetryLater:
    """What the errors of one row of a collection mean; the first names the kind, all are told."""
    listed = list(errors)
    code = _code(listed[0]) if listed else ""
    told = "; ".join(f"{_code(error)}: {error.get('message', '')}" for error in listed) or "Salesforce gave no reason"
    if code in TRANSIENT:
        return RetryLater(told)
    fields = [field for error in listed for field in error.get("fields") or ()]
    return Rejected(KIND_OF.get(code, "unknown"), told, fields=fields, candidates=_candidates(code, listed))


def is_unnamed_duplicate(answer: object) -> bool:
    """Whether a duplicate rule refused a row without saying what it is a duplicate of."""
    return isinstance(answer, Rejected) and str(answer).startswith("DUPLICATES_DETECTED") and not answer.candidates


def call_error(name: str, asked: str, status: int, content: Any) -> CentriError:
    """What a refused call means. A refused read or a refused batch is for a person to mend: the mapping, the permissions."""
    error = content[0] if isinstance(content, list) and content and isinstance(content[0], dict) else {}
    code, message = _code(error), " ".join(str(error.get("message", "")).split())
    if code in TRANSIENT:
        return RetryLater(f"{name}: {code}: {message}")
    described = asked.endswith("/describe")
    refusal = LoginRefused if status == _UNAUTHORIZED else ObjectMissing if described and status == _NOT_FOUND else ConfigError
    return refusal(f"connection {name!r}: Salesforce refused {asked} ({status} {code}): {message or 'no reason given'}")


def judge_limits(name: str, answer: requests.Response) -> RetryLater | None:
    """Salesforce says 403 and REQUEST_LIMIT_EXCEEDED where others say 429; its message tells the daily limit from the rest."""
    if answer.status_code != 403 or _LIMIT not in answer.text:
        return None
    try:
        message = str(json.loads(answer.text)[0].get("message", ""))
    except (ValueError, LookupError, AttributeError):
        message = ""
    if message.startswith("Concurrent"):
        return Throttled(f"{name}: {message}")
    return RetryLater(f"{name}: the org's daily API limit is used up ({message})", daily_limit=True)


def told_allowance(answer: requests.Response) -> Allowance | None:
    """What an answer's header tells of the org's daily calls; a quota of our app's own stands behind it and is not meant."""
    found = _USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
    return Allowance(limit=int(found[2]), used=int(found[1]), everybody=True) if found else None


def _code(error: Mapping[str, Any]) -> str:
    """Single calls say ``errorCode``, rows of a collection ``statusCode``."""
    return str(error.get("statusCode") or error.get("errorCode") or "")


def _candidates(code: str, errors: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids of the records that a duplicate rule or a unique field points at, where Salesforce names them."""
    if KIND_OF.get(code) != "duplicate_in_crm":
        return []
    return [found for error in errors for found in [*_matched(error), *_named(str(error.get("message", "")))]]


def _matched(error: Mapping[str, Any]) -> list[str]:
    """Salesforce's REST API spells the key ``duplicateResut``."""
    result = error.get("duplicateResut") or error.get("duplicateResult") or {}
    matches = [match for matched in result.get("matchResults") or () for match in matched.get("matchRecords") or ()]
    return [str(match.get("record", {}).get("Id", "")) for match in matches]


def _named(message: str) -> list[str]:
    return _ID.findall(message.rpartition("with id:")[2]) if "with id:" in message else []
