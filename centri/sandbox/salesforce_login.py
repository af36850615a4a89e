"""Logging in to the sandbox's Salesforce: the OAuth token endpoint, SOAP login, and who one is."""

from __future__ import annotations

import base64
import binascii
import math
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from starlette.responses import Response

from centri.sandbox.salesforce_call import Answer, Call, answered, route
from centri.sandbox.salesforce_columns import full_name
from centri.sandbox.salesforce_ids import ALPHABET
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.state import Refused

REFRESH_TOKEN = "sandbox-refresh-token"  # noqa: S105 - play money
NO_CACHE = {"Cache-Control": "no-cache, no-store, max-age=0", "Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}
BAD_LOGIN = "Invalid username, password, security token; or user locked out."


def token(call: Call) -> Response:
    """``POST /services/oauth2/token``: password, client credentials (form or Basic) and refresh."""
    form = {name: values[0] for name, values in parse_qs(call.body.decode(), keep_blank_values=True).items()}
    form = {**_basic(call.headers.get("authorization", "")), **form}
    try:
        more = _GRANTS.get(form.get("grant_type", ""), _unsupported)(call, form)
    except Refused as refused:
        return answered({"error": refused.code, "error_description": refused.message}, refused.status, NO_CACHE)
    return answered({**_granted(call), **more}, headers=NO_CACHE)


def _unsupported(call: Call, form: dict[str, str]) -> dict[str, Any]:
    raise Refused(400, "unsupported_grant_type", "grant type not supported")


def _password(call: Call, form: dict[str, str]) -> dict[str, Any]:
    _check_client(call.org, form)
    if not _person_matches(call.org, form.get("username", ""), form.get("password", "")):
        raise Refused(400, "invalid_grant", "authentication failure")
    return {}


def _client_credentials(call: Call, form: dict[str, str]) -> dict[str, Any]:
    _check_client(call.org, form)
    return {"scope": "api", "api_instance_url": "https://api.salesforce.com"}


def _refresh(call: Call, form: dict[str, str]) -> dict[str, Any]:
    _check_client(call.org, form)
    if not call.org.sessions.find(form.get("refresh_token", ""), kind="refresh"):
        raise Refused(400, "invalid_grant", "expired access/refresh token")
    return {"scope": "refresh_token full"}


_GRANTS = {"password": _password, "client_credentials": _client_credentials, "refresh_token": _refresh}


def soap(call: Call, version: str) -> Response:
    """``POST /services/Soap/u/<version>``: the login call alone."""
    texts = {element.tag.rpartition("}")[2]: element.text or "" for element in _elements(call.body)}
    if "login" not in texts:
        return _soap_fault("soapenv:Client", "UNKNOWN_EXCEPTION", "No operation available for request")
    if not _person_matches(call.org, texts.get("username", ""), texts.get("password", "")):
        return _soap_fault("INVALID_LOGIN", "INVALID_LOGIN", f"INVALID_LOGIN: {BAD_LOGIN}")
    org, opened = call.org, open_session(call.org)
    url = f"{call.instance_url}/services/Soap/{{}}/{version}/{org.id[:15]}"
    result = {
        "metadataServerUrl": url.format("m"),
        "passwordExpired": "false",
        "sandbox": "true",
        "serverUrl": url.format("u"),
        "sessionId": opened,
        "userId": org.integration_user,
    }
    info = {"organizationId": org.id, "sessionSecondsValid": str(org.sessions.lifetime), "userId": org.integration_user}
    inner = _xml(result) + f"<userInfo>{_xml({**info, 'userName': org.credentials.username})}</userInfo>"
    body = f'<loginResponse xmlns="urn:partner.soap.sforce.com"><result>{inner}</result></loginResponse>'
    return _envelope(body, 200)


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
    made = f"{org.id[:15]}!AQ{''.join(org.random.choices(ALPHABET, k=80))}"
    org.sessions.open(made, org.integration_user)
    return made


def allow_refresh(org: SalesforceOrg) -> None:
    """Let the well-known refresh token of the sandbox in, for ever."""
    org.sessions.open(REFRESH_TOKEN, org.integration_user, lifetime=math.inf, kind="refresh")


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


def _person_matches(org: SalesforceOrg, username: str, password: str) -> bool:
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


def _elements(body: bytes) -> list[ET.Element]:
    try:
        return list(ET.fromstring(body).iter())  # noqa: S314 - the caller is a test on loopback
    except ET.ParseError:
        return []


def _xml(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


def _soap_fault(fault: str, code: str, message: str) -> Response:
    detail = f'<sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>{code}</sf:exceptionCode>'
    detail += f"<sf:exceptionMessage>{BAD_LOGIN if code == 'INVALID_LOGIN' else message}</sf:exceptionMessage></sf:LoginFault>"
    inner = f"<faultcode>{fault}</faultcode><faultstring>{message}</faultstring><detail>{detail}</detail>"
    return _envelope(f"<soapenv:Fault>{inner}</soapenv:Fault>", 500)


def _envelope(body: str, status: int) -> Response:
    spaces = 'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com"'
    spaces += ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope {spaces}><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>'
    )
    return Response(text, status, media_type="text/xml;charset=UTF-8")


OPEN: list[tuple[str, Any, Answer]] = [
    route("POST", "/services/oauth2/token", token),
    route("POST", "/services/oauth2/revoke", revoke),
    route("POST", "/services/Soap/u/{version}", soap),
    route("POST", "/services/Soap/u/{version}/[^/]+", soap),
]
"""What needs no token."""

CLOSED: list[tuple[str, Any, Answer]] = [
    route("GET", "/services/oauth2/userinfo", userinfo),
    route("GET", "/id/{org}/{user}", identity),
]
