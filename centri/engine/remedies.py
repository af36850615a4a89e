"""What to type about an anomaly: its record's story, its resolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from centri.anomalies import KINDS
from centri.engine.held import commands
from centri.engine.resolve import KIND

Row = Mapping[str, Any]


def subject(anomaly: Row) -> str:
    """As ``centri trace`` takes it, where it is about a record."""
    if anomaly["crm_id"]:
        return f"{anomaly['object']} {anomaly['crm_id']}"
    return f"{anomaly['entity']} {anomaly['prm_id']}" if anomaly["prm_id"] else "all of the connection"


def remedy(kind: str) -> str:
    """What to do about anomalies of a kind; blank for one that this release does not know."""
    return KINDS[kind].remedy if kind in KINDS else ""


def story(anomaly: Row) -> str:
    """The command that tells a record's story; blank for what is about no record of a CRM's connection."""
    of_a_record = anomaly["connection"] and (anomaly["crm_id"] or anomaly["prm_id"])
    return f"centri trace {anomaly['connection']} {subject(anomaly)}" if of_a_record else ""


def next_commands(anomaly: Row) -> list[str]:
    """The commands that may help, the most likely first; none for one that is over."""
    if anomaly["state"] == "resolved":
        return []
    resolve = commands(anomaly, alone=False) if anomaly["kind"] == KIND else ()
    trace = [found] if (found := story(anomaly)) else []
    return [*resolve, *trace, f"centri anomalies retry {anomaly['id']}", f"centri anomalies ignore {anomaly['id']}"]
