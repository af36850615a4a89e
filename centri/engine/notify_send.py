"""Sending what is queued: each row by one sender at a time, outside of any transaction, and written down at once.

A process that dies between a receiver's acceptance and our record leaves its row claimed; once the claim has run out the row is
sent a second time, with the same Message-ID or event id.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from centri.anomalies import Anomaly
from centri.engine.notice_texts import text
from centri.engine.notify_channels import Channel, ChannelDown, ChatChannel, EmailChannel, LogChannel, Message, WebhookChannel
from centri.engine.notify_digests import digest
from centri.engine.project import Project
from centri.engine.redaction import masked
from centri.errors import Rejected, RetryLater
from centri.partners.notices import next_try
from centri.records import PRM, Ref
from centri.store import findings
from centri.store import notices as store
from centri.store.database import read, write

LOG = logging.getLogger("centri.notifications")

CLAIM = timedelta(minutes=10)
"""How long claimed rows stay a sender's own; one that needs longer leaves the rest to the next."""

CHUNK = 20
"""Rows claimed at once."""

_CHANNELS = ("email", "webhook", "chat", "log")
_BLOCKS = {"email": "notifications", "webhook": "notifications", "chat": "alerts"}
_RESTS = timedelta(minutes=1)
"""How long a row waits whose channel was down."""


@dataclass
class Sending:
    """What became of what was due. ``waiting`` is what could not be tried, by channel, ``down`` says why."""

    sent: int = 0
    digests: int = 0
    later: int = 0
    failed: int = 0
    suppressed: int = 0
    waiting: dict[str, int] = field(default_factory=dict)
    down: dict[str, str] = field(default_factory=dict)


def send(project: Project) -> Sending:
    """Send everything that is due once. Any number of senders may be at it. Raises ConfigError where a secret is not set."""
    report = Sending()
    with closing(_Ways(project)) as ways:
        report.digests = digest(project)
        last = 0
        while open_ := ways.open_:
            with write(project.engine) as conn:
                now = project.now()
                claimed = store.claim(conn, open_, after=last, most=CHUNK, now=now, until=now + CLAIM)
            if claimed.last == last:
                break
            last = claimed.last
            _send_all(project, ways, claimed.rows, report)
        report.down = ways.down
    with read(project.engine) as conn:
        found = store.waiting(conn, now=project.now())
    report.waiting = {channel: found[channel] for channel in _CHANNELS if channel in found}
    return report


def retry(project: Project, ids: list[int] | None) -> list[int]:
    """Have what failed tried again; None: all of it. Answers which. What was said about it is over."""
    with write(project.engine) as conn:
        again = store.requeue(conn, ids, now=project.now())
        named = [str(id) for id in again]
        findings.resolve(conn, "", "notification", "notify", crm_ids=(), prm_ids=named, still=(), now=project.now())
        return again


class _Ways:
    """The channels that there are; those that turned out to be down are not tried again."""

    def __init__(self, project: Project) -> None:
        self.down: dict[str, str] = {}
        self._log_only = bool(project.settings.env)
        block, environ = project.mapping.notifications, project.settings.environment
        smtp, receiver = block.smtp(environ), block.receiver(environ)
        self._ways: dict[str, Channel] = {"log": LogChannel()}
        if smtp:
            self._ways["email"] = EmailChannel(smtp)
        if receiver:
            self._ways["webhook"] = WebhookChannel(receiver)
        if chat := project.mapping.alerts.chat:
            self._ways["chat"] = ChatChannel(chat.address(environ))
        for channel, where in _BLOCKS.items():
            if channel not in self._ways and not self._log_only:
                self.down[channel] = f"the mapping's `{where}` block says nothing of {channel}"

    @property
    def open_(self) -> list[str]:
        return [channel for channel in _CHANNELS if channel not in self.down]

    def way(self, channel: str) -> Channel:
        """Outside of production everything goes to the log."""
        return self._ways["log" if self._log_only else channel]

    def close(self) -> None:
        for way in self._ways.values():
            way.close()


def _send_all(project: Project, ways: _Ways, rows: Any, report: Sending) -> None:
    with read(project.engine) as conn:
        people = store.people(conn, {(row["recipient_type"], row["recipient_id"]) for row in rows})
    for row in rows:
        address = people.get((row["recipient_type"], row["recipient_id"]))
        late = project.now() > row["next_at"] - CLAIM / 2
        if row["channel"] in ways.down or late:
            _record(project, row, {"attempts": row["attempts"] - 1, "next_at": project.now() + _RESTS})
        elif address is None:
            report.suppressed += _record(project, row, {"state": "suppressed", "error": "is no active user any more"})
        else:
            _send_one(project, ways, row, address, report)


def _send_one(project: Project, ways: _Ways, row: store.Row, address: str, report: Sending) -> None:
    try:
        ways.way(row["channel"]).send(_message(project, row, address))
    except ChannelDown as failure:
        ways.down[row["channel"]] = str(failure)
        _record(project, row, {"attempts": row["attempts"] - 1, "next_at": project.now() + _RESTS, "error": str(failure)})
    except RetryLater as failure:
        _failed(project, row, address, str(failure), report, again=True)
    except Rejected as refusal:
        _failed(project, row, address, str(refusal), report, again=False)
    else:
        report.sent += _record(project, row, {"state": "sent", "sent_at": project.now(), "error": None, "next_at": None})


def _message(project: Project, row: store.Row, address: str) -> Message:
    words = text(row["kind"], row["data"], for_vendor=row["recipient_type"] != "partner_user")
    whom, about = (row["recipient_type"], row["recipient_id"]), (row["subject_type"], row["subject_id"])
    return Message(
        row["message_id"], row["kind"], whom, address, words, row["data"], about, row["queued_at"], project.now()
    )  # fmt: skip


def _failed(project: Project, row: store.Row, address: str, why: str, report: Sending, *, again: bool) -> None:
    LOG.warning("notification %s for %s: %s", row["id"], masked(address), why)
    later = next_try(row["attempts"], project.now()) if again else None
    if later:
        report.later += _record(project, row, {"next_at": later, "error": why})
        return
    with write(project.engine) as conn:
        if store.finish(conn, row, {"state": "failed", "error": why, "next_at": None}):
            report.failed += 1
            findings.open_(conn, [_undelivered(row, address, why)], now=project.now())


def _undelivered(row: store.Row, address: str, why: str) -> Anomaly:
    note = f"{row['kind']} for {masked(address)}: {why}"
    return Anomaly("undelivered", Ref(PRM, "notification", str(row["id"])), note, entity="notification", stage="notify")


def _record(project: Project, row: store.Row, values: Mapping[str, Any]) -> bool:
    with write(project.engine) as conn:
        return store.finish(conn, row, values)
