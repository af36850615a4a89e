"""Salesforce's SOAP API, partner and enterprise: logging in, and what only SOAP can do, such as converting a lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from starlette.responses import Response

from centri.sandbox.salesforce_call import Answer, Call, route
from centri.sandbox.salesforce_columns import full_name
from centri.sandbox.salesforce_login import open_session, person_matches
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_query import run
from centri.sandbox.salesforce_search import LARGEST, Searches
from centri.sandbox.salesforce_soap_rows import ROWS, drawn
from centri.sandbox.salesforce_values import iso
from centri.sandbox.salesforce_xml import elements, local, told
from centri.sandbox.state import Refused

BAD_LOGIN = "Invalid username, password, security token; or user locked out."
NO_SESSION = "Invalid Session ID found in SessionHeader: Illegal Session. Session not found"
SPACES = (
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:sf="urn:{0}.soap.sforce.com"'
)
PARTNER = "urn:partner.soap.sforce.com"


class Soap:
    """``POST /services/Soap/u/<version>``, and ``/c/`` for the enterprise flavour, whose answers here look the same."""

    def __init__(self, org: SalesforceOrg, searches: Searches) -> None:
        self._org, self._searches = org, searches
        self._acts: dict[str, Callable[[Call, ET.Element], Any]] = {
            "login": self._login,
            "logout": self._logout,
            "getUserInfo": lambda call, given: self._person(),
            "getServerTimestamp": lambda call, given: {"timestamp": iso(self._org.clock.now())},
            "query": self._query,
            "queryAll": self._query,
            "queryMore": self._query_more,
            **ROWS,
        }

    def answer(self, call: Call, version: str) -> Response:
        root = elements(call.body)
        body = next((one for one in root or () if local(one) == "Body"), None)
        if root is None or body is None or not len(body):
            return _fault("soapenv:Client", "UNKNOWN_EXCEPTION", "Content is not allowed in prolog.", "UnexpectedErrorFault")
        given, name = body[0], local(body[0])
        call.version = f"v{version}"
        try:
            if name != "login":
                self._enter(call, root)
            result = self._acts.get(name, _unknown)(call, given)
        except Refused as refused:
            kind = {"INVALID_LOGIN": "LoginFault", "MALFORMED_QUERY": "MalformedQueryFault"}.get(
                refused.code, "UnexpectedErrorFault"
            )
            return _fault(f"{'' if name == 'login' else 'sf:'}{refused.code}", refused.code, refused.message, kind)
        inner = told({"result": result})
        return _envelope(f'<{name}Response xmlns="{PARTNER}">{inner}</{name}Response>', 200, "sobject.partner")

    def _enter(self, call: Call, root: ET.Element) -> None:
        """Find the caller's session, and count the call. Raises Refused."""
        tokens = [one.text or "" for one in root.iter() if local(one) == "sessionId"]
        call.session = self._org.sessions.find(tokens[0]) if tokens else None
        if call.session is None:
            raise Refused(500, "INVALID_SESSION_ID", NO_SESSION)
        call.state["user"] = self._org.credentials.username
        if self._org.calls >= self._org.daily_calls:
            raise Refused(500, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self._org.calls += 1

    def _login(self, call: Call, given: ET.Element) -> dict[str, Any]:
        texts = {local(one): one.text or "" for one in given}
        if not person_matches(self._org, texts.get("username", ""), texts.get("password", "")):
            raise Refused(500, "INVALID_LOGIN", BAD_LOGIN)
        url = f"{call.instance_url}/services/Soap/{{}}/{call.version[1:]}/{self._org.id[:15]}"
        return {
            "metadataServerUrl": url.format("m"),
            "passwordExpired": False,
            "sandbox": True,
            "serverUrl": url.format("u"),
            "sessionId": open_session(self._org),
            "userId": self._org.integration_user,
            "userInfo": self._person(),
        }

    def _logout(self, call: Call, given: ET.Element) -> dict[str, Any]:
        assert call.session
        self._org.sessions.close(call.session.token)
        return {}

    def _person(self) -> dict[str, Any]:
        row = self._org.get("User", self._org.integration_user)
        firm = self._org.get("Organization", self._org.id)
        assert row
        assert firm
        return {
            "organizationId": self._org.id,
            "organizationName": firm.get("Name"),
            "sessionSecondsValid": self._org.sessions.lifetime,
            "userEmail": row.get("Email"),
            "userFullName": full_name(row),
            "userId": row.id,
            "userLocale": "en_US",
            "userName": row.get("Username"),
            "userTimeZone": "GMT",
            "userType": "Standard",
        }

    def _query(self, call: Call, given: ET.Element) -> dict[str, Any]:
        text = next((one.text or "" for one in given if local(one) == "queryString"), "")
        found = run(self._org, text, call.version, deleted=local(given) == "queryAll")
        return self._page(call, self._searches.open(call, found, LARGEST), 0)

    def _query_more(self, call: Call, given: ET.Element) -> dict[str, Any]:
        text = next((one.text or "" for one in given if local(one) == "queryLocator"), "")
        name, _, offset = text.partition("-")
        if not offset.isdigit():
            raise Refused(500, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(call, name, int(offset))

    def _page(self, call: Call, name: str, offset: int) -> dict[str, Any]:
        found, rows, after = self._searches.part(call, name, offset)
        return {
            "done": after is None,
            "queryLocator": None if after is None else f"{name}-{after}",
            "records": [drawn(found.draw(row)) for row in rows],
            "size": len(found.rows),
        }

    def routes(self) -> list[tuple[str, Any, Answer]]:
        base = "/services/Soap/[uc]/{version}"
        return [route("POST", base, self.answer), route("POST", base + "/[^/]+", self.answer)]


def _unknown(call: Call, given: ET.Element) -> Any:
    raise Refused(500, "UNKNOWN_EXCEPTION", f"No operation available for request {{{PARTNER}}}{local(given)}")


def _fault(fault: str, code: str, message: str, kind: str) -> Response:
    detail = f"<sf:{kind} xsi:type='sf:{kind}'>{told({'sf:exceptionCode': code, 'sf:exceptionMessage': message})}</sf:{kind}>"
    inner = told({"faultcode": fault, "faultstring": f"{code}: {message}"}) + f"<detail>{detail}</detail>"
    return _envelope(f"<soapenv:Fault>{inner}</soapenv:Fault>", 500, "fault.partner")


def _envelope(body: str, status: int, space: str) -> Response:
    inner = f"<soapenv:Body>{body}</soapenv:Body>"
    text = f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope {SPACES.format(space)}>{inner}</soapenv:Envelope>'
    return Response(text, status, media_type="text/xml;charset=UTF-8")
