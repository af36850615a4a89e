"""Bulk API 2.0, ingest: a job, its CSV, and what became of each row."""

from __future__ import annotations

from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

import orjson
from starlette.responses import Response

from centri.sandbox.salesforce_bulk_rows import OPERATIONS, Columns, Load, Outcome
from centri.sandbox.salesforce_call import Answer, Call, answered, no_content, route
from centri.sandbox.salesforce_csv import read, write_outcomes
from centri.sandbox.salesforce_jobs import ENDED, TIMES, Job, Jobs
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_rows import key_field
from centri.sandbox.state import Refused

TWICE = "Found multiple contents for job: <{0}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and "
TWICE += "make sure you only do 'PUT' once on a given Job."


@dataclass(slots=True)
class Content:
    """The rows of a job and their outcomes; rows without one were not reached."""

    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


class Ingest:
    """``/jobs/ingest``."""

    def __init__(self, org: SalesforceOrg) -> None:
        self._org = org
        self._jobs = Jobs(org, "V2Ingest")

    def create(self, call: Call) -> Response:
        kind = call.headers.get("content-type", "")
        spec, text = _parts(kind, call.body) if kind.startswith("multipart/") else (call.fields(), None)
        _load(call, spec)
        job = self._jobs.open(call, {**spec, "object": call.org.table(spec["object"]).schema.name}, "Open")
        if text is not None:
            job.content, job.state = text, "UploadComplete"
            answer = answered({**job.basic(), **job.layout()})
            self._process(call, job)
            return answer
        return answered(_described(job))

    def upload(self, call: Call, job: str) -> Response:
        found = self._jobs.get(job)
        if found.state != "Open":
            raise Refused(400, "INVALIDJOBSTATE", f"Job state is {found.state}, so no data can be added")
        if found.content is not None:
            raise Refused(400, "CLIENT_ERROR", TWICE.format(found.id))
        found.content = call.body.decode(errors="replace")
        return Response(status_code=201)

    def change(self, call: Call, job: str) -> Response:
        found, state = self._jobs.get(job), call.fields().get("state")
        if state == "Aborted":
            self._jobs.abort(found)
            return answered(found.basic())
        if state != "UploadComplete" or found.state != "Open":
            raise Refused(400, "INVALIDJOBSTATE", f"Job state {found.state} can't be changed to {state}")
        found.state = "UploadComplete"
        answer = answered(found.basic())
        self._process(call, found)
        return answer

    def status(self, call: Call, job: str) -> Response:
        found = self._jobs.look(job)
        state, ended = found.seen(self._org), found.seen(self._org) in ENDED
        numbers = {"numberRecordsProcessed": found.processed, "numberRecordsFailed": found.failed} if ended else {}
        trouble = {"errorMessage": found.error} if ended and found.error else {}
        zero = {"numberRecordsProcessed": 0, "numberRecordsFailed": 0, **dict.fromkeys(TIMES, 0)}
        return answered({**_described(found), "state": state, "jobType": "V2Ingest", **zero, **numbers, **trouble})

    def all(self, call: Call) -> Response:
        records = [
            {**job.basic(), **job.layout(), "state": job.seen(self._org), "jobType": "V2Ingest"} for job in self._jobs.all()
        ]
        return answered({"done": True, "records": records, "nextRecordsUrl": None})

    def remove(self, call: Call, job: str) -> Response:
        self._jobs.delete(job)
        return no_content()

    def successful(self, call: Call, job: str) -> Response:
        found = self._jobs.ended(job)
        own = [([one.id, "true" if one.created else "false"], row) for row, one in _met(found) if one.refused is None]
        return _csv(found, ["sf__Id", "sf__Created"], own)

    def failed(self, call: Call, job: str) -> Response:
        found = self._jobs.ended(job)
        own = [([_given_id(found, row), one.error], row) for row, one in _met(found) if one.refused]
        return _csv(found, ["sf__Id", "sf__Error"], own)

    def unprocessed(self, call: Call, job: str) -> Response:
        found = self._jobs.ended(job)
        content = found.content if isinstance(found.content, Content) else Content()
        return _csv(found, [], [([], row) for row in content.rows[len(content.outcomes) :]])

    def _process(self, call: Call, job: Job) -> None:
        content = Content()
        try:
            load = _load(call, job.spec)
            content.header, content.rows = read(job.content or "", job.delimiter)
            columns = Columns(call, load, content.header)
            content.outcomes = [_outcome(call, load, columns, row) for row in content.rows]
        except Refused as refused:
            job.error = f"{refused.code} : {refused.message}"
        job.content, job.state = content, "Failed" if job.error else "JobComplete"
        job.processed = len(content.outcomes)
        job.failed = sum(one.refused is not None for one in content.outcomes)

    def routes(self) -> list[tuple[str, Any, Answer]]:
        base = "/services/data/{version}/jobs/ingest"
        return [
            route("POST", base, self.create),
            route("GET", base, self.all),
            route("PUT", base + "/{job}/batches", self.upload),
            route("PATCH", base + "/{job}", self.change),
            route("GET", base + "/{job}", self.status),
            route("DELETE", base + "/{job}", self.remove),
            route("GET", base + "/{job}/successfulResults", self.successful),
            route("GET", base + "/{job}/failedResults", self.failed),
            route("GET", base + "/{job}/unprocessedRecords", self.unprocessed),
        ]


def _load(call: Call, spec: dict[str, Any]) -> Load:
    """What the job is to do. Raises Refused."""
    operation, object = spec.get("operation"), spec.get("object")
    if operation not in OPERATIONS:
        raise Refused(400, "INVALIDJOB", f"InvalidJob : Unknown operation: {operation}")
    try:
        table = call.org.table(str(object))
    except KeyError:
        raise Refused(400, "INVALIDJOB", f"InvalidJob : Unable to find object: {object}") from None
    key = spec.get("externalIdFieldName")
    if operation == "upsert" and not key:
        raise Refused(400, "INVALIDJOB", "InvalidJob : External ID was blank for upsert")
    if operation != "upsert" or str(key).lower() == "id":
        return Load(table, str(operation))
    try:
        return Load(table, "upsert", key_field(table, str(key)))
    except Refused:
        raise Refused(400, "INVALIDJOB", f"InvalidJob : External ID field {key} isn't one of {table.schema.name}") from None


def _outcome(call: Call, load: Load, columns: Columns, row: list[str]) -> Outcome:
    try:
        values = columns.values(row)
    except Refused as refused:
        return Outcome(refused=refused)
    return load.one(call, values)


def _described(job: Job) -> dict[str, Any]:
    url = f"services/data/{job.version}/jobs/ingest/{job.id}/batches"
    return {**job.basic(), "contentUrl": url, **job.layout()}


def _met(job: Job) -> list[tuple[list[str], Outcome]]:
    content = job.content if isinstance(job.content, Content) else Content()
    return list(zip(content.rows, content.outcomes, strict=False))


def _given_id(job: Job, row: list[str]) -> str:
    names = [name.casefold() for name in job.content.header]
    return row[names.index("id")] if "id" in names and len(row) > names.index("id") else ""


def _csv(job: Job, own: list[str], lines: list[tuple[list[str], list[str]]]) -> Response:
    header = job.content.header if isinstance(job.content, Content) else []
    text = write_outcomes([(own, header), *lines], job.delimiter, job.ending)
    return Response(text, media_type="text/csv")


def _parts(kind: str, body: bytes) -> tuple[dict[str, Any], str]:
    """The job and the CSV of a call in two parts. Raises Refused."""
    message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=policy.HTTP)
    parts = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in message.iter_parts()}
    job, content = parts.get("job"), parts.get("content")
    if not isinstance(job, bytes) or not isinstance(content, bytes):
        raise Refused(400, "INVALIDJOB", "InvalidJob : The parts job and content are required")
    try:
        return dict(orjson.loads(job)), content.decode()
    except orjson.JSONDecodeError as error:
        raise Refused(400, "JSON_PARSER_ERROR", str(error)) from None
