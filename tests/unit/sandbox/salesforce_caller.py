"""Callers of the sandbox's Salesforce for its tests: by hand, and simple-salesforce."""

from __future__ import annotations

from urllib.parse import quote_plus

import requests
from requests.adapters import HTTPAdapter

T = 1_767_225_600  # 2026-01-01T00:00:00Z


class Loopback(HTTPAdapter):
    """Sends what was meant for https and any host to the sandbox: simple-salesforce speaks only https."""

    def __init__(self, url: str) -> None:
        self.base = url
        super().__init__()

    def send(self, request, *args, **kwargs):
        request.url = self.base + request.path_url
        return super().send(request, *args, **kwargs)


class Caller:
    """A logged-in caller of the REST API; answers are (status, body)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        form = {"grant_type": "client_credentials", "client_id": "centri-sandbox", "client_secret": "sandbox-secret"}
        self.token = self.session.post(f"{url}/services/oauth2/token", data=form).json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {self.token}"

    def raw(self, method, path, data=None, **headers):
        """The answer itself; a path of its own version, or one below v62.0."""
        whole = path if path.startswith("/services") else f"/services/data/v62.0{path}"
        self.answer = self.session.request(method, self.url + whole, data=data, headers=headers)
        return self.answer

    def __call__(self, method, path, body=None, **headers):
        whole = path if path.startswith("/services") else f"/services/data/v62.0{path}"
        self.answer = self.session.request(method, self.url + whole, json=body, headers=headers)
        return self.answer.status_code, self.answer.json() if self.answer.content else None

    def query(self, soql):
        status, answer = self("GET", f"/query?q={quote_plus(soql)}")
        assert status == 200, answer
        return answer["records"]

    def control(self, path, body):
        return requests.post(f"{self.url}/__sandbox__/{path}", json=body).json()


def error(code, message, fields=None):
    return [{"message": message, "errorCode": code} | ({} if fields is None else {"fields": fields})]
