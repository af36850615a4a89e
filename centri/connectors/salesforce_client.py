"""Calls to one Salesforce org over simple-salesforce: log-in, expiry, errors by cure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceError,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
)
from simple_salesforce.login import SalesforceLogin

from centri.connectors import soql
from centri.connectors.codec import instant
from centri.connectors.http import InstanceAdapter, Patience, Session
from centri.connectors.salesforce_errors import call_error, judge_limits, told_allowance
from centri.errors import ConfigError, LoginRefused, RetryLater
from centri.records import Cursor
from centri.sync.budget import Allowance

_OWN_DOMAIN = ".salesforce.com"


@dataclass(frozen=True, slots=True)
class SalesforceAuth:
    """Client credentials, or a user's name and password, with a connected app (OAuth) or without (SOAP log-in).

    Salesforce retires the SOAP log-in with API version 65: prefer client credentials.
    """

    flow: str
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    security_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SalesforceOptions:
    """``instance_url`` is the org's own (My Domain) address; ``api_version`` has no leading v.

    ``partner_role`` is the role of the partner rows that opportunities get; without one there are none to read or to write.
    """

    instance_url: str
    auth: SalesforceAuth
    api_version: str = "62.0"
    partner_role: str = ""


class SalesforceClient:
    """One org. Nothing is opened before the first call; an expired token is renewed once for each call.

    Every call raises ConfigError or RetryLater. ``org`` and ``user`` are the ids that the log-in told, ``allowance`` is what the
    latest answer told of the org's daily calls.
    """

    def __init__(self, name: str, options: SalesforceOptions, patience: Patience) -> None:
        self.name, self.options = name, options
        self.org = self.user = ""
        self.allowance: Allowance | None = None
        self.session = Session(name, options.instance_url, patience, self._judge)
        self._salesforce: Salesforce | None = None
        if not _is_own_domain(options.instance_url):
            self.session.mount("https://", InstanceAdapter(options.instance_url))

    def query(self, soql: str, *, deleted: bool, page_size: int = 2000) -> tuple[list[dict[str, Any]], bool]:
        """The rows of one answer, and whether it held all of them: Salesforce may send fewer than were asked for.

        ``page_size`` is a wish between 200 and 2000 rows.
        """
        headers = {"Sforce-Query-Options": f"batchSize={min(2000, max(200, page_size))}"}
        answer = self._call(lambda s: s.query(soql, include_deleted=deleted, headers=headers))
        return answer["records"], bool(answer["done"])

    def every(self, columns: Iterable[str], object: str, where: Sequence[str]) -> Iterator[dict[str, Any]]:
        """All rows, deleted ones too, in as many answers as Salesforce makes of them; the columns hold stamp and id."""
        names, cursor, done = list(columns), None, False
        while not done:
            rows, done = self.query(soql.select(names, object, [*where, *soql.after(cursor)]), deleted=True)
            yield from rows
            cursor = Cursor(instant(rows[-1][soql.STAMP]), rows[-1]["Id"]) if rows else None
            done = done or not rows

    def get(self, path: str) -> Any:
        return self._call(lambda s: s.restful(path))

    def send(self, method: str, path: str, body: Mapping[str, Any], *, repeatable: bool) -> Any:
        """A write. No assignment rule runs on it: the owner is what was sent, or our user."""
        headers = {"Sforce-Auto-Assign": "FALSE"}
        return self._call(lambda s: s.restful(path, method=method, json=body, headers=headers, repeatable=repeatable))

    def send_row(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """One row's write; the errors of one that Salesforce refuses are the answer, as a list."""
        headers = {"Sforce-Auto-Assign": "FALSE"}

        def act(salesforce: Salesforce) -> Any:
            try:
                return salesforce.restful(path, method=method, json=body, headers=headers, repeatable=False)
            except SalesforceMalformedRequest as refusal:
                return refusal.content

        return self._call(act)

    def _judge(self, answer: requests.Response) -> RetryLater | None:
        self.allowance = told_allowance(answer) or self.allowance
        return judge_limits(self.name, answer)

    def login(self) -> Salesforce:
        """Logs in, if that was not done yet."""
        if self._salesforce is None:
            self._salesforce = self._login()
        return self._salesforce

    def _call(self, act: Callable[[Salesforce], Any]) -> Any:
        try:
            return self._once(act)
        except SalesforceExpiredSession:
            self._salesforce = None
        try:
            return self._once(act)
        except SalesforceExpiredSession as error:
            raise call_error(self.name, error.resource_name, error.status, error.content) from None

    def _once(self, act: Callable[[Salesforce], Any]) -> Any:
        try:
            return act(self.login())
        except SalesforceExpiredSession:
            raise
        except SalesforceError as error:
            raise call_error(self.name, error.resource_name, error.status, error.content) from None
        except requests.JSONDecodeError:
            raise RetryLater(f"{self.name}: {self.options.instance_url} answered with something other than JSON") from None

    def _login(self) -> Salesforce:
        options = self.options
        try:
            token, host = SalesforceLogin(
                session=self.session, domain=_login_domain(options.instance_url), **_credentials(options)
            )
        except SalesforceAuthenticationFailed as error:
            said = f"{error.code}: {str(error.auth_message)[:200]}"
            raise LoginRefused(f"connection {self.name!r}: log-in refused ({said}); {_remedy(options.auth)}") from None
        except (requests.JSONDecodeError, AttributeError, ValueError) as error:
            raise ConfigError(f"connection {self.name!r}: {options.instance_url} does not answer as Salesforce does") from error
        self.org, self.user = _identity(self.session.login_answer)
        url = f"https://{host}" if _is_own_domain(options.instance_url) else options.instance_url
        return Salesforce(
            session_id=token,
            instance_url=url,
            session=self.session,
            version=options.api_version,
            parse_float=Decimal,  # a currency has more digits than a float keeps
            object_pairs_hook=None,
        )


def _credentials(options: SalesforceOptions) -> dict[str, Any]:
    auth = options.auth
    app = {"consumer_key": auth.client_id, "consumer_secret": auth.client_secret}
    if auth.flow == "client_credentials":
        return app
    user = {"username": auth.username, "password": auth.password + auth.security_token}
    return user | app if auth.client_id else user | {"sf_version": options.api_version}


def _remedy(auth: SalesforceAuth) -> str:
    if auth.flow == "client_credentials":
        return "check auth.client_id and auth.client_secret, and that instance_url is the org's own address"
    return "check auth.username, auth.password and auth.security_token"


def _is_own_domain(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and (parts.hostname or "").endswith(_OWN_DOMAIN)


def _login_domain(url: str) -> str:
    """What simple-salesforce puts before salesforce.com; elsewhere the session's adapter replaces the host anyway."""
    return (urlsplit(url).hostname or "").removesuffix(_OWN_DOMAIN) if _is_own_domain(url) else "instance.my"


def _identity(answer: requests.Response | None) -> tuple[str, str]:
    """The ids of the org and of our user: OAuth gives them as ``…/id/<org>/<user>``, SOAP as two elements."""
    text = answer.text if answer is not None else ""
    found = re.search(r'/id/(\w+)/(\w+)"', text)
    if found:
        return found[1], found[2]
    org, user = re.search(r"<organizationId>(\w+)<", text), re.search(r"<userId>(\w+)<", text)
    return org[1] if org else "", user[1] if user else ""
