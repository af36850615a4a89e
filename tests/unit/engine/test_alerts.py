"""Alerts from what really happens to two CRMs, told to a mail server and a chat that really listen."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from receivers import SmtpServer
from two_crms import MAPPING, World

from centri.engine.alerts import evaluate, look, on, trial
from centri.engine.connections import pause, resume
from centri.engine.notify_send import send
from centri.errors import ConfigError, LoginRefused, RetryLater
from centri.mappings.loader import load
from centri.settings import Settings
from centri.sync.alerts import Move, Trouble

BLOCK = """
notifications:
  email: {host: 127.0.0.1, port: !env SMTP_PORT, sender: "Desk <desk@vendor.example>", security: none}
alerts:
  to: [ops@vendor.example, night@vendor.example]
  chat: {url: !env CHAT_URL}
  stale_minutes: 45
  connections:
    west: {stale_minutes: 600}
"""


class Room:
    """A chat that takes ``{"text": ...}`` and nothing else."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.ids: list[str] = []
        outer = self

        class Call(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fits = set(body) == {"text"}
                if fits:
                    outer.texts.append(body["text"])
                    outer.ids.append(self.headers["webhook-id"])
                self.send_response(200 if fits else 400)
                self.end_headers()

            def log_message(self, *words: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Call)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/services/T0/B0/hidden-word"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    server = SmtpServer()
    yield server
    server.close()


@pytest.fixture
def room() -> Iterator[Room]:
    server = Room()
    yield server
    server.close()


@pytest.fixture
def world(settings: Settings, tmp_path: Path, smtp: SmtpServer, room: Room) -> World:
    path = tmp_path / "mappings.yaml"
    path.write_text(MAPPING.read_text() + BLOCK)
    environment = {"SMTP_PORT": str(smtp.port), "CHAT_URL": room.url}
    made = World(replace(settings, mappings=path, environment=environment))
    made.sync()
    return made


def moves(world: World) -> list[tuple[Trouble, str, Move]]:
    return [(*change.which, change.move) for change in evaluate(world.project)]


def fails(world: World, error: Exception, times: int = 1) -> None:
    """East's runs end with an error."""

    def refuse(request: Any) -> Any:
        raise error

    connector = world.project.meter("east").connector
    kept: Callable[..., Any] = connector.pull
    connector.pull = refuse
    for _ in range(times):
        with pytest.raises(type(error)):
            world.sync("east")
    connector.pull = kept


def test_all_is_well_after_a_round(world):
    assert moves(world) == []
    assert on(world.project) == {}


def test_three_failures_in_a_row_are_told_once_and_so_is_their_end(world, smtp, room):
    fails(world, RetryLater("the CRM is down, says jane.doe@acme.example"), times=2)
    assert moves(world) == []
    fails(world, RetryLater("the CRM is down, says jane.doe@acme.example"))
    assert moves(world) == [(Trouble.FAILING, "east", Move.BEGINS)]
    assert moves(world) == []
    send(world.project)
    assert sorted(m["To"] for m in smtp.messages) == ["night@vendor.example", "ops@vendor.example"]
    assert {m["Subject"] for m in smtp.messages} == {"Alert: Runs fail: east"}
    (text,) = room.texts
    assert "failed 3 times in a row: the CRM is down, says j***@acme.example" in text
    assert "centri runs --connection east" in text
    world.sync("east")
    assert moves(world) == [(Trouble.FAILING, "east", Move.CALMS)]
    world.clock.forward(minutes=5)
    assert moves(world) == [(Trouble.FAILING, "east", Move.ENDS)]
    send(world.project)
    assert len(smtp.messages) == 4
    assert room.texts[1].startswith("*Over: Runs fail: east*")
    assert len(set(room.ids)) == 2


def test_what_comes_back_within_the_calm_is_not_told_again(world, room):
    fails(world, RetryLater("down"), times=3)
    evaluate(world.project)
    world.sync("east")
    evaluate(world.project)
    fails(world, RetryLater("down"), times=3)
    assert moves(world) == [(Trouble.FAILING, "east", Move.RETURNS)]
    send(world.project)
    assert len(room.texts) == 1


def test_what_comes_back_later_is_told_again(world, room):
    for _ in range(2):
        fails(world, RetryLater("down"), times=3)
        evaluate(world.project)
        world.sync("east")
        evaluate(world.project)
        world.clock.forward(minutes=6)
        evaluate(world.project)
    send(world.project)
    assert len(room.texts) == 4


def test_a_day_whose_calls_are_used_up_is_no_failure(world):
    fails(world, RetryLater("no calls left", daily_limit=True), times=3)
    assert moves(world) == []


def test_an_object_that_is_not_read_any_more_is_out_of_date(world):
    world.clock.forward(minutes=46)
    assert moves(world) == [(Trouble.STALE, "east", Move.BEGINS)]  # west may be older
    send(world.project)
    world.clock.forward(minutes=600)
    assert moves(world) == [(Trouble.STALE, "west", Move.BEGINS)]


def test_refused_credentials(world):
    fails(world, LoginRefused("wrong password"))
    assert moves(world) == [(Trouble.CREDENTIALS, "east", Move.BEGINS)]


def test_a_changed_schema(world):
    del world.crms["east"].fields["Account"]["City"]
    world.sync("east")
    assert (Trouble.DRIFT, "east", Move.BEGINS) in moves(world)


def test_of_a_paused_connection_nothing_is_said(world):
    fails(world, RetryLater("down"), times=3)
    evaluate(world.project)
    send(world.project)
    pause(world.project, "east", "ops")
    world.clock.forward(minutes=500)
    assert moves(world) == []
    resume(world.project, "east")
    assert moves(world) == [(Trouble.STALE, "east", Move.BEGINS)]


def test_what_cannot_be_delivered_is_an_alert_of_the_whole(world, smtp, room):
    smtp.refused["ops@vendor.example"] = "550 no such user"
    trial(world.project)
    assert send(world.project).failed == 1
    assert moves(world) == [(Trouble.UNTOLD, "", Move.BEGINS)]
    send(world.project)
    assert room.texts[-1].startswith("*Alert: People are not told*")
    assert moves(world) == []


def test_looking_changes_nothing(world):
    world.clock.forward(minutes=46)
    assert [c.move for c in look(world.project)] == [Move.BEGINS]
    assert on(world.project) == {}


def test_a_trial_reaches_everybody(world, smtp, room, caplog):
    caplog.set_level(logging.DEBUG, "centri")
    assert trial(world.project) == 3
    assert send(world.project).sent == 3
    assert {m["Subject"] for m in smtp.messages} == {"Alert: a trial"}
    assert room.texts[0].startswith("*Alert: a trial*")
    assert "hidden-word" not in caplog.text


def test_a_chat_that_is_down_costs_no_attempts_and_keeps_its_address(world, room):
    room.close()
    trial(world.project)
    done = send(world.project)
    assert done.waiting == {"chat": 1}
    assert "hidden-word" not in str(done.down)


@pytest.mark.parametrize(
    ("block", "wrong"),
    [
        ("alerts: {to: [ops]}", "'ops' is no e-mail address"),
        ("alerts: {chat: {url: https://chat.example/T0}}", "this is a secret"),
        ("alerts: {connections: {easst: {failures: 1}}}", "no connection is called 'easst'; did you mean 'east'?"),
        ("alerts: {budget: 200%}", "is not a share"),
        ("alerts: {failure: 2}", "failure"),
    ],
)
def test_a_faulty_block_is_told_with_its_line(tmp_path, block, wrong):
    path = tmp_path / "mappings.yaml"
    path.write_text(MAPPING.read_text() + block + "\n")
    with pytest.raises(ConfigError, match=wrong) as error:
        load(path)
    assert error.value.problems[0].line > MAPPING.read_text().count("\n")
