"""What is tried again, how often and after which pause, against a server that answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from centri.connectors.http import InstanceAdapter, Patience, Session, Throttled, retry_after
from centri.errors import RetryLater

Answers = list[tuple[int, dict[str, str]]]


class Server(ThreadingHTTPServer):
    """Gives each answer once, then 200; remembers the paths that were asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.answers: Answers = []
        self.paths: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Answering(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        if status == 0:
            self.connection.close()  # the answer is lost
            return
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the name that http.server asks for

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def session(server: Server, pauses: list[float]) -> Iterator[Session]:
    with Session("crm", server.url, Patience(attempts=4, first=1.0, longest=60.0, sleep=pauses.append)) as made:
        yield made


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 0])
def test_what_may_pass_is_tried_again(server: Server, session: Session, pauses: list[float], status: int) -> None:
    server.answers = [(status, {})] * 2
    assert session.get(f"{server.url}/x").status_code == 200
    assert len(pauses) == 2
    assert session.calls == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_will_not_pass_is_given_back(server: Server, session: Session, pauses: list[float], status: int) -> None:
    server.answers = [(status, {})]
    assert session.get(f"{server.url}/x").status_code == status
    assert pauses == []


def test_gives_up_after_a_few_tries(server: Server, session: Session, pauses: list[float]) -> None:
    server.answers = [(503, {})] * 9
    with pytest.raises(RetryLater, match="503"):
        session.get(f"{server.url}/x")
    assert session.calls == 4
    assert len(pauses) == 3


def test_waits_as_long_as_it_is_asked_to(server: Server, session: Session, pauses: list[float]) -> None:
    server.answers = [(429, {"Retry-After": "17"}), (503, {"Retry-After": "23"})]
    session.get(f"{server.url}/x")
    assert pauses == [17.0, 23.0]


def test_does_not_sit_out_a_long_ban(server: Server, session: Session, pauses: list[float]) -> None:
    server.answers = [(429, {"Retry-After": "3600"})]
    with pytest.raises(RetryLater) as caught:
        session.get(f"{server.url}/x")
    assert (caught.value.after, pauses) == (3600.0, [])


@pytest.mark.parametrize(("status", "tries"), [(429, 2), (500, 1), (503, 1), (504, 1), (0, 1)])
def test_a_write_that_must_not_happen_twice_is_only_repeated_when_nothing_was_done(
    server: Server, session: Session, status: int, tries: int
) -> None:
    server.answers = [(status, {})]
    try:
        session.request("POST", f"{server.url}/x", repeatable=False)
    except RetryLater:
        assert tries == 1
    assert len(server.paths) == tries


def test_log_ins_are_no_calls(server: Server, session: Session) -> None:
    session.post(f"{server.url}/services/oauth2/token")
    session.post(f"{server.url}/services/Soap/u/62.0")
    session.post(f"{server.url}/rest/v11_24/oauth2/token")
    session.get(f"{server.url}/rest/v11_24/Leads")
    assert session.calls == 1


def test_a_refused_log_in_is_not_tried_again(server: Server, session: Session) -> None:
    server.answers = [(500, {})]
    assert session.post(f"{server.url}/services/Soap/u/62.0").status_code == 500


def test_a_daily_limit_is_not_waited_for(server: Server, pauses: list[float]) -> None:
    patience = Patience(attempts=4, sleep=pauses.append)
    with (
        Session("crm", server.url, patience, lambda _: RetryLater("used up", daily_limit=True)) as session,
        pytest.raises(RetryLater),
    ):
        session.get(f"{server.url}/x")
    assert (session.calls, pauses) == (1, [])


def test_an_address_where_nobody_listens_is_named_with_the_reason(server: Server, session: Session) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(RetryLater, match=rf"crm: {server.url} cannot be reached: Connection refused"):
        session.get(f"{server.url}/x")


def test_an_instance_is_spoken_to_whatever_the_host(server: Server, session: Session) -> None:
    session.mount("https://", InstanceAdapter(server.url))
    assert session.get("https://acme.my.salesforce.com/services/data?a=b%20c").status_code == 200
    assert server.paths == ["/services/data?a=b%20c"]


def test_a_step_is_repeated_until_it_is_done(pauses: list[float]) -> None:
    results = iter([False, False, True, False])
    Patience(attempts=9, sleep=pauses.append).until(lambda: next(results))
    assert len(pauses) == 2


def test_a_throttle_asks_for_seconds_or_for_a_date() -> None:
    answer = requests.Response()
    for asked, expected in [("7", 7.0), ("", None), ("soon", None)]:
        answer.headers["Retry-After"] = asked
        assert retry_after(answer) == expected
    answer.headers["Retry-After"] = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert retry_after(answer) == pytest.approx(3600, abs=60)
    assert issubclass(Throttled, RetryLater)
