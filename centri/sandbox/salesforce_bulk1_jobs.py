"""Jobs and batches of Bulk API 1.0, and what they tell of themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from centri.sandbox.salesforce_bulk_rows import Load, Outcome
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_query import Found
from centri.sandbox.salesforce_values import iso

TIMES = ("totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime")


@dataclass(slots=True)
class Batch:
    """Rows that were sent together, or one query; with what came of them."""

    id: str
    job: str
    created: int
    sent: bytes
    state: str = "Completed"
    message: str | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    found: Found | None = None
    looks: int = 0

    def seen(self, org: SalesforceOrg) -> str:
        return "InProgress" if org.bulk_polls and self.looks <= org.bulk_polls and self.state == "Completed" else self.state

    def info(self, org: SalesforceOrg) -> dict[str, Any]:
        state = self.seen(org)
        told = {"stateMessage": self.message} if self.message else {}
        count = len(self.found.rows) if self.found else len(self.outcomes)
        return {
            "id": self.id,
            "jobId": self.job,
            "state": state,
            **told,
            "createdDate": iso(self.created),
            "systemModstamp": iso(self.created),
            "numberRecordsProcessed": count if state == "Completed" else 0,
            "numberRecordsFailed": sum(one.refused is not None for one in self.outcomes) if state == "Completed" else 0,
            **dict.fromkeys(TIMES, 0),
        }


@dataclass(slots=True)
class Job:
    id: str
    spec: dict[str, Any]
    user: str
    created: int
    version: str
    load: Load | None
    state: str = "Open"
    batches: dict[str, Batch] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        return str(self.spec.get("contentType") or "XML")

    def info(self, org: SalesforceOrg) -> dict[str, Any]:
        infos = [batch.info(org) for batch in self.batches.values()]
        states = [info["state"] for info in infos]
        key = {"externalIdFieldName": self.spec["externalIdFieldName"]} if self.spec.get("externalIdFieldName") else {}
        return {
            "id": self.id,
            "operation": self.spec["operation"],
            "object": self.spec["object"],
            "createdById": self.user,
            "createdDate": iso(self.created),
            "systemModstamp": iso(self.created),
            "state": self.state,
            **key,
            "concurrencyMode": "Serial" if self.spec.get("concurrencyMode") in (1, "1", "Serial") else "Parallel",
            "contentType": self.content_type,
            "numberBatchesQueued": 0,
            "numberBatchesInProgress": states.count("InProgress"),
            "numberBatchesCompleted": states.count("Completed"),
            "numberBatchesFailed": states.count("Failed"),
            "numberBatchesTotal": len(infos),
            "numberRecordsProcessed": sum(info["numberRecordsProcessed"] for info in infos),
            "numberRetries": 0,
            "apiVersion": float(self.version[1:]),
            "numberRecordsFailed": sum(info["numberRecordsFailed"] for info in infos),
            **dict.fromkeys(TIMES, 0),
        }
