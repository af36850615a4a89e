"""The ``hook:`` block of a connection: how its CRM shows, when it says that something changed, that it is the CRM."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from centri.errors import ConfigError
from centri.mappings.notifying import Secret
from centri.mappings.transform import Flag
from centri.mappings.words import Model

SHORTEST = 16
"""Characters that a secret must have at least: whoever guesses it may have us ask the CRM, though nothing more."""


class Hook(Model):
    """A CRM that says that something changed."""

    secret: Secret = Field(description="The word that the CRM and we share, as `!env NAME`.")
    in_address: Flag = Field(
        default=False,
        description="Whether the secret may stand in the address (`?token=`), for senders that can set no header.",
    )

    def word(self, connection: str, environ: Mapping[str, str]) -> str:
        """The secret. Raises ConfigError where the environment variable is not set, or its value is easily guessed."""
        found = environ.get(self.secret.name, "")
        if not found:
            raise ConfigError(f"connection {connection!r}, hook: the environment variable {self.secret.name} is not set")
        if len(found) < SHORTEST:
            raise ConfigError(f"connection {connection!r}, hook: {self.secret.name} must have {SHORTEST} characters or more")
        return found
