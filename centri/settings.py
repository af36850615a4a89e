"""What the environment says: where the store is, where to work, which mapping to follow. The only reader of os.environ."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from centri.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Settings:
    """``overlap`` is how far each pull steps back behind the last record it staged, for records that became visible late.

    ``allow`` is the share of linked records (0 to 1) that this one run may change, where the mapping would refuse.
    """

    home: Path = Path(".centri")
    mappings: Path = Path("mappings.yaml")
    database_url: str = ""
    overlap: timedelta = timedelta(minutes=5)
    page_size: int = 2000
    chunk_size: int = 500
    allow: float | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def database(self) -> str:
        """The store's URL: an SQLite file under ``home`` unless CENTRI_DATABASE_URL names another."""
        return self.database_url or f"sqlite:///{self.home.resolve() / 'prm.db'}"

    @property
    def dagster_home(self) -> Path:
        return self.home.resolve() / "dagster"


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read CENTRI_HOME, CENTRI_MAPPINGS, CENTRI_DATABASE_URL, CENTRI_OVERLAP_SECONDS and CENTRI_PAGE_SIZE. Raises ConfigError."""
    env = dict(os.environ if environ is None else environ)
    return Settings(
        home=Path(env.get("CENTRI_HOME", ".centri")),
        mappings=Path(env.get("CENTRI_MAPPINGS", "mappings.yaml")),
        database_url=env.get("CENTRI_DATABASE_URL", ""),
        overlap=timedelta(seconds=_number(env, "CENTRI_OVERLAP_SECONDS", 300)),
        page_size=int(_number(env, "CENTRI_PAGE_SIZE", 2000)),
        environment=env,
    )


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1
    if value < 0:
        raise ConfigError(f"{name} is {text!r}; it must be a number, zero or more")
    return value
