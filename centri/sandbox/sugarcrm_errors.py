"""How the sandbox's SugarCRM refuses: a label, its status and a text."""

from __future__ import annotations

from centri.sandbox.state import Refused

STATUS = {
    "incorrect_version": 301,
    "search_unavailable": 400,
    "search_runtime": 400,
    "need_login": 401,
    "invalid_grant": 401,
    "not_authorized": 403,
    "inactive_portal_user": 403,
    "portal_not_configured": 403,
    "no_method": 404,
    "not_found": 404,
    "edit_conflict": 409,
    "metadata_out_of_date": 412,
    "request_too_large": 413,
    "missing_parameter": 422,
    "invalid_parameter": 422,
    "request_failure": 424,
    "too_many_requests": 429,
    "client_outdated": 433,
    "fatal_error": 500,
    "bad_gateway": 502,
    "service_unavailable": 503,
    "maintenance": 503,
}
TEXTS = {
    401: ("invalid_grant", "The access token provided is invalid."),
    500: ("fatal_error", "A fatal error happened."),
    503: ("service_unavailable", "The server is currently unavailable. Please try again later."),
}


def refused(label: str, message: str) -> Refused:
    """The refusal of this label, with its status."""
    return Refused(STATUS[label], label, message)


def invalid(message: str) -> Refused:
    return refused("invalid_parameter", f"Invalid parameter: {message}")


def not_found(module: str, id: str) -> Refused:
    return refused("not_found", f"Could not find record: {id} in module: {module}")


def no_method() -> Refused:
    return refused("no_method", "Your request was not supported. Could not find the HTTP method of your request for this path.")


def body(label: str, message: str) -> dict[str, str]:
    return {"error": label, "error_message": message}


def body_for(status: int) -> dict[str, str]:
    """What a status says when nothing more is known of it."""
    label = next((label for label, code in STATUS.items() if code == status), "fatal_error")
    return body(*TEXTS.get(status, (label, f"{label.replace('_', ' ').capitalize()}.")))
