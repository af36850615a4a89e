"""The ``alerts:`` block: from when on something is wrong, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from centri.errors import ConfigError
from centri.mappings.notifying import Secret
from centri.mappings.words import Model, percent
from centri.sync.alerts import Limits

_SHARE = {"type": "string", "pattern": r"^(100|\d{1,2})\s*%$"}

USUAL = Limits()


def _minutes(given: timedelta) -> int:
    return int(given.total_seconds() // 60)


class Thresholds(Model):
    """From when on something is wrong with a connection; what is left out is as for all."""

    failures: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description=f"How often in a row a step must fail ({USUAL.failures} unless said)."
    )
    stale_minutes: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description=f"Minutes after which an object not read is out of date ({_minutes(USUAL.stale_after)} unless said).",
    )
    anomalies: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description=f"How many open anomalies are no trouble yet ({USUAL.anomalies} unless said)."
    )
    budget: Annotated[float, BeforeValidator(percent), WithJsonSchema(_SHARE)] | None = Field(
        default=None, description=f"The share of the day's API calls that is nearly all ({USUAL.budget:.0%} unless said)."
    )
    stuck_minutes: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description=f"Minutes that a write or a message may wait ({_minutes(USUAL.stuck_after)} unless said)."
    )

    def over(self, limits: Limits) -> Limits:
        """The limits, with what is said here in their place."""
        return Limits(
            limits.failures if self.failures is None else self.failures,
            limits.stale_after if self.stale_minutes is None else timedelta(minutes=self.stale_minutes),
            limits.anomalies if self.anomalies is None else self.anomalies,
            limits.budget if self.budget is None else self.budget,
            limits.stuck_after if self.stuck_minutes is None else timedelta(minutes=self.stuck_minutes),
            limits.calm,
        )


class Chat(Model):
    """A room of a chat, such as Slack's, that takes messages by an incoming web-hook."""

    url: Secret = Field(description="The web-hook's address, which is a secret, as `!env NAME`.")

    def address(self, environ: Mapping[str, str]) -> str:
        """Where messages are posted. Raises ConfigError where the environment variable is not set, or is no address."""
        found = environ.get(self.url.name, "")
        if not found:
            raise ConfigError(f"alerts: the environment variable {self.url.name} is not set")
        if not found.startswith(("https://", "http://")):
            raise ConfigError(f"alerts: the address in {self.url.name} must begin with https:// or http://")
        return found


class Alerting(Thresholds):
    """When people are told that something is wrong, and who. Each alert is also a line in the log."""

    to: tuple[str, ...] = Field(default=(), description="E-mail addresses; the server is that of `notifications`.")
    chat: Chat | None = Field(default=None, description="A room of a chat.")
    calm_minutes: int = Field(
        default=_minutes(USUAL.calm), ge=0, description="For how many minutes all must be well before an alert is over."
    )
    connections: Mapping[str, Thresholds] = Field(
        default_factory=dict, description="What is different on a connection, by its name."
    )

    @field_validator("to")
    @classmethod
    def _addresses(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := next((one for one in given if not 0 < one.find("@") < len(one) - 1), None):
            raise ValueError(f"{wrong!r} is no e-mail address")
        return given

    def limits(self, connection: str = "") -> Limits:
        """From when on something is wrong with a connection; with the whole, where none is named."""
        usual = Limits(calm=timedelta(minutes=self.calm_minutes))
        own: Any = self.connections.get(connection)
        return own.over(self.over(usual)) if own else self.over(usual)

    def quiet(self) -> Alerting:
        """The same, telling nobody but the log."""
        return self.model_copy(update={"to": (), "chat": None})
