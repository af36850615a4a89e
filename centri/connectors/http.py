"""One HTTP session for each connection: time limits, bounded retries, the count of calls, failures named by cure."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception, retry_if_result, stop_after_attempt, wait_random_exponential

from centri.connectors.base import Reading
from centri.errors import ConfigError, RetryLater

TIMEOUT = (10.0, 300.0)
"""Seconds to connect, and to wait for the next bytes of an answer."""

LOGIN_PATHS = ("/oauth2/token", "/services/Soap/u/")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TRANSIENT = (406, 408, 420, 500, 502, 503, 504)
_LOGIN_TRANSIENT = (502, 503, 504)  # a refused SOAP log-in is a 500, and no retry mends it


RATE_LIMITED = "rate_limited"
"""The anomaly kind of a CRM that asks us to slow down."""


class Throttled(RetryLater):
    """Refused before anything was done, so even a write that must not happen twice may be sent again."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message, after=after, kind=RATE_LIMITED)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call is retried: the number of tries, and the first and the longest pause in seconds."""

    attempts: int = 5
    first: float = 0.5
    longest: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    def pause(self, state: RetryCallState) -> float:
        """A random pause below a limit that doubles with each try, but never shorter than what the CRM asked for."""
        error = state.outcome.exception() if state.outcome and state.outcome.failed else None
        asked = (error.after or 0.0) if isinstance(error, RetryLater) else 0.0
        return max(asked, wait_random_exponential(multiplier=self.first, max=self.longest)(state))

    def retrying(self, *, repeatable: bool = True) -> Retrying:
        """Tries again after failures that may pass; a write that is not ``repeatable`` only when nothing was done."""

        def again(error: BaseException) -> bool:
            kind = RetryLater if repeatable else Throttled
            return isinstance(error, kind) and not error.daily_limit and (error.after or 0.0) <= self.longest

        return Retrying(
            retry=retry_if_exception(again),
            stop=stop_after_attempt(self.attempts),
            wait=self.pause,
            sleep=self.sleep,
            reraise=True,
        )

    def until(self, step: Callable[[], bool]) -> None:
        """Repeats a step until it says that it is done, as often as a call is tried. Its errors are not retried."""
        Retrying(
            retry=retry_if_result(lambda done: not done),
            stop=stop_after_attempt(self.attempts),
            wait=self.pause,
            sleep=self.sleep,
            retry_error_callback=lambda _: None,
        )(step)


Judge = Callable[[requests.Response], RetryLater | None]
"""What a CRM's answer means beyond its status: a throttle, a lock, a daily limit; None where it is none of them."""


class Session(requests.Session):
    """A requests session that knows which CRM it speaks to.

    ``calls`` counts every request but log-ins. Raises RetryLater when the CRM cannot be reached or stays busy.
    """

    _heard: tuple[Reading, float] | None = None

    def __init__(self, name: str, url: str, patience: Patience, judge: Judge = lambda _: None) -> None:
        super().__init__()
        self.calls = 0
        self.login_answer: requests.Response | None = None
        self.patience = patience
        self._name, self._url, self._judge = name, url, judge
        if is_loopback(url):
            self.trust_env = False  # no proxy and no certificate bundle of the environment stands between us and this machine

    @property
    def clock(self) -> Reading | None:
        """What the CRM's clock says now, by the last answer that told the time; None before there is one."""
        if self._heard is None:
            return None
        reading, then = self._heard
        return replace(reading, now=reading.now + timedelta(seconds=time.monotonic() - then))

    def request(self, method: str, url: str, *, repeatable: bool = True, **options: Any) -> requests.Response:  # type: ignore[override]  # callers name every option
        """Like requests' own; ``repeatable`` says that sending the request twice does no harm."""
        options["timeout"] = options.get("timeout") or TIMEOUT
        return self.patience.retrying(repeatable=repeatable)(self._once, method, url, **options)

    def _once(self, method: str, url: str, **options: Any) -> requests.Response:
        login, sent = any(path in url for path in LOGIN_PATHS), time.monotonic()
        self.calls += not login
        try:
            answer = super().request(method, url, **options)
        except requests.RequestException as error:
            raise RetryLater(f"{self._name}: {self._url} cannot be reached: {_reason(error)}") from None
        self._heard = _clock(answer, sent) or self._heard
        if login:
            self.login_answer = answer
        later = (None if login else self._judge(answer)) or self._busy(answer, login=login)
        if later:
            raise later
        return answer

    def _busy(self, answer: requests.Response, *, login: bool) -> RetryLater | None:
        status = answer.status_code
        if status == 429:
            return Throttled(f"{self._name}: the CRM asks us to slow down (429)", after=retry_after(answer))
        if status in (_LOGIN_TRANSIENT if login else _TRANSIENT):
            after = retry_after(answer)
            return RetryLater(f"{self._name}: the CRM answered {status}", after=after, kind="" if after is None else RATE_LIMITED)
        return None


class InstanceAdapter(HTTPAdapter):
    """Sends every request to one address, whatever host it names: simple-salesforce only knows https and salesforce.com."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._base = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        asked = urlsplit(request.url or "")
        request.url = urlunsplit((self._base.scheme, self._base.netloc, asked.path, asked.query, ""))
        return super().send(request, *args, **options)


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


def checked_url(name: str, option: str, url: str) -> str:
    """The address without a trailing slash. Raises ConfigError unless it is https, or http on this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"connection {name!r}: {option} must be a full address such as https://example.com, not {url!r}")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigError(f"connection {name!r}: {option} {url!r} would send secrets in the clear; use https")
    return url.rstrip("/")


def retry_after(answer: requests.Response) -> float | None:
    """Seconds that the Retry-After header asks for, given as a number or as a date (RFC 9110, section 10.2.3)."""
    asked = answer.headers.get("Retry-After", "")
    if asked.isdigit():
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except ValueError:
        return None


def _clock(answer: requests.Response, sent: float) -> tuple[Reading, float] | None:
    """The answer's Date, and the moment by our own clock that it is about: halfway between question and answer.

    A Date is cut to the second. One that a cache gave (Age) was another time's.
    """
    try:
        told = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError):
        return None
    if told.tzinfo is None or "Age" in answer.headers:
        return None
    half = answer.elapsed / 2
    return Reading(told + timedelta(seconds=0.5), half + timedelta(seconds=0.5)), sent + half.total_seconds()


def _reason(error: BaseException) -> str:
    """The operating system's own words where there are some, without the addresses of objects."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        seen = seen.__cause__ or seen.__context__
    return type(error).__name__
