"""Writes cassettes (vcrpy's) of what a client and a sandbox say to each other, without anybody's secrets."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from centri.sandbox.server import Sandbox
from centri.sandbox.state import Credentials

HOSTS = {"salesforce": "https://salesforce.example", "sugarcrm": "https://sugarcrm.example"}
"""What a cassette calls each CRM: the sandbox's ports are others every time."""

GONE = "REMOVED"
HEADERS = ("authorization", "oauth-token", "x-sfdc-session", "cookie", "set-cookie")
NAMES = "access_token|refresh_token|download_token|client_secret|password|signature|sessionId|assertion"
SECRETS = (
    (re.compile(rf'("(?:{NAMES})"\s*:\s*)"[^"]*"'), rf'\1"{GONE}"'),
    (re.compile(rf"(?<![\w-])((?:{NAMES})=)[^&\s]*"), rf"\g<1>{GONE}"),
    (re.compile(rf"(<(?:\w+:)?(?:{NAMES})>)[^<]*<"), rf"\g<1>{GONE}<"),
)
"""How secrets look in JSON, in a form or query, and in XML."""

Scenario = Callable[[requests.Session, str, Credentials], None]


def record(scenario: str, file: str | Path, *, seed: int = 1) -> None:
    """Play a scenario (see :data:`SCENARIOS`) against a sandbox of its own and write what was said to a new cassette.

    Raises KeyError for an unknown scenario, ImportError where vcrpy is not installed.
    """
    play = SCENARIOS[scenario]
    crm = scenario.partition("-")[0]
    Path(file).unlink(missing_ok=True)
    with Sandbox(seed) as sandbox, requests.Session() as session:
        session.trust_env = False
        url: str = getattr(sandbox, f"{crm}_url")
        with cassette(file, url, HOSTS[crm]):
            play(session, url, getattr(sandbox, crm).credentials)


def cassette(file: str | Path, url: str, host: str) -> Any:
    """A context manager of vcrpy for a new cassette without secrets, in which ``url`` is called ``host``."""
    import vcr

    def clean(text: str) -> str:
        return scrubbed(text.replace(url, host))

    def asked(request: Any) -> Any:
        request.uri = clean(request.uri)
        if request.body:
            request.body = clean(request.body.decode()).encode()
        request.headers = _clean_headers(request.headers, clean)
        return request

    def answered(response: Any) -> Any:
        body = clean(response["body"]["string"].decode()).encode()
        headers = _clean_headers(response["headers"], clean)
        headers.pop("content-length", None)  # the body's length is another one now
        return {**response, "body": {"string": body}, "headers": headers}

    recorder = vcr.VCR(record_mode="all", decode_compressed_response=True)
    return recorder.use_cassette(str(file), before_record_request=asked, before_record_response=answered)


def scrubbed(text: str) -> str:
    """The text with :data:`GONE` in the place of every secret."""
    for pattern, replacement in SECRETS:
        text = pattern.sub(replacement, text)
    return text


def _clean_headers(headers: Any, clean: Callable[[str], str]) -> dict[str, Any]:
    """Header values come alone or in lists."""
    kept = {name: value for name, value in headers.items() if name.lower() not in HEADERS}
    return {name: [clean(one) for one in value] if isinstance(value, list) else clean(str(value)) for name, value in kept.items()}


# -- scenarios ---------------------------------------------------------------------------------------------------------


def _salesforce(session: requests.Session, url: str, credentials: Credentials) -> None:
    """Log in, describe, read page by page, write, be refused, delete."""
    form = {"grant_type": "client_credentials", "client_id": credentials.client_id, "client_secret": credentials.client_secret}
    granted = session.post(f"{url}/services/oauth2/token", data=form).json()
    session.headers["Authorization"] = f"Bearer {granted['access_token']}"
    data = f"{url}/services/data/v62.0"
    session.get(f"{data}/limits")
    session.get(f"{data}/sobjects/Lead/describe")
    query = {"q": "SELECT Id, LastName, Company, SystemModstamp FROM Lead ORDER BY SystemModstamp, Id"}
    page = session.get(f"{data}/query", params=query, headers={"Sforce-Query-Options": "batchSize=200"}).json()
    while "nextRecordsUrl" in page:
        page = session.get(url + page["nextRecordsUrl"]).json()
    made = session.post(f"{data}/sobjects/Account", json={"Name": "Recorded"}).json()["id"]
    session.patch(f"{data}/sobjects/Account/{made}", json={"Phone": "+49 89 5550101"})
    session.get(f"{data}/sobjects/Account/{made}", params={"fields": "Name,Phone"})
    session.post(f"{data}/sobjects/Account", json={"Phone": "1"})
    session.get(f"{data}/query", params={"q": "SELECT Colour FROM Account"})
    session.delete(f"{data}/sobjects/Account/{made}")
    session.get(f"{data}/sobjects/Account/{made}")
    session.get(f"{data}/limits", headers={"Authorization": "Bearer ended"})


def _sugarcrm(session: requests.Session, url: str, credentials: Credentials) -> None:
    """Log in, ask for metadata, read page by page, write, be refused, delete."""
    form = {"grant_type": "password", "client_id": "sugar", "client_secret": "", "platform": "centri"}
    who = {"username": credentials.username, "password": credentials.password}
    rest = f"{url}/rest/v11_20"
    token = session.post(f"{rest}/oauth2/token", json={**form, **who}).json()["access_token"]
    session.headers["OAuth-Token"] = token
    session.get(f"{rest}/me")
    session.get(f"{rest}/metadata", params={"type_filter": "modules", "module_filter": "Leads"})
    offset = 0
    while offset >= 0:
        wish = {"filter": [], "fields": "last_name,date_modified", "order_by": "date_modified:asc,id:asc", "max_num": 100}
        offset = session.post(f"{rest}/Leads/filter", json={**wish, "offset": offset}).json()["next_offset"]
    made = session.post(f"{rest}/Accounts", json={"name": "Recorded"}).json()["id"]
    session.put(f"{rest}/Accounts/{made}", json={"phone_office": "+49 89 5550101"})
    session.get(f"{rest}/Accounts/{made}", params={"fields": "name,phone_office"})
    session.get(f"{rest}/Accounts/nobody")
    session.delete(f"{rest}/Accounts/{made}")
    session.get(f"{rest}/Accounts/{made}")
    session.get(f"{rest}/me", headers={"OAuth-Token": "ended"})


def _salesforce_login(session: requests.Session, url: str, credentials: Credentials) -> None:
    """The ways to log in: SOAP, a person's password, client credentials; and a wrong password."""
    who = f"<username>{credentials.username}</username><password>{credentials.password}</password>"
    spaces = 'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
    body = f"<e:Envelope {spaces}><e:Body><login>{who}</login></e:Body></e:Envelope>"
    session.post(f"{url}/services/Soap/u/62.0", data=body, headers={"Content-Type": "text/xml", "SOAPAction": "login"})
    client = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    session.post(f"{url}/services/oauth2/token", data={"grant_type": "client_credentials", **client})
    for password in (credentials.password, "wrong"):
        person = {"grant_type": "password", "username": credentials.username, "password": password}
        session.post(f"{url}/services/oauth2/token", data={**person, **client})


SCENARIOS: dict[str, Scenario] = {"salesforce": _salesforce, "salesforce-login": _salesforce_login, "sugarcrm": _sugarcrm}
"""By name; the part before the dash says of which CRM."""
