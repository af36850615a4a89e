"""Calls to one SugarCRM site: log-in, expiry, bulk, errors by cure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from centri.connectors.http import Patience, Session
from centri.connectors.sugarcrm_errors import call_error
from centri.errors import ConfigError, LoginRefused, RetryLater


@dataclass(frozen=True, slots=True)
class SugarOptions:
    """``platform`` must be our own and registered: Sugar keeps one live token for each user and platform."""

    url: str
    username: str
    platform: str
    password: str = field(repr=False)
    client_id: str = "sugar"
    client_secret: str = field(default="", repr=False)
    api_version: str = "v11_24"


@dataclass(frozen=True, slots=True)
class Sub:
    """One request inside a bulk call."""

    method: str
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SubAnswer:
    status: int
    contents: Any


class SugarClient:
    """One site and one user. Nothing is opened before the first call; an expired token is renewed once for each call.

    Every call raises ConfigError or RetryLater.
    """

    def __init__(self, name: str, options: SugarOptions, patience: Patience) -> None:
        self.name, self.options = name, options
        self.session = Session(name, options.url, patience)
        self._token = self._user = ""

    @property
    def user(self) -> str:
        """Our own user's id, asked once."""
        if not self._user:
            self._user = str(self.call("GET", "me")["current_user"]["id"])
        return self._user

    @property
    def knows_user(self) -> bool:
        return bool(self._user)

    def call(self, method: str, path: str, body: Any = None, *, params: Mapping[str, str] | None = None) -> Any:
        """The answer's JSON. Every call may be repeated: creates carry their own id."""
        answer = self._send(method, path, body, params)
        if answer.status_code == 401:
            self._token = ""
            answer = self._send(method, path, body, params)
        contents = self._json(answer)
        if answer.status_code != 200:
            raise call_error(self.name, f"{method} {path}", answer.status_code, contents)
        return contents

    def by_ids(self, module: str, ids: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:
        """The records that are there, deleted ones too, in as many answers as the server's own limit makes of them."""
        rows: list[dict[str, Any]] = []
        rest, more = list(ids), True
        while rest and more:
            wanted = {"filter": [{"id": {"$in": rest}}], "fields": ",".join(fields), "max_num": len(rest), "deleted": True}
            answer = self.call("POST", f"{module}/filter", wanted)
            rows += answer["records"]
            found = {row["id"] for row in answer["records"]}
            rest, more = [one for one in rest if one not in found], bool(found) and int(answer["next_offset"]) >= 0
        return rows

    def bulk(self, subs: Sequence[Sub]) -> list[SubAnswer]:
        """Several requests as one call, answered in order; those that met an expired token are sent once more."""
        answers = self._bulk(subs)
        expired = [i for i, answer in enumerate(answers) if answer.status == 401]
        if expired:
            self._token = ""
            for i, answer in zip(expired, self._bulk([subs[i] for i in expired]), strict=True):
                answers[i] = answer
        return answers

    def _bulk(self, subs: Sequence[Sub]) -> list[SubAnswer]:
        requested = [
            {
                "url": f"/{self.options.api_version}/{sub.path}",
                "method": sub.method,
                "data": json.dumps(sub.body),
                "headers": ["Content-Type: application/json"],
            }
            for sub in subs
        ]
        answers = self.call("POST", "bulk", {"requests": requested})
        if not isinstance(answers, list) or len(answers) != len(subs):
            raise ConfigError(f"connection {self.name!r}: SugarCRM did not answer each request of a bulk call")
        return [SubAnswer(int(answer.get("status", 0)), answer.get("contents")) for answer in answers]

    def _send(self, method: str, path: str, body: Any, params: Mapping[str, str] | None) -> requests.Response:
        if not self._token:
            self._token = self._login()
        return self.session.request(method, self._url(path), json=body, params=params, headers={"OAuth-Token": self._token})

    def _login(self) -> str:
        options = self.options
        asked = {
            "grant_type": "password",
            "client_id": options.client_id,
            "client_secret": options.client_secret,
            "username": options.username,
            "password": options.password,
            "platform": options.platform,
        }
        answer = self.session.request("POST", self._url("oauth2/token"), json=asked)
        contents = self._json(answer)
        if answer.status_code == 200 and isinstance(contents, dict) and contents.get("access_token"):
            return str(contents["access_token"])
        told = contents.get("error_message") or contents.get("error") if isinstance(contents, dict) else ""
        raise LoginRefused(
            f"connection {self.name!r}: log-in refused ({answer.status_code}: {told}); check username and password, and that"
            f" the platform {options.platform!r} is registered in Sugar"
        )

    def _url(self, path: str) -> str:
        return f"{self.options.url}/rest/{self.options.api_version}/{path}"

    def _json(self, answer: requests.Response) -> Any:
        try:
            return answer.json()
        except requests.JSONDecodeError:
            raise RetryLater(
                f"{self.name}: {self.options.url} answered {answer.status_code} with something other than JSON"
            ) from None
