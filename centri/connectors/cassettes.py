"""A connector's HTTP traffic kept as a cassette of vcrpy, without secrets, and played back to the real connector."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import BAD_REQUEST
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from centri.connectors.base import Connector
from centri.connectors.http import LOGIN_PATHS, Patience
from centri.connectors.registry import open_connector
from centri.errors import ConfigError

GONE = "REMOVED"
STAND_IN_ORG = "00D000000000000AAA/005000000000000AAA"
"""What stands for the ids of org and user in a log-in's answer."""

_KEPT_HEADERS = ("content-type",)
"""All others go: they hold tokens, cookies, dates, names of servers."""
_KEPT_AT_LOGIN = {"token_type", "scope", "expires_in"}
_HELP = ("inlineHelpText", "defaultValueFormula", "calculatedFormula")
_ADDRESS = re.compile(r"https?://[^/\s\"'<>\\]+")
_ELEMENT = re.compile(r">([^<]+)<")
_MODULE = re.compile(r"/rest/[^/]+/(\w+)/filter$")
_DESCRIBES = re.compile(r"/sobjects/\w+/describe/?$|/rest/[^/]+/metadata$")

MaskRow = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""(object, row) to the row with everything personal masked."""


def path_in(folder: Path, connection: str) -> Path:
    return folder / "cassettes" / f"{connection}.yaml"


@contextmanager
def recording(path: Path, connection: str, mask: MaskRow, secrets: tuple[str, ...] = ()) -> Iterator[Any]:
    """Everything that is said over HTTP meanwhile, kept at ``path``; one that is there is replaced.

    Answers to a log-in lose all that they tell, other answers everything personal; every address becomes a stand-in, and
    where one of ``secrets`` is left all the same, it goes too.
    """
    path.unlink(missing_ok=True)
    told = _Cleaned(stand_in(connection), mask, secrets)
    with _recorder("all").use_cassette(str(path), before_record_request=told.request, before_record_response=told.answer) as tape:
        yield tape


@contextmanager
def replaying(path: Path, type: str, connection: str, options: Mapping[str, Any]) -> Iterator[Connector]:
    """The connector of a type over a cassette: it meets the recorded answers, and reaches nobody.

    ``options`` are the connection's own, of which nothing secret is needed. Raises ConfigError where nothing is recorded, or
    something is asked that was not.
    """
    from vcr.errors import CannotOverwriteExistingCassetteException

    if not path.is_file():
        raise ConfigError(f"the traffic of {connection} is not recorded ({path}); to record it: centri record {connection}")
    told = _Cleaned(stand_in(connection), lambda _, row: dict(row), ())
    connector = open_connector(type, connection, offline(options, connection), patience=Patience(attempts=1))
    try:
        with _recorder("none").use_cassette(str(path), before_record_request=told.request, allow_playback_repeats=True):
            yield connector
    except CannotOverwriteExistingCassetteException as error:
        raise ConfigError(f"{path} does not hold what is asked now; to record it anew: centri record {connection}") from error
    finally:
        connector.close()


def merged(path: Path, fresh: Path) -> bytes:
    """A cassette's content with the interactions of a newer one put in: they take the place of those that asked the same."""
    from vcr.serializers import yamlserializer

    said = yamlserializer.deserialize(fresh.read_text(encoding="utf-8"))
    if path.is_file():
        asked = [one["request"] for one in said["interactions"]]
        before = yamlserializer.deserialize(path.read_text(encoding="utf-8"))["interactions"]
        said["interactions"] += [one for one in before if one["request"] not in asked]
    content: str = yamlserializer.serialize(said)
    return content.encode()


def stand_in(connection: str) -> str:
    """What a cassette calls the CRM of a connection."""
    return f"https://{connection.replace('_', '-')}.example"


def offline(options: Any, connection: str, name: str = "") -> Any:
    """A connection's options with stand-ins for addresses and for all that comes from the environment."""
    if isinstance(options, Mapping):
        return {key: offline(inner, connection, key) for key, inner in options.items()}
    if name.endswith("url"):
        return stand_in(connection)
    return options if isinstance(options, str | int | float | bool | None) else GONE


class _Cleaned:
    """What a cassette is told of requests and answers."""

    def __init__(self, address: str, mask: MaskRow, secrets: tuple[str, ...]) -> None:
        self._address, self._mask, self._secrets = address, mask, secrets
        self._asked, self._hosts = "", set[str]()

    def request(self, request: Any) -> Any:
        """Without headers that are not about its form; a log-in without its body too."""
        parts = urlsplit(request.uri)
        self._asked = parts.path
        self._hosts.add(parts.netloc)
        request.uri = self._address + request.uri.removeprefix(f"{parts.scheme}://{parts.netloc}")
        request.headers = {name: value for name, value in request.headers.items() if name.lower() in _KEPT_HEADERS}
        if request.body:
            request.body = GONE if _is_login(parts.path) else self._text(request.body.decode())
        return request

    def answer(self, answer: Mapping[str, Any]) -> dict[str, Any] | None:
        """In the form of the request before it: a session asks and hears in turns. A failure is not kept, its repetition is."""
        if answer["status"]["code"] >= BAD_REQUEST:
            return None
        headers = {name: value for name, value in answer["headers"].items() if name.lower() in _KEPT_HEADERS}
        body = self._body(answer["body"]["string"].decode())
        return {**answer, "headers": headers, "body": {"string": body.encode()}}

    def _body(self, text: str) -> str:
        if _is_login(self._asked):
            return self._login(text)
        try:
            document = json.loads(text)
        except ValueError:
            return GONE
        if _DESCRIBES.search(self._asked):
            return self._text(_ADDRESS.sub(self._address, _json(_thin(document))))
        module = _MODULE.search(self._asked)
        return self._text(_json(self._rows(document, module[1] if module else "")))

    def _rows(self, found: Any, object: str) -> Any:
        """An answer with its rows masked, and with no other text."""
        if isinstance(found, list):
            return [self._rows(one, object) for one in found]
        if not isinstance(found, dict):
            return GONE if isinstance(found, str) else found
        of = found["attributes"].get("type") if isinstance(found.get("attributes"), dict) else object if "id" in found else None
        if of is None:
            return {name: self._rows(inner, object) for name, inner in found.items()}
        about = {name: value for name, value in found.items() if name in ("attributes", "_module")}
        return about | self._mask(of, {name: value for name, value in found.items() if name not in about})

    def _login(self, text: str) -> str:
        try:
            document = json.loads(text)
        except ValueError:
            return _ELEMENT.sub(lambda element: f">{self._said_at_login(element[1])}<", text)
        if not isinstance(document, dict):
            return GONE
        return json.dumps({name: v if name in _KEPT_AT_LOGIN else self._said_at_login(v) for name, v in document.items()})

    def _said_at_login(self, value: Any) -> Any:
        if not isinstance(value, str) or not value.startswith("http"):
            return GONE if isinstance(value, str) and value.strip() else value
        self._hosts.add(urlsplit(value).netloc)
        return f"{self._address}/id/{STAND_IN_ORG}" if "/id/" in value else self._address

    def _text(self, text: str) -> str:
        """Without the CRM's own addresses, whatever stands around them."""
        for host in self._hosts:
            text = re.sub(rf"https?://{re.escape(host)}", self._address, text).replace(host, urlsplit(self._address).netloc)
        for secret in self._secrets:
            text = text.replace(secret, GONE)
        return text


def _is_login(path: str) -> bool:
    return any(known in path for known in LOGIN_PATHS)


def _thin(described: Any) -> Any:
    """A description without what says nothing: of an object of Salesforce's, whose rest is nine tenths of a cassette."""
    if not isinstance(described, dict) or not isinstance(described.get("fields"), list):
        return described
    fields = [{name: value for name, value in one.items() if value and name not in _HELP} for one in described["fields"]]
    return {"name": described.get("name"), "fields": fields}


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _recorder(mode: str) -> Any:
    import vcr  # takes long to import

    matched = ("method", "scheme", "host", "path", "query", "body")
    return vcr.VCR(record_mode=mode, decode_compressed_response=True, match_on=matched)
