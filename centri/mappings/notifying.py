"""The ``notifications:`` block: by what means people are told, and where those means are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from centri.errors import ConfigError
from centri.mappings.source import EnvRef
from centri.mappings.words import Model
from centri.partners.notices import Channel

LOOKED_UP = ("host", "port", "sender", "user", "password", "url", "secret")
"""The keys that may name an environment variable."""

_LARGEST_PORT = 65535


def _text(given: object) -> str | EnvRef:
    if isinstance(given, EnvRef) or (isinstance(given, str) and given.strip()):
        return given
    raise ValueError("write text, or !env NAME")


def _port(given: object) -> int | EnvRef:
    if isinstance(given, EnvRef) or (isinstance(given, int) and 0 < given <= _LARGEST_PORT):
        return given
    raise ValueError("write a port such as 587, or !env NAME")


def _secret(given: object) -> EnvRef:
    if isinstance(given, EnvRef):
        return given
    raise ValueError("this is a secret; name an environment variable instead: !env NAME")


Text = Annotated[str | EnvRef, PlainValidator(_text), WithJsonSchema({"type": "string"})]
Port = Annotated[int | EnvRef, PlainValidator(_port), WithJsonSchema({"type": ["integer", "string"]})]
Secret = Annotated[EnvRef, PlainValidator(_secret), WithJsonSchema({"type": "string"})]


@dataclass(frozen=True, slots=True)
class Email:
    """An SMTP server that takes our messages. ``security`` is that of the connection; blank ``user``: no log-in."""

    host: str
    port: int
    sender: str
    security: str
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are posted to, and the secret that they are signed with."""

    url: str
    secret: str


class EmailBlock(Model):
    """An SMTP server."""

    host: Text = Field(description="The SMTP server.")
    port: Port = Field(default=587, description="Its port.")
    sender: Text = Field(description="Whom messages come from, as in `Partner desk <partners@vendor.example>`.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection is kept secret: starttls, tls (from the first byte), none (on this machine).",
    )
    user: Text | None = Field(default=None, description="Who logs in there, if anybody.")
    password: Secret | None = Field(default=None, description="The password, as `!env NAME`.")

    @model_validator(mode="after")
    def _both(self) -> EmailBlock:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        return self


class WebhookBlock(Model):
    """A web-hook's receiver."""

    url: Text = Field(description="Where each event is posted to.")
    secret: Secret = Field(description="What events are signed with, as `!env NAME`.")


class Notifying(Model):
    """How people are told what happened."""

    channel: Channel = Field(default="log", description="How those are told who have no preference: email, webhook, log.")
    email: EmailBlock | None = Field(default=None, description="The SMTP server for messages.")
    webhook: WebhookBlock | None = Field(default=None, description="The receiver of events, such as a gateway for SMS or chat.")

    @model_validator(mode="after")
    def _there(self) -> Notifying:
        if self.channel != "log" and getattr(self, self.channel) is None:
            raise ValueError(f"the channel is {self.channel}, and there is no block {self.channel!r}")
        return self

    def smtp(self, environ: Mapping[str, str]) -> Email | None:
        """The SMTP server, if there is one. Raises ConfigError naming every environment variable that is not set."""
        if (block := self.email) is None:
            return None
        found = _looked_up({key: getattr(block, key) for key in ("host", "port", "sender", "user", "password")}, environ)
        if not found["port"].isdigit():
            raise ConfigError(f"notifications: the port of the SMTP server is {found['port']!r}, which is no number")
        user, password = found["user"], found["password"]
        return Email(found["host"], int(found["port"]), found["sender"], block.security, user, password)

    def receiver(self, environ: Mapping[str, str]) -> Webhook | None:
        """The web-hook's receiver, if there is one. Raises ConfigError as :meth:`smtp` does, and where its URL is none."""
        if (block := self.webhook) is None:
            return None
        found = _looked_up({"url": block.url, "secret": block.secret}, environ)
        if not found["url"].startswith(("https://", "http://")):
            raise ConfigError("notifications: the url of the web-hook must begin with https:// or http://")
        return Webhook(found["url"], found["secret"])


def _looked_up(given: Mapping[str, str | int | EnvRef | None], environ: Mapping[str, str]) -> dict[str, str]:
    missing = [value.name for value in given.values() if isinstance(value, EnvRef) and not environ.get(value.name)]
    if missing:
        raise ConfigError(*(f"notifications: the environment variable {name} is not set" for name in missing))
    told = {key: environ[value.name] if isinstance(value, EnvRef) else value for key, value in given.items()}
    return {key: "" if value is None else str(value) for key, value in told.items()}
