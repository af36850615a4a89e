"""Several calls in one: composite, with values handed on from one to the next, batch, and graphs of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response

from centri.sandbox.salesforce_call import Answer, Call, answered, route
from centri.sandbox.state import Refused

MOST_CALLS = 25
MOST_GRAPHS, MOST_NODES, MOST_FAILED = 75, 500, 14
"""Composite, batch and graph limits (REST API guide, composite resources)."""
ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."
REFERENCE = re.compile(r"@{(\w+)((?:\.\w+|\[\d+])*)}")


class Composites:
    """The composite resources; ``answer`` answers one call, whatever becomes of it."""

    def __init__(self, answer: Callable[[Call], Response]) -> None:
        self._answer = answer

    def composite(self, call: Call) -> Response:
        """``POST /composite``."""
        body = call.fields()
        steps = _listed(body, "compositeRequest", MOST_CALLS)
        return answered({"compositeResponse": self._together(call, steps, whole=bool(body.get("allOrNone")))[0]})

    def graph(self, call: Call) -> Response:
        """``POST /composite/graph``: each graph is all or nothing."""
        graphs = _listed(call.fields(), "graphs", MOST_GRAPHS)
        nodes = sum(len(one.get("compositeRequest") or ()) for one in graphs)
        if nodes > MOST_NODES:
            raise Refused(
                400, "LIMIT_EXCEEDED", f"You have exceeded the limit of {MOST_NODES} nodes in a composite graph request"
            )
        answers, failed = [], 0
        for one in graphs:
            steps = _listed(one, "compositeRequest", MOST_NODES)
            if failed >= MOST_FAILED:
                done, well = [_halted(step, "Too many graphs of the request failed") for step in steps], False
            else:
                done, well = self._together(call, steps, whole=True)
            failed += not well
            answers.append({"graphId": one.get("graphId"), "graphResponse": {"compositeResponse": done}, "isSuccessful": well})
        return answered({"graphs": answers})

    def batch(self, call: Call) -> Response:
        """``POST /composite/batch``: calls that know nothing of each other."""
        body = call.fields()
        results: list[dict[str, Any]] = []
        halt = failed = False
        for step in _listed(body, "batchRequests", MOST_CALLS):
            if halt:
                error = {"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}
                results.append({"statusCode": 412, "result": [error]})
                continue
            answer = self._answer(_inner(call, step["method"], step["url"], step.get("richInput"), {}))
            results.append({"statusCode": answer.status_code, "result": _body(answer)})
            failed = failed or answer.status_code >= 400
            halt = bool(body.get("haltOnError")) and failed
        return answered({"hasErrors": failed, "results": results})

    def _together(self, call: Call, steps: list[dict[str, Any]], *, whole: bool) -> tuple[list[dict[str, Any]], bool]:
        """The answers of composite calls, and whether all went well; with ``whole`` one that fails undoes the others."""
        run = _Run(call, self._answer, whole)
        try:
            with call.org.transaction():
                for step in steps:
                    run.step(step)
        except _Undone:
            done = [answer if at == run.failed else _halted(steps[at], ROLLED_BACK) for at, answer in enumerate(run.answers)]
            return done + [_halted(step, ROLLED_BACK) for step in steps[len(done) :]], False
        return run.answers, run.failed is None

    def routes(self) -> list[tuple[str, Any, Answer]]:
        base = "/services/data/{version}/composite"
        return [
            route("POST", base, self.composite),
            route("POST", base + "/batch", self.batch),
            route("POST", base + "/graph", self.graph),
        ]


class _Undone(Exception):
    """A call of an all-or-nothing composite failed."""


@dataclass(slots=True)
class _Run:
    """A composite on its way: its answers so far, and the bodies that later calls may refer to."""

    call: Call
    answer: Callable[[Call], Response]
    whole: bool
    answers: list[dict[str, Any]] = field(default_factory=list)
    bodies: dict[str, Any] = field(default_factory=dict)
    failed: int | None = None

    def step(self, step: dict[str, Any]) -> None:
        name = step.get("referenceId") or ""
        try:
            url, body = (self._filled(step.get(part)) for part in ("url", "body"))
            response = self.answer(_inner(self.call, step["method"], url, body, step.get("httpHeaders") or {}))
        except Refused as refused:
            self._note(_halted(step, refused.message))
            return
        answer = {"body": _body(response), "httpHeaders": _location(response), "httpStatusCode": response.status_code}
        if response.status_code < 300:
            self.bodies[name] = answer["body"]
        self._note({**answer, "referenceId": name})

    def _note(self, answer: dict[str, Any]) -> None:
        if self.failed is None and (answer["httpStatusCode"] >= 300 or (self.whole and _row_failed(answer["body"]))):
            self.failed = len(self.answers)
        self.answers.append(answer)
        if self.whole and self.failed is not None:
            raise _Undone

    def _filled(self, value: Any) -> Any:
        """The value with references replaced. Raises Refused."""
        if isinstance(value, dict):
            return {key: self._filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        return REFERENCE.sub(self._referred, value) if isinstance(value, str) else value

    def _referred(self, match: re.Match[str]) -> str:
        name, path = match.group(1), match.group(2)
        value = self.bodies.get(name)
        for part in re.findall(r"\w+", path):
            value = _member(value, part)
        if value is None or isinstance(value, dict | list):
            text = f"{name}{path}"
            message = f"Invalid reference specified. No value for {text} found in {name}. Provided reference: {text}"
            raise Refused(400, "PROCESSING_HALTED", message)
        return str(value)


def _row_failed(body: Any) -> bool:
    """Whether a collection within an all-or-nothing composite has a row that failed: that fails the whole."""
    return isinstance(body, list) and any(isinstance(one, dict) and one.get("success") is False for one in body)


def _member(value: Any, part: str) -> Any:
    if isinstance(value, list):
        return value[int(part)] if part.isdigit() and int(part) < len(value) else None
    return value.get(part) if isinstance(value, dict) else None


def _listed(body: dict[str, Any], key: str, most: int) -> list[dict[str, Any]]:
    """The calls asked for. Raises Refused."""
    steps = body.get(key)
    if not isinstance(steps, list) or not all(isinstance(one, dict) for one in steps):
        raise Refused(400, "JSON_PARSER_ERROR", f"The request body is required to hold a list called {key} at [line:1, column:1]")
    if len(steps) > most:
        raise Refused(400, "LIMIT_EXCEEDED", f"The number of subrequests in {key} exceeds the limit of {most}")
    names = [one["referenceId"] for one in steps if "referenceId" in one]
    if len(set(names)) < len(names):
        raise Refused(400, "INVALID_INPUT", "Duplicate ReferenceId provided in the request.")
    return steps


def _inner(call: Call, method: str, url: str, body: Any, headers: dict[str, str]) -> Call:
    """A call within a call: the same session, and not counted again."""
    parts = urlsplit(url if url.startswith("/") else f"/services/data/{url}")
    length = len(parts.path) + len(parts.query)
    content = b"" if body is None else orjson.dumps(body)
    path = parts.path.rstrip("/")
    return Call(
        call.org, method.upper(), path, QueryParams(parts.query), _headers(call, headers), content, length, session=call.session
    )


def _headers(call: Call, more: dict[str, str]) -> Headers:
    return Headers({"host": call.headers.get("host", ""), "content-type": "application/json", **more})


def _body(response: Response) -> Any:
    return orjson.loads(response.body) if response.body else None


def _location(response: Response) -> dict[str, str]:
    return {"Location": response.headers["Location"]} if "Location" in response.headers else {}


def _halted(step: dict[str, Any], message: str) -> dict[str, Any]:
    body = [{"errorCode": "PROCESSING_HALTED", "message": message}]
    return {"body": body, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": step.get("referenceId")}
