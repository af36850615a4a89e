"""Sending what is queued, to receivers that really listen: once, again when it must be, and never more often."""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from opening import opened
from receivers import Receiver, SmtpServer
from staff import Staff
from tenacity import wait_none
from two_crms import MAPPING, Clock

from centri.engine import notify_channels
from centri.engine.notify_send import retry, send
from centri.engine.notify_wishes import prefer, told
from centri.engine.project import Project, utc_now
from centri.errors import ConfigError, Rejected
from centri.settings import Settings
from centri.store import findings
from centri.store.database import read

SECRET = "a secret between two"

BLOCK = """
notifications:
  channel: email
  email: {host: 127.0.0.1, port: !env SMTP_PORT, sender: "Desk <desk@vendor.example>", security: none}
  webhook: {url: !env HOOK_URL, secret: !env HOOK_SECRET}
"""


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    server = SmtpServer()
    yield server
    server.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver(SECRET.encode())
    yield server
    server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Both databases, whatever else runs: who takes which row is theirs to say."""
    return str(request.getfixturevalue(f"fresh_{request.param}")())


@pytest.fixture
def settings(store_url: str, tmp_path: Path, smtp: SmtpServer, receiver: Receiver) -> Settings:
    mappings = tmp_path / "mappings.yaml"
    mappings.write_text(MAPPING.read_text() + BLOCK)
    environment = {"SMTP_PORT": str(smtp.port), "HOOK_URL": receiver.url, "HOOK_SECRET": SECRET}
    return Settings(home=tmp_path / "home", mappings=mappings, database_url=store_url, environment=environment)


@pytest.fixture
def project(settings: Settings, clock: Clock) -> Iterator[Project]:
    found = opened(settings, clock)
    yield found
    found.close()


@pytest.fixture
def staff(project: Project) -> Staff:
    return Staff(project)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify_channels, "CONNECTS_AGAIN", wait_none())


class TestEmail:
    def test_a_message_says_it_in_text_and_html(self, staff, project, smtp):
        staff.tell(staff.clara, company="Müller & Söhne")
        done = send(project)
        assert (done.sent, staff.states()) == (1, ["sent"])
        (mail,) = smtp.messages
        assert (mail["To"], mail["From"]) == ("clara@partner.example", "Desk <desk@vendor.example>")
        assert mail["Subject"] == "A new lead for you: Müller & Söhne"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Date"].datetime == project.now()
        plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
        assert "A lead was given to you." in plain
        assert "Müller &amp; Söhne</h1>" in html
        assert mail["Message-ID"] == f"<{staff.told()[0]['message_id']}@vendor.example>"

    def test_one_session_serves_many_and_nothing_is_sent_twice(self, staff, project, smtp):
        for n in range(45):
            staff.tell(staff.clara, key=str(n))
        assert send(project).sent == 45
        assert (len(set(smtp.ids)), len(smtp.messages), smtp.sessions) == (45, 45, 1)
        assert send(project).sent == 0

    def test_who_logs_in_may_send(self, settings, staff, clock, smtp):
        text = settings.mappings.read_text().replace(
            "security: none", "security: none, user: centri, password: !env SMTP_PASSWORD"
        )
        settings.mappings.write_text(text)
        with pytest.raises(ConfigError, match="SMTP_PASSWORD is not set"):
            send(opened(settings, clock))
        project = opened(dataclasses.replace(settings, environment={**settings.environment, "SMTP_PASSWORD": "pass"}), clock)
        staff.tell(staff.clara)
        assert send(project).sent == 1
        assert smtp.logins == [":centri:pass"]

    def test_what_may_go_later_is_tried_again_and_given_up_in_the_end(self, staff, project, smtp, clock):
        smtp.answers["DATA."] = "451 greylisted, come back"
        staff.tell(staff.clara)
        pauses = []
        while staff.states() == ["queued"]:
            before = clock.now
            send(project)
            (row,) = staff.told()
            if row["next_at"]:
                assert send(project).later == 0  # not before its time
                pauses.append((row["next_at"] - before) // timedelta(minutes=1))
                clock.now = row["next_at"]
        assert pauses == [1, 5, 15, 60, 240, 720, 2160]
        assert (row["state"], row["attempts"], row["error"]) == (
            "failed",
            8,
            "the SMTP server answered 451 greylisted, come back",
        )
        (anomaly,) = _anomalies(project)
        assert anomaly["note"].startswith("lead_assigned for c***@partner.example: the SMTP server answered 451")

    def test_an_address_that_is_none_fails_at_once_and_others_go(self, staff, project, smtp):
        smtp.refused["clara@partner.example"] = "550 no <clara@partner.example> here"
        staff.tell(staff.clara, staff.rita)
        done = send(project)
        assert (done.failed, done.sent, staff.states()) == (1, 1, ["failed", "sent"])
        assert [anomaly["kind"] for anomaly in _anomalies(project)] == ["undelivered"]
        assert "clara@" not in str(_anomalies(project)) + str(staff.told()[0]["error"])

    def test_what_failed_can_be_sent_again(self, staff, project, smtp):
        smtp.refused["clara@partner.example"] = "550 no"
        staff.tell(staff.clara)
        send(project)
        smtp.refused.clear()
        (row,) = staff.told()
        assert retry(project, [row["id"], 99]) == [row["id"]]
        assert not _anomalies(project)
        assert send(project).sent == 1
        assert retry(project, None) == []

    def test_a_server_that_is_down_costs_no_attempts(self, staff, project, smtp, clock):
        smtp.close()
        staff.tell(staff.clara, staff.rita)
        done = send(project)
        assert (done.sent, done.failed, "email" in done.down, done.waiting) == (0, 0, True, {"email": 2})
        assert [row["attempts"] for row in staff.told()] == [0, 0]

    def test_a_session_that_the_server_ended_is_opened_anew(self, staff, project, smtp):
        staff.tell(staff.clara, staff.rita)
        smtp.answers["NOOP"] = "421 closing"
        assert send(project).sent == 2
        assert smtp.sessions == 2

    def test_nobody_is_told_who_has_left(self, staff, project, smtp):
        gone = staff.person(staff.alpine, "gone", status="inactive")
        staff.tell(gone)
        assert send(project).suppressed == 1
        assert (staff.states(), smtp.messages) == (["suppressed"], [])

    def test_addresses_are_masked_in_the_log(self, staff, project, smtp, caplog):
        caplog.set_level(logging.DEBUG)
        staff.prefers(staff.rita, "*", channel="log")
        smtp.refused["clara@partner.example"] = "451 <clara@partner.example> is busy"
        staff.tell(staff.clara, staff.rita)
        assert send(project).sent == 1
        assert "r***@partner.example" in caplog.text
        assert "c***@partner.example" in caplog.text
        assert "clara@" not in caplog.text
        assert "rita@" not in caplog.text


class TestWebhook:
    @pytest.fixture(autouse=True)
    def _by_webhook(self, staff):
        staff.prefers(staff.clara, "*", channel="webhook")

    def test_an_event_is_signed(self, staff, project, receiver):
        staff.tell(staff.clara, product_interest=["security", "backup"])
        assert send(project).sent == 1
        (event,), (row,) = receiver.events, staff.told()
        assert event["id"] == row["message_id"] == receiver.calls[0]["webhook-id"]
        assert event["recipient"] == {"type": "partner_user", "id": staff.clara, "email": "clara@partner.example"}
        assert event["about"] == {"type": "lead", "id": "L1"}
        assert (event["type"], event["timestamp"]) == ("lead_assigned", "2026-03-02T09:00:00Z")
        assert event["data"] == {"company": "Umbrella", "product_interest": ["security", "backup"]}
        assert "security, backup" in event["text"]
        assert int(receiver.calls[0]["webhook-timestamp"]) == project.now().timestamp()

    def test_a_wrong_secret_convinces_nobody(self, settings, staff, clock, receiver):
        other = opened(dataclasses.replace(settings, environment={**settings.environment, "HOOK_SECRET": "another"}), clock)
        staff.tell(staff.clara)
        assert send(other).later == 1
        assert (receiver.events, staff.told()[0]["error"]) == ([], "the web-hook's receiver answered 401")

    def test_it_is_retried_with_the_same_id(self, staff, project, receiver, clock):
        receiver.status = 503
        staff.tell(staff.clara)
        assert send(project).later == 1
        receiver.status = 204
        clock.forward(minutes=1)
        assert send(project).sent == 1
        assert len({call["webhook-id"] for call in receiver.calls}) == 1
        assert len({call["webhook-signature"] for call in receiver.calls}) == 2  # it says when it was sent

    def test_one_whose_receiver_is_gone_holds_up_no_other_way(self, staff, project, receiver, smtp):
        receiver.close()
        staff.tell(staff.clara, staff.rita)
        done = send(project)
        assert (done.sent, done.waiting) == (1, {"webhook": 1})
        assert len(smtp.messages) == 1


class TestDigests:
    def test_five_events_are_one_message(self, staff, project, smtp, clock):
        staff.prefers(staff.clara, "*", mode="daily")
        staff.prefers(staff.clara, "lead_expired", mode="individual")
        for n in range(5):
            clock.forward(hours=1)
            staff.tell(staff.clara, key=str(n), company=f"Umbrella {n}")
        staff.tell(staff.clara, kind="lead_expired")
        assert send(project).sent == 1
        assert smtp.messages.pop()["Subject"] == "The offer has ended: Umbrella"
        clock.now = datetime(2026, 3, 3, 6, 59, tzinfo=UTC)
        assert send(project).sent == 0
        clock.forward(minutes=1)
        done = send(project)
        assert (done.digests, done.sent) == (1, 1)
        (mail,) = smtp.messages
        assert mail["Subject"] == "5 pieces of news"
        body = mail.get_body(("plain",)).get_content()
        assert [f"* A new lead for you: Umbrella {n}" for n in range(5)] == [x for x in body.splitlines() if x.startswith("*")]
        assert Counter(staff.states()) == {"aggregated": 5, "sent": 2}
        assert send(project).sent == 0

    def test_each_gets_its_own_and_a_later_one_comes_the_next_time(self, staff, project, smtp, clock):
        for person, mode in ((staff.clara, "daily"), (staff.rita, "weekly")):
            staff.prefers(person, "*", mode=mode)
        staff.tell(staff.clara, staff.rita)
        clock.now = datetime(2026, 3, 3, 7, tzinfo=UTC)
        assert send(project).sent == 1
        staff.tell(staff.clara, staff.rita, key="later")
        clock.now = datetime(2026, 3, 9, 7, tzinfo=UTC)
        assert send(project).sent == 2
        told = Counter((mail["To"], mail["Subject"]) for mail in smtp.messages)
        assert told == {
            ("clara@partner.example", "1 piece of news"): 2,
            ("rita@partner.example", "2 pieces of news"): 1,
        }


class TestWishes:
    def test_a_person_says_it_for_itself_alone(self, staff, project):
        prefer(project, "clara@partner.example", "*", "daily", actor="clara@partner.example")
        prefer(project, "rita@partner.example", "lead_reminder", "off", "log", actor="dana@vendor.example")
        prefer(project, "clara@partner.example", "*", "weekly")
        with pytest.raises(Rejected, match="says only how"):
            prefer(project, "rita@partner.example", "*", "off", actor="clara@partner.example")
        with pytest.raises(Rejected, match="did you mean 'lead_offered'"):
            prefer(project, "rita@partner.example", "lead_offer", "off")
        staff.tell(staff.clara, staff.rita)
        staff.tell(staff.clara, staff.rita, kind="lead_reminder")
        shown = [(row["mode"], row["channel"], row["state"]) for row in staff.told()]
        assert shown[:2] == [("weekly", "email", "queued"), ("individual", "email", "queued")]
        assert shown[2:] == [("weekly", "email", "queued"), ("individual", "log", "suppressed")]

    def test_a_partners_person_sees_what_it_was_told_alone(self, staff, project):
        staff.tell(staff.clara, staff.rita, staff.bernd)
        assert {row["to"] for row in told(project)} == {f"{n}@partner.example" for n in ("clara", "rita", "bernd")}
        assert {row["to"] for row in told(project, actor="bernd@partner.example")} == {"bernd@partner.example"}
        assert {row["to"] for row in told(project, to="rita@partner.example")} == {"rita@partner.example"}
        with pytest.raises(Rejected, match="sees only"):
            told(project, to="rita@partner.example", actor="bernd@partner.example")
        with pytest.raises(Rejected, match="no state is called 'gone'"):
            told(project, state="gone")


class TestOnce:
    def test_eight_senders_at_once_send_each_once(self, settings, staff, clock, smtp, receiver):
        people = [staff.person(staff.alpine, f"p{n}") for n in range(30)]
        for person in people[:10]:
            staff.prefers(person, "*", channel="webhook")
        for person in people[10:15]:
            staff.prefers(person, "*", mode="daily")
        for n in range(4):
            staff.tell(*people, key=str(n))
        clock.forward(days=1)
        projects = [opened(settings, clock) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(send, projects))
        assert sum(one.sent for one in done) == 105
        assert (len(set(smtp.ids)), len(smtp.messages)) == (65, 65)  # 15 people 4 times, and 5 digests
        assert len({event["id"] for event in receiver.events}) == len(receiver.events) == 40
        assert Counter(staff.states()) == {"sent": 105, "aggregated": 20}

    @pytest.mark.prove
    @pytest.mark.parametrize("way", ["email", "webhook"])
    def test_a_death_after_acceptance_repeats_it_once_and_recognisably(self, way, settings, staff, smtp, receiver, store_url):
        """The receiver itself kills the sender once it has taken the message, before it says so."""
        staff.prefers(staff.clara, "*", channel=way)
        staff.tell(staff.clara)
        staff.tell(staff.clara, key="another")
        environ = {**os.environ, **settings.environment, "CENTRI_DATABASE_URL": store_url}
        command = [sys.executable, "-m", "centri", "notifications", "send", "--mappings", str(settings.mappings)]
        sender = subprocess.Popen([*command, "--home", str(settings.home)], env=environ)
        server = smtp if way == "email" else receiver
        server.accepted = lambda: os.kill(sender.pid, signal.SIGKILL)
        assert sender.wait(120) == -signal.SIGKILL
        server.accepted = lambda: None
        assert staff.states() == ["queued", "queued"]
        ids = (lambda: smtp.ids) if way == "email" else (lambda: [event["id"] for event in receiver.events])
        (accepted,) = ids()
        assert send(opened(settings, utc_now)).sent == 0  # it is still the dead one's
        later = opened(settings, lambda: utc_now() + timedelta(minutes=11))
        assert send(later).sent == 2
        assert send(later).sent == 0
        assert Counter(ids())[accepted] == 2
        assert (len(ids()), len(set(ids()))) == (3, 2)

    def test_who_was_overtaken_writes_nothing_down(self, settings, staff, clock, smtp):
        """A sender that slept through its claim, in the midst of a message, finds that another has sent it."""
        staff.tell(staff.clara)
        other = opened(settings, clock)

        def meanwhile() -> None:
            smtp.accepted = lambda: None
            clock.forward(minutes=11)
            assert send(other).sent == 1

        smtp.accepted = meanwhile
        assert send(staff.project).sent == 0
        assert staff.states() == ["sent"]
        assert len(set(smtp.ids)) == 1


class TestOutsideOfProduction:
    def test_everything_goes_to_the_log(self, settings, staff, clock, smtp, caplog):
        caplog.set_level(logging.INFO)
        staff.tell(staff.clara)
        elsewhere = dataclasses.replace(opened(settings, clock), settings=dataclasses.replace(settings, env="sandbox"))
        assert send(elsewhere).sent == 1
        assert not smtp.messages
        assert "A new lead for you: Umbrella" in caplog.text

    def test_what_the_mapping_has_no_way_for_stays_queued(self, settings, staff, clock):
        settings.mappings.write_text(MAPPING.read_text())
        staff.tell(staff.clara)
        done = send(opened(settings, clock))
        assert (done.sent, done.waiting, staff.states()) == (0, {"email": 1}, ["queued"])
        assert "says nothing of email" in done.down["email"]


def _anomalies(project: Project) -> list[Any]:
    with read(project.engine) as conn:
        return list(findings.listed(conn))
