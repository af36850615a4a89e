"""Bulk API 1.0: jobs made of batches, in JSON, XML or CSV, under ``/services/async``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from starlette.responses import Response

from centri.sandbox.salesforce_bulk1_forms import JSON, answer_of, read_info, read_rows, result_text
from centri.sandbox.salesforce_bulk1_jobs import Batch, Job
from centri.sandbox.salesforce_bulk2_query import bulk_found
from centri.sandbox.salesforce_bulk_rows import OPERATIONS, Load, Outcome
from centri.sandbox.salesforce_call import Answer, Call, route
from centri.sandbox.salesforce_csv import write
from centri.sandbox.salesforce_ids import long_id
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_rows import key_field
from centri.sandbox.state import Refused

KEPT = 200
QUERIES = ("query", "queryAll")


class BatchJobs:
    """``/services/async/<version>/job``."""

    def __init__(self, org: SalesforceOrg) -> None:
        self._org = org
        self._jobs: dict[str, Job] = {}

    def create(self, call: Call) -> Response:
        spec = read_info(call)
        operation = str(spec.get("operation", ""))
        if operation not in (*OPERATIONS, *QUERIES):
            raise Refused(400, "InvalidJob", f"Unknown operation: {operation}")
        try:
            table = call.org.table(str(spec.get("object")))
        except KeyError:
            raise Refused(400, "InvalidJob", f"Unable to find object: {spec.get('object')}") from None
        load = None
        if operation in OPERATIONS:
            key = spec.get("externalIdFieldName")
            if operation == "upsert" and not key:
                raise Refused(400, "InvalidJob", "External ID was blank for upsert")
            by_id = operation != "upsert" or str(key).lower() == "id"
            load = Load(table, operation, None if by_id else key_field(table, str(key)))
        spec = {**spec, "object": table.schema.name}
        job = Job(self._org.ids.next("750"), spec, call.user, self._org.clock.now(), call.version, load)
        self._jobs[job.id] = job
        if len(self._jobs) > KEPT:
            del self._jobs[next(iter(self._jobs))]
        return answer_of(call, "jobInfo", job.info(self._org), job.content_type, 201)

    def change(self, call: Call, job: str) -> Response:
        found, state = self._job(job), read_info(call).get("state")
        if found.state != "Open" or state not in ("Closed", "Aborted"):
            raise Refused(400, "InvalidJobState", f"Job state {found.state} can't be changed to {state}")
        found.state = state
        return answer_of(call, "jobInfo", found.info(self._org), found.content_type)

    def status(self, call: Call, job: str) -> Response:
        found = self._job(job)
        return answer_of(call, "jobInfo", found.info(self._org), found.content_type)

    def add(self, call: Call, job: str) -> Response:
        found = self._job(job)
        if found.state != "Open":
            raise Refused(400, "InvalidJobState", f"Unable to process requests for a job in state {found.state}")
        batch = Batch(self._org.ids.next("751"), found.id, self._org.clock.now(), call.body)
        found.batches[batch.id] = batch
        try:
            self._process(call, found, batch)
        except Refused as refused:
            batch.state, batch.message = "Failed", f"{refused.code} : {refused.message}"
        info = {**batch.info(self._org), "state": "Queued", "numberRecordsProcessed": 0, "numberRecordsFailed": 0}
        info.pop("stateMessage", None)
        return answer_of(call, "batchInfo", info, found.content_type, 201, of_job=True)

    def _process(self, call: Call, job: Job, batch: Batch) -> None:
        if job.load is None:
            text, deleted = call.body.decode(), job.spec["operation"] == "queryAll"
            batch.found = bulk_found(self._org, text, call.version, deleted=deleted)
            return
        for row in read_rows(call, job.content_type, job.load):
            batch.outcomes.append(Outcome(refused=row) if isinstance(row, Refused) else job.load.one(call, row))

    def batches(self, call: Call, job: str) -> Response:
        found = self._job(job)
        infos = [self._look(batch) for batch in found.batches.values()]
        return answer_of(call, "batchInfoList", {"batchInfo": infos}, found.content_type, of_job=True)

    def batch(self, call: Call, job: str, batch: str) -> Response:
        found, one = self._batch(job, batch)
        return answer_of(call, "batchInfo", self._look(one), found.content_type, of_job=True)

    def request(self, call: Call, job: str, batch: str) -> Response:
        found, one = self._batch(job, batch)
        kinds = {"JSON": JSON, "CSV": "text/csv", "XML": "application/xml"}
        return Response(one.sent, media_type=kinds[found.content_type])

    def results(self, call: Call, job: str, batch: str) -> Response:
        found, one = self._batch(job, batch)
        if found.load is None:
            ids = [] if one.found is None else [_result_id(one)]
            if found.content_type == "JSON":
                return Response(orjson.dumps(ids), media_type=JSON)
            return answer_of(call, "result-list", {"result": ids}, "XML", of_job=True)
        return _OUTCOMES[found.content_type](call, one)

    def result(self, call: Call, job: str, batch: str, result: str) -> Response:
        found, one = self._batch(job, batch)
        if one.found is None or result != _result_id(one):
            raise Refused(400, "InvalidBatch", f"Result {result} not found")
        text, kind = result_text(one.found, found.content_type)
        return Response(text, media_type=kind)

    def _look(self, batch: Batch) -> dict[str, Any]:
        batch.looks += 1
        return batch.info(self._org)

    def _job(self, id: str) -> Job:
        found = self._jobs.get(long_id(id) or "")
        if found is None:
            raise Refused(400, "InvalidJob", f"Unable to find job for id: {id}")
        return found

    def _batch(self, job: str, id: str) -> tuple[Job, Batch]:
        found = self._job(job)
        batch = found.batches.get(long_id(id) or "")
        if batch is None:
            raise Refused(400, "InvalidBatch", f"Records not found for this query. JobId={job}, BatchId={id}")
        return found, batch

    def routes(self) -> list[tuple[str, Any, Answer]]:
        base = "/services/async/{version}/job"
        batch = base + "/{job}/batch"
        return [
            route("POST", base, self.create),
            route("POST", base + "/{job}", self.change),
            route("GET", base + "/{job}", self.status),
            route("POST", batch, self.add),
            route("GET", batch, self.batches),
            route("GET", batch + "/{batch}", self.batch),
            route("GET", batch + "/{batch}/request", self.request),
            route("GET", batch + "/{batch}/result", self.results),
            route("GET", batch + "/{batch}/result/{result}", self.result),
        ]


def _result_id(batch: Batch) -> str:
    """A query has one result, named after its batch."""
    return long_id("752" + batch.id[3:15]) or ""


def _json_outcomes(call: Call, batch: Batch) -> Response:
    return Response(orjson.dumps([_told(one) for one in batch.outcomes]), media_type=JSON)


def _csv_outcomes(call: Call, batch: Batch) -> Response:
    flags = {True: "true", False: "false"}
    lines = [[one.id, flags[one.refused is None], flags[one.created], one.error] for one in batch.outcomes]
    return Response(write([["Id", "Success", "Created", "Error"], *lines]), headers={"Content-Type": "text/csv"})  # to the letter


def _xml_outcomes(call: Call, batch: Batch) -> Response:
    return answer_of(call, "results", {"result": [_told(one) for one in batch.outcomes]}, "XML", of_job=True)


def _told(one: Outcome) -> dict[str, Any]:
    if one.refused is None:
        return {"success": True, "created": one.created, "id": one.id, "errors": []}
    error = {"message": one.refused.message, "fields": one.refused.fields or [], "statusCode": one.refused.code}
    return {"success": False, "created": False, "id": None, "errors": [{**error, "extendedErrorDetails": None}]}


_OUTCOMES: dict[str, Callable[[Call, Batch], Response]] = {"JSON": _json_outcomes, "CSV": _csv_outcomes, "XML": _xml_outcomes}
