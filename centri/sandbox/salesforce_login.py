"""Logging in to the sandbox's Salesforce: the OAuth token endpoint, and who one is."""

from __future__ import annotations

import base64
import binascii
import math
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import Response

from centri.sandbox import salesforce_jwt
from centri.sandbox.salesforce_call import LOGIN_HOSTS, Answer, Call, answered, route
from centri.sandbox.salesforce_columns import full_name
from centri.sandbox.salesforce_ids import ALPHABET
from centri.sandbox.salesforce_org import REFRESH_TOKEN, SalesforceOrg
from centri.sandbox.state import Refused

NO_CACHE = {"Cache-Control": "no-cache, no-store, max-age=0", "Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}
ROTATED_LIFETIME = 10 * 365 * 86400


def token(call: Call) -> Response:
    """``POST /services/oauth2/token``: password, client credentials (form or Basic), JWT bearer and refresh."""
    form = {name: values[0] for name, values in parse_qs(call.body.decode(), keep_blank_values=True).items()}
    form = {**_basic(call.headers.get("authorization", "")), **form}
    try:
        more = _GRANTS.get(form.get("grant_type", ""), _unsupported)(call, form)
    except Refused as refused:
        return answered({"error": refused.code, "error_description": refused.message}, refused.status, NO_CACHE)
    return answered({**_granted(call), **more}, headers=NO_CACHE)  # granted last: a rotation ends what was open


def _unsupported(call: Call, form: dict[str, str]) -> dict[str, Any]:
    raise Refused(400, "unsupported_grant_type", "grant type not supported")


def _password(call: Call, form: dict[str, str]) -> dict[str, Any]:
    _check_client(call.org, form)
    if not person_matches(call.org, form.get("username", ""), form.get("password", "")):
        raise Refused(400, "invalid_grant", "authentication failure")
    return {}


def _client_credentials(call: Call, form: dict[str, str]) -> dict[str, Any]:
    if call.headers.get("host", "").partition(":")[0] in LOGIN_HOSTS:
        raise Refused(400, "invalid_grant", "request not supported on this domain")
    _check_client(call.org, form)
    return {"scope": "api", "api_instance_url": "https://api.salesforce.com"}


def _refresh(call: Call, form: dict[str, str]) -> dict[str, Any]:
    _check_client(call.org, form)
    org, given = call.org, form.get("refresh_token", "")
    if not org.sessions.find(given, kind="refresh"):
        raise Refused(400, "invalid_grant", "expired access/refresh token")
    if not org.rotates_refresh_tokens:
        return {"scope": "refresh_token full"}
    org.sessions.close(given)
    org.sessions.expire()  # what the old token let in goes with it
    fresh = f"5Aep{_random(org)}"
    org.sessions.open(fresh, org.integration_user, lifetime=ROTATED_LIFETIME, kind="refresh")
    return {"scope": "refresh_token full", "refresh_token": fresh}


_GRANTS = {
    "password": _password,
    "client_credentials": _client_credentials,
    "refresh_token": _refresh,
    salesforce_jwt.GRANT: salesforce_jwt.check,
}


def userinfo(call: Call) -> Response:
    """``GET /services/oauth2/userinfo``."""
    row = call.org.get("User", call.user)
    assert row
    return answered({
        "sub": _identity(call),
        "user_id": row.id,
        "organization_id": call.org.id,
        "preferred_username": row.get("Username"),
        "nickname": row.get("Alias"),
        "name": full_name(row),
        "email": row.get("Email"),
        "email_verified": True,
        "user_type": "STANDARD",
        "active": True,
    })  # fmt: skip


def identity(call: Call, org: str, user: str) -> Response:
    """``GET /id/<org>/<user>``."""
    row = call.org.get("User", user)
    if row is None:
        raise Refused(404, "NOT_FOUND", "The requested resource does not exist")
    urls = {
        "rest": f"{call.instance_url}/services/data/v{{version}}/",
        "sobjects": f"{call.instance_url}/services/data/v{{version}}/sobjects/",
    }
    named = {"username": row.get("Username"), "display_name": full_name(row), "email": row.get("Email")}
    return answered({"id": _identity(call), "user_id": user, "organization_id": org, "active": True, "urls": urls, **named})


def revoke(call: Call) -> Response:
    """``POST /services/oauth2/revoke``."""
    given = parse_qs(call.body.decode()).get("token") or [call.query.get("token", "")]
    call.org.sessions.close(given[0])
    return Response(status_code=200)


def open_session(org: SalesforceOrg) -> str:
    """A new access token of the integration user."""
    made = f"{org.id[:15]}!AQ{_random(org)}"
    org.sessions.open(made, org.integration_user)
    return made


def allow_refresh(org: SalesforceOrg) -> None:
    """Let the well-known refresh token of the sandbox in, for ever."""
    org.sessions.open(REFRESH_TOKEN, org.integration_user, lifetime=math.inf, kind="refresh")


def _random(org: SalesforceOrg) -> str:
    return "".join(org.random.choices(ALPHABET, k=80))


def _granted(call: Call) -> dict[str, Any]:
    return {
        "access_token": open_session(call.org),
        "instance_url": call.instance_url,
        "id": _identity(call),
        "token_type": "Bearer",
        "issued_at": str(call.org.clock.now() * 1000),
        "signature": base64.b64encode(call.org.random.randbytes(32)).decode(),
    }


def _identity(call: Call) -> str:
    return f"{call.instance_url}/id/{call.org.id}/{call.org.integration_user}"


def _check_client(org: SalesforceOrg, form: dict[str, str]) -> None:
    if form.get("client_id") != org.credentials.client_id:
        raise Refused(400, "invalid_client_id", "client identifier invalid")
    needs_secret = form["grant_type"] != "refresh_token" or "client_secret" in form
    if needs_secret and form.get("client_secret") != org.credentials.client_secret:
        raise Refused(400, "invalid_client", "invalid client credentials")


def person_matches(org: SalesforceOrg, username: str, password: str) -> bool:
    """A security token may follow the password, as it does for callers from outside the trusted network."""
    return username == org.credentials.username and password.startswith(org.credentials.password)


def _basic(header: str) -> dict[str, str]:
    if not header.startswith("Basic "):
        return {}
    try:
        name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": name, "client_secret": secret}


OPEN: list[tuple[str, Any, Answer]] = [
    route("POST", "/services/oauth2/token", token),
    route("POST", "/services/oauth2/revoke", revoke),
]
"""What needs no token."""

CLOSED: list[tuple[str, Any, Answer]] = [
    route("GET", "/services/oauth2/userinfo", userinfo),
    route("GET", "/id/{org}/{user}", identity),
]
