"""What the environment says: where the store is, where to work, which mapping to follow. The only reader of os.environ."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from centri.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Settings:
    """``overlap`` is how far each pull steps back behind the last record it staged, for records that became visible late.

    ``allow`` is the share of linked records (0 to 1) that this one run may change, where the mapping would refuse.
    ``log`` is how the log is written, text or json. ``keep`` is how long the journals are kept, ``keep_runs`` the runs in
    Dagster. ``automation`` has schedules and sensors run unless somebody stops them; without it they wait to be started.
    ``history_from`` is the month with which the history in Dagster begins. ``env`` is the environment that CRMs and store are
    of; the one without a name is production.
    """

    home: Path = Path(".centri")
    mappings: Path = Path("mappings.yaml")
    database_url: str = ""
    overlap: timedelta = timedelta(minutes=5)
    page_size: int = 2000
    chunk_size: int = 500
    allow: float | None = None
    env: str = ""
    log: str = "text"
    keep: timedelta = timedelta(days=90)
    keep_runs: timedelta = timedelta(days=14)
    automation: bool = True
    history_from: date = date(2020, 1, 1)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def database(self) -> str:
        """The store's URL: an SQLite file in ``folder`` unless CENTRI_DATABASE_URL names another."""
        return self.database_url or f"sqlite:///{self.folder / 'prm.db'}"

    @property
    def dagster_home(self) -> Path:
        return self.folder / "dagster"

    @property
    def folder(self) -> Path:
        """The working folder of the environment: ``home`` itself is production's."""
        home = self.home.resolve()
        return home / "env" / self.env if self.env else home

    def within(self, env: str) -> Settings:
        """The settings of an environment, with a store of its own; ``production`` is the one without a name.

        Raises ConfigError where it would share a store with production, or its name cannot be one.
        """
        env = "" if env == "production" else env
        if env and not re.fullmatch(r"[a-z][a-z0-9_]*", env):
            raise ConfigError(f"an environment cannot be called {env!r}; its name is small letters, digits and _")
        general = "CENTRI_DATABASE_URL"
        production = self.environment.get(general, "")
        variable = f"{general}_{env.upper()}"
        own = self.environment.get(variable, "") if env else production
        if env and production and own in ("", production):
            wrong = f"{variable} is the same store" if own else f"{variable} is not set"
            raise ConfigError(f"CENTRI_DATABASE_URL is production's store, and {wrong}; name a database for {env} in {variable}")
        return replace(self, env=env, database_url=own)


def from_environment(environ: Mapping[str, str] | None = None, *, named: str | None = None) -> Settings:
    """Read the variables that begin with CENTRI_. ``named`` is an environment that goes before CENTRI_ENV. Raises ConfigError."""
    env = dict(os.environ if environ is None else environ)
    env = {**_secrets(env), **env}
    read = Settings(
        home=Path(env.get("CENTRI_HOME", ".centri")),
        mappings=Path(env.get("CENTRI_MAPPINGS", "mappings.yaml")),
        overlap=timedelta(seconds=_number(env, "CENTRI_OVERLAP_SECONDS", 300)),
        page_size=int(_number(env, "CENTRI_PAGE_SIZE", 2000)),
        log=_log(env.get("CENTRI_LOG", "")),
        keep=timedelta(days=_number(env, "CENTRI_KEEP_DAYS", 90)),
        keep_runs=timedelta(days=_number(env, "CENTRI_KEEP_RUNS_DAYS", 14)),
        automation=_automation(env.get("CENTRI_AUTOMATION", "")),
        history_from=_month(env.get("CENTRI_HISTORY_FROM", "")),
        environment=env,
    )
    return read.within(env.get("CENTRI_ENV", "") if named is None else named)


def _log(given: str) -> str:
    if given not in ("", "text", "json"):
        raise ConfigError(f"CENTRI_LOG is {given!r}; it must be text or json")
    return given or "text"


def _automation(given: str) -> bool:
    if given not in ("", "on", "off"):
        raise ConfigError(f"CENTRI_AUTOMATION is {given!r}; it must be on or off")
    return given != "off"


def _month(given: str) -> date:
    try:
        return date.fromisoformat(f"{given or '2020-01'}-01")
    except ValueError as error:
        raise ConfigError(f"CENTRI_HISTORY_FROM is {given!r}; it must be a month such as 2020-01") from error


def _secrets(env: Mapping[str, str]) -> dict[str, str]:
    """Variables that are files in the folder CENTRI_SECRETS: the name is the variable's, what is in it the value."""
    if not (named := env.get("CENTRI_SECRETS", "")):
        return {}
    try:
        files = [path for path in Path(named).iterdir() if path.is_file() and not path.name.startswith(".")]
        return {path.name: path.read_text(encoding="utf-8").strip() for path in files}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"CENTRI_SECRETS is {named!r}, which cannot be read as a folder of files: {error}") from error


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1
    if value < 0:
        raise ConfigError(f"{name} is {text!r}; it must be a number, zero or more")
    return value
