"""Bulk API 2.0, query: a job, and its result as CSV in pages of the caller's size."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from starlette.responses import Response

from centri.sandbox import soql
from centri.sandbox.salesforce_call import Answer, Call, answered, no_content, route
from centri.sandbox.salesforce_csv import cell, write
from centri.sandbox.salesforce_jobs import ENDED, Job, Jobs
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_paths import Target
from centri.sandbox.salesforce_query import Found, run
from centri.sandbox.state import Refused

PAGE = 10_000
"""Rows of a page where pages are listed ahead of reading them."""


class BulkQueries:
    """``/jobs/query``."""

    def __init__(self, org: SalesforceOrg) -> None:
        self._org = org
        self._jobs = Jobs(org, "V2Query")

    def create(self, call: Call) -> Response:
        spec = call.fields()
        if spec.get("operation") not in ("query", "queryAll"):
            raise Refused(400, "INVALIDJOB", f"InvalidJob : Unknown operation: {spec.get('operation')}")
        found = bulk_found(self._org, str(spec.get("query", "")), call.version, deleted=spec["operation"] == "queryAll")
        job = self._jobs.open(call, {**spec, "object": found.table.schema.name}, "UploadComplete")
        answer = answered({**job.basic(), **job.layout()})
        job.content, job.state, job.processed = found, "JobComplete", len(found.rows)
        return answer

    def status(self, call: Call, job: str) -> Response:
        return answered(self._shown(self._jobs.look(job)))

    def all(self, call: Call) -> Response:
        return answered({"done": True, "records": [self._shown(job) for job in self._jobs.all()], "nextRecordsUrl": None})

    def change(self, call: Call, job: str) -> Response:
        found = self._jobs.get(job)
        if call.fields().get("state") != "Aborted":
            raise Refused(400, "INVALIDJOBSTATE", "A query job's state can only be changed to Aborted")
        self._jobs.abort(found)
        return answered({**found.basic(), **found.layout()})

    def remove(self, call: Call, job: str) -> Response:
        self._jobs.delete(job)
        return no_content()

    def results(self, call: Call, job: str) -> Response:
        """A page; the whole result where no size is asked for, as one client cannot take a second page."""
        found = self._ended(call, job)
        rows = found.content.rows
        begin = _offset(call.query.get("locator"))
        size = call.query.get("maxRecords", "")
        end = min(len(rows), begin + int(size)) if size.isdigit() and int(size) else len(rows)
        lines = cells(found.content, rows[begin:end])
        headers = {"Sforce-NumberOfRecords": str(end - begin), "Sforce-Locator": _locator(end) if end < len(rows) else "null"}
        return Response(write(lines, found.delimiter, found.ending), headers=headers, media_type="text/csv")

    def pages(self, call: Call, job: str) -> Response:
        """``/resultPages``: addresses of the pages, to be read side by side."""
        found = self._ended(call, job)
        url = f"/services/data/{call.version}/jobs/query/{found.id}/results"
        starts = range(0, max(1, len(found.content.rows)), PAGE)
        pages = [{"resultUrl": f"{url}?locator={_locator(start)}&maxRecords={PAGE}"} for start in starts]
        return answered({"resultPages": pages, "nextRecordsUrl": None, "done": True})

    def _ended(self, call: Call, job: str) -> Job:
        found = self._jobs.ended(job)
        if found.version != call.version:
            message = f"The job was created with API version {found.version[1:]}"
            raise Refused(409, "API_ERROR", message)
        return found

    def _shown(self, job: Job) -> dict[str, Any]:
        state = job.seen(self._org)
        numbers = {"numberRecordsProcessed": job.processed if state in ENDED else 0, "retries": 0, "totalProcessingTime": 0}
        return {**job.basic(), **job.layout(), "state": state, "jobType": "V2Query", **numbers}

    def routes(self) -> list[tuple[str, Any, Answer]]:
        base = "/services/data/{version}/jobs/query"
        return [
            route("POST", base, self.create),
            route("GET", base, self.all),
            route("GET", base + "/{job}", self.status),
            route("PATCH", base + "/{job}", self.change),
            route("DELETE", base + "/{job}", self.remove),
            route("GET", base + "/{job}/results", self.results),
            route("GET", base + "/{job}/resultPages", self.pages),
        ]


def bulk_found(org: SalesforceOrg, text: str, version: str, *, deleted: bool) -> Found:
    """What a bulk query finds. Raises Refused, also for what only REST can query."""
    found = run(org, text, version, deleted=deleted)
    query = found.query
    if query.aggregated or found.count:
        raise Refused(400, "API_ERROR", "Aggregate functions and GROUP BY are not supported in Bulk Query")
    if query.offset:
        raise Refused(400, "API_ERROR", "OFFSET is not supported in Bulk Query")
    if any(isinstance(column, soql.Children | soql.ByType) for column in query.columns):
        raise Refused(400, "API_ERROR", "Aggregate Relationships not supported in Bulk Query")
    if any(target.field.type == "address" for target in found.targets):
        raise Refused(400, "API_ERROR", "Selecting compound data not supported in Bulk Query")
    return found


def cells(found: Found, rows: list[Any]) -> list[list[str]]:
    """Header and rows of a result as text, in the order of the query's columns."""
    reads = [(target.field, target.read) for target in found.targets]
    return [[heading(one) for one in found.targets], *([cell(field, read(row)) for field, read in reads] for row in rows)]


def heading(target: Target) -> str:
    """``Account.Owner.Name``."""
    return ".".join([*(lookup.relationship or "" for lookup in target.lookups), target.field.name])


def _locator(offset: int) -> str:
    return b64encode(str(offset).encode()).decode().rstrip("=")


def _offset(locator: str | None) -> int:
    if not locator:
        return 0
    try:
        return int(b64decode(locator + "=" * (-len(locator) % 4)))
    except ValueError:
        raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator") from None
