"""The ways by which people are told: e-mail over SMTP, a signed web-hook, a room of a chat, the log."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Protocol

import requests
from requests.exceptions import SSLError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from urllib3.exceptions import NewConnectionError

from centri.engine.notice_texts import Text
from centri.engine.redaction import masked
from centri.errors import Rejected, RetryLater
from centri.mappings.notifying import Email, Webhook

LOG = logging.getLogger("centri.notifications")

TIMEOUT = 30
"""Seconds that a server may keep silent."""


CONNECTS_AGAIN = wait_exponential(0.5, max=4)
"""How long to wait before connecting to an SMTP server again."""


class ChannelDown(RetryLater):
    """Nothing at all can be sent this way now, which is no fault of the message."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. ``id`` stays the same however often it is, so that a receiver can tell the second from the first."""

    id: str
    kind: str
    whom: tuple[str, str]
    address: str
    text: Text
    data: Mapping[str, Any]
    about: tuple[str | None, str | None]
    queued_at: datetime
    sent_at: datetime


class Channel(Protocol):
    """A way to tell people.

    ``send`` raises ChannelDown where nothing can be sent this way now, RetryLater where this message may go later, Rejected
    where it never will.
    """

    def send(self, message: Message) -> None: ...
    def close(self) -> None: ...


class LogChannel:
    """Tells nobody but whoever reads the log."""

    def send(self, message: Message) -> None:
        LOG.info("%s for %s: %s [%s]", message.kind, masked(message.address), message.text.subject, message.id)

    def close(self) -> None:
        pass


class EmailChannel:
    """One SMTP session for as many messages as there are."""

    def __init__(self, settings: Email) -> None:
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None

    def send(self, message: Message) -> None:
        try:
            mail = email(message, self._settings.sender)
        except ValueError as error:
            raise Rejected("undelivered", f"no message can be made of it: {error}") from error
        smtp = self._session()
        try:
            smtp.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refusal:
            raise _refusal(*next(iter(refusal.recipients.values()))) from refusal
        except smtplib.SMTPSenderRefused as refusal:
            raise ChannelDown(f"the SMTP server refuses the sender: {_said(refusal.smtp_code, refusal.smtp_error)}") from refusal
        except smtplib.SMTPResponseException as refusal:
            raise _refusal(refusal.smtp_code, refusal.smtp_error) from refusal
        except (OSError, smtplib.SMTPException) as failure:
            self.close()
            raise RetryLater(f"the SMTP server left in the midst of a message: {type(failure).__name__}") from failure

    def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _session(self) -> smtplib.SMTP:
        if self._smtp is not None and not _alive(self._smtp):
            self.close()
        if self._smtp is None:
            again = retry_if_exception_type((OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError))
            try:
                # only this is tried again at once: a message that was given away might be delivered twice
                self._smtp = Retrying(retry=again, stop=stop_after_attempt(3), wait=CONNECTS_AGAIN, reraise=True)(self._connect)
            except smtplib.SMTPAuthenticationError as refusal:
                raise ChannelDown(f"the SMTP server refuses the log-in: {refusal.smtp_code}") from refusal
            except (OSError, smtplib.SMTPException) as failure:
                raise ChannelDown(f"the SMTP server {self._settings.host} cannot be reached: {failure}") from failure
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        at, tls = (self._settings.host, self._settings.port), ssl.create_default_context()
        secure = self._settings.security == "tls"
        smtp = smtplib.SMTP_SSL(*at, timeout=TIMEOUT, context=tls) if secure else smtplib.SMTP(*at, timeout=TIMEOUT)
        try:
            if self._settings.security == "starttls":
                smtp.starttls(context=tls)
            if self._settings.user:
                smtp.login(self._settings.user, self._settings.password)
        except BaseException:
            smtp.close()
            raise
        return smtp


class WebhookChannel:
    """Posts each event, signed as the Standard Webhooks say."""

    def __init__(self, settings: Webhook) -> None:
        self._settings = settings
        self._session = requests.Session()

    def send(self, message: Message) -> None:
        body = json.dumps(event(message), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", **signed(self._settings.secret, message.id, message.sent_at, body)}
        try:
            answer = self._session.post(self._settings.url, body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as failure:
            kind = ChannelDown if _never_connected(failure) else RetryLater
            raise kind(f"the web-hook's receiver did not answer: {type(failure).__name__}") from failure
        if not answer.ok or answer.is_redirect:
            raise RetryLater(f"the web-hook's receiver answered {answer.status_code}")

    def close(self) -> None:
        self._session.close()


class ChatChannel:
    """Posts into a room of a chat by its incoming web-hook, whose address is the secret; it is in no error and in no log."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()

    def send(self, message: Message) -> None:
        words = {"text": f"*{message.text.subject}*\n{message.text.plain}"}
        try:
            answer = self._session.post(
                self._url, json=words, headers={"webhook-id": message.id}, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as failure:
            kind = ChannelDown if _never_connected(failure) else RetryLater
            raise kind(f"the chat did not answer: {type(failure).__name__}") from failure
        if not answer.ok or answer.is_redirect:
            raise RetryLater(f"the chat answered {answer.status_code}")

    def close(self) -> None:
        self._session.close()


def email(message: Message, sender: str) -> EmailMessage:
    """The message in plain text and as HTML, from nobody that answers."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, message.address, message.text.subject
    mail["Date"] = format_datetime(message.sent_at)
    mail["Message-ID"] = f"<{message.id}@{parseaddr(sender)[1].rpartition('@')[2] or 'centri'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text.plain)
    mail.add_alternative(message.text.html, subtype="html")
    return mail


def event(message: Message) -> dict[str, Any]:
    """What is posted to a web-hook."""
    subject_type, subject_id = message.about
    return {
        "id": message.id,
        "type": message.kind,
        "timestamp": message.queued_at.isoformat().replace("+00:00", "Z"),
        "recipient": {"type": message.whom[0], "id": message.whom[1], "email": message.address},
        "about": {"type": subject_type, "id": subject_id} if subject_id else None,
        "subject": message.text.subject,
        "text": message.text.plain,
        "data": dict(message.data),
    }


def signed(secret: str, id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that show a receiver that an event is ours and new; a secret that begins with ``whsec_`` is Base64."""
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    stamp = str(int(at.timestamp()))
    digest = hmac.new(key, b".".join((id.encode(), stamp.encode(), body)), hashlib.sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _alive(smtp: smtplib.SMTP) -> bool:
    try:
        return smtp.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _never_connected(failure: requests.RequestException) -> bool:
    """Whether nothing was sent at all: what breaks in the midst may be the message's fault, and must not hold up all others."""
    cause = getattr(failure.args[0] if failure.args else None, "reason", None)
    return isinstance(failure, requests.ConnectTimeout | SSLError) or isinstance(cause, NewConnectionError)


def _refusal(code: int, words: bytes | str) -> Rejected | RetryLater:
    told = f"the SMTP server answered {_said(code, words)}"
    return Rejected("undelivered", told) if code >= 500 else RetryLater(told)


def _said(code: int, words: bytes | str) -> str:
    """The server's words without the address that they may repeat."""
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return f"{code} " + " ".join(masked(word.strip("<>:,;")) if "@" in word else word for word in text.split())
