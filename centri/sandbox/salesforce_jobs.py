"""Bulk API 2.0 jobs: what is common to jobs that load rows and jobs that query them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from centri.sandbox.salesforce_call import Call, not_found
from centri.sandbox.salesforce_csv import DELIMITERS, ENDINGS
from centri.sandbox.salesforce_ids import long_id
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_values import moment
from centri.sandbox.state import Refused

KEPT = 200
"""How many jobs an org keeps here; Salesforce keeps them for seven days."""
ENDED = ("JobComplete", "Failed", "Aborted")
TIMES = ("retries", "totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime")


@dataclass(slots=True)
class Job:
    """One job. ``state`` is what it has come to; callers see it after as many looks as the org makes them wait."""

    id: str
    type: str
    spec: dict[str, Any]
    user: str
    created: int
    version: str
    state: str
    processed: int = 0
    failed: int = 0
    error: str | None = None
    looks: int = 0
    content: Any = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def delimiter(self) -> str:
        return DELIMITERS[self.spec["columnDelimiter"]]

    @property
    def ending(self) -> str:
        return ENDINGS[self.spec["lineEnding"]]

    def basic(self) -> dict[str, Any]:
        """What every answer about the job says."""
        return {
            "id": self.id,
            "operation": self.spec["operation"],
            "object": self.spec["object"],
            "createdById": self.user,
            "createdDate": moment(self.created),
            "systemModstamp": moment(self.created),
            "state": self.state,
            **{name: self.spec[name] for name in ("externalIdFieldName", "assignmentRuleId") if name in self.spec},
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version[1:]),
        }

    def layout(self) -> dict[str, Any]:
        return {"lineEnding": self.spec["lineEnding"], "columnDelimiter": self.spec["columnDelimiter"]}

    def seen(self, org: SalesforceOrg) -> str:
        """The state that a caller is told now."""
        waits = org.bulk_polls and self.looks <= org.bulk_polls
        return "InProgress" if waits and self.state in ENDED[:2] else self.state


class Jobs:
    """The jobs of one kind, the newest last."""

    def __init__(self, org: SalesforceOrg, type: str) -> None:
        self._org, self._type = org, type
        self._jobs: dict[str, Job] = {}

    def open(self, call: Call, spec: dict[str, Any], state: str) -> Job:
        """A new job. Raises Refused for a layout that is unknown."""
        spec = {**spec, "lineEnding": spec.get("lineEnding") or "LF", "columnDelimiter": spec.get("columnDelimiter") or "COMMA"}
        if spec["lineEnding"] not in ENDINGS or spec["columnDelimiter"] not in DELIMITERS:
            raise Refused(400, "INVALIDJOB", "InvalidJob : lineEnding or columnDelimiter is unknown")
        if spec.get("contentType", "CSV") != "CSV":
            raise Refused(400, "INVALIDJOB", f"InvalidJob : Unsupported content type: {spec['contentType']}")
        job = Job(self._org.ids.next("750"), self._type, spec, call.user, self._org.clock.now(), call.version, state)
        self._jobs[job.id] = job
        if len(self._jobs) > KEPT:
            del self._jobs[next(iter(self._jobs))]
        return job

    def get(self, id: str) -> Job:
        """Raises Refused NOT_FOUND."""
        job = self._jobs.get(long_id(id) or "")
        if job is None:
            raise not_found()
        return job

    def ended(self, id: str) -> Job:
        """A job whose results can be read. Raises Refused."""
        job = self.get(id)
        if job.state not in ENDED or job.seen(self._org) not in ENDED:
            raise not_found()
        return job

    def all(self) -> list[Job]:
        return list(self._jobs.values())

    def abort(self, job: Job) -> None:
        """Raises Refused for a job that has ended."""
        if job.state in ENDED and job.seen(self._org) in ENDED:
            raise Refused(400, "INVALIDJOBSTATE", f"Job state {job.state} can't be changed to Aborted")
        job.state = "Aborted"

    def delete(self, id: str) -> None:
        """Raises Refused for a job that still runs."""
        job = self.get(id)
        if job.state not in ENDED:
            raise Refused(400, "INVALIDJOBSTATE", f"Job state {job.state} isn't one that can be deleted")
        del self._jobs[job.id]

    def look(self, id: str) -> Job:
        """A job that a caller asks after: that counts as a look."""
        job = self.get(id)
        job.looks += job.state in ENDED
        return job
