"""What commands say of the environments of a mapping."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from centri.cli.output import note

if TYPE_CHECKING:
    from centri.engine.environments import Standings
    from centri.settings import Settings


def note_absent(settings: Settings) -> None:
    """Say which connections the environment does not have. Raises ConfigError for a faulty mapping, an unknown environment."""
    if settings.env:
        from centri.engine.project import mapping_of

        for name in mapping_of(settings).absent:
            note(f"centri: {name} has no environment {settings.env!r} in the mapping, so it is left alone")


def standings(settings: Settings) -> tuple[list[Standings], dict[str, str]]:
    """How all connections stand in each environment, and of which type they are. Raises CentriError."""
    from centri.engine.environments import listed
    from centri.engine.project import PRM_FIELDS
    from centri.mappings.loader import load

    mapping = load(settings.mappings, PRM_FIELDS)
    found = list(listed(settings, mapping, now=datetime.now(UTC)))
    return found, {name: config.type for name, config in mapping.connections.items()}
