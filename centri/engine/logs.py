"""The log: lines for people or JSON for machines, on standard error, without secrets and without anybody's address."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.types import Processor

from centri.engine.redaction import redacted
from centri.settings import Settings

_NAMED = re.compile(r"!env\s+(\w+)")
_OURS = ("CENTRI_DATABASE_URL", "CENTRI_DAGSTER_DATABASE_URL", "CENTRI_MASKING_KEY")
_SHORTEST = 6
"""Characters below which a value is no secret, and would be found in every other word."""

_LOGGERS = ("centri", "uvicorn")


def configure(settings: Settings, *, always: bool = False, stream: TextIO | None = None) -> None:
    """Have our log written to ``stream`` (standard error), as CENTRI_LOG says.

    Text for people is left to the caller's own set-up unless ``always``: a command prints what it has to say.
    """
    if settings.log != "json" and not always:
        return
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=_processors(settings)))
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)


def secrets(settings: Settings) -> dict[str, str]:
    """The values that the environment gives what the mapping names, and our own, each with its variable's name."""
    try:
        named = _NAMED.findall(settings.mappings.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        named = []
    ours = [name for name in settings.environment if name.startswith(_OURS)]
    found = {settings.environment.get(name, ""): name for name in (*named, *ours)}
    longest_first = sorted(found, key=len, reverse=True)
    return {value: found[value] for value in longest_first if len(value) >= _SHORTEST}


def _processors(settings: Settings) -> list[Processor]:
    shown = structlog.processors.JSONRenderer() if settings.log == "json" else structlog.dev.ConsoleRenderer(colors=False)
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _Clean(secrets(settings)),
        shown,
    ]


class _Clean:
    """Takes out of every value what nobody is to read in a log; a secret's place shows its variable's name."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {name: value if name == "timestamp" else self._clean(value) for name, value in event.items()}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._clean(key): self._clean(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(inner) for inner in value]
        return value if value is None or isinstance(value, bool | int | float) else self._text(str(value))

    def _text(self, text: str) -> str:
        for value, name in self._secrets.items():
            text = text.replace(value, f"[{name}]")
        return redacted(text)
