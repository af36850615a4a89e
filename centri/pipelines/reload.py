"""A mapping that was edited goes live: looked through here first, then read anew by the code server that runs."""

from __future__ import annotations

from typing import Any

import requests

from centri.engine.project import mapping_of
from centri.errors import CentriError, RetryLater, Stop
from centri.pipelines.definitions import build_definitions
from centri.pipelines.instance import LOCATION
from centri.settings import Settings

_WITHIN = 120.0
"""Seconds: the code server answers when it has loaded everything anew."""

_RELOAD = """
mutation Reload($location: String!) {
  reloadRepositoryLocation(repositoryLocationName: $location) {
    __typename
    ... on WorkspaceLocationEntry {
      locationOrLoadError {
        __typename
        ... on PythonError { message }
      }
    }
    ... on UnauthorizedError { message }
    ... on RepositoryLocationNotFound { message }
    ... on ReloadNotSupported { message }
    ... on PythonError { message }
  }
}
"""

_JOBS = """
query Jobs($location: String!) {
  workspaceLocationEntryOrError(name: $location) {
    ... on WorkspaceLocationEntry { locationOrLoadError { ... on RepositoryLocation { repositories { jobs { name } } } } }
  }
}
"""
"""Asked by itself: within the answer to the mutation the web server still tells of what was there before."""


def reload(settings: Settings, url: str, location: str = LOCATION) -> list[str]:
    """Have the web server at ``url``, and the code server behind it, follow the mapping as it is now. Returns its jobs' names.

    Raises ConfigError for a faulty mapping, before anything is asked: what runs keeps the one that it has. Raises RetryLater
    where no web server answers, Stop where it refuses, CentriError where the code server could not load what was sound here.
    """
    mapping = mapping_of(settings)
    build_definitions(mapping, settings).resolve_all_job_defs()
    asking = f"{url.rstrip('/')}/graphql"
    _require_loaded(_asked(asking, _RELOAD, location)["reloadRepositoryLocation"])
    found = _asked(asking, _JOBS, location)["workspaceLocationEntryOrError"]["locationOrLoadError"]
    return sorted(job["name"] for repository in found["repositories"] for job in repository["jobs"] if job["name"][0] != "_")


def _asked(url: str, query: str, location: str) -> dict[str, Any]:
    try:
        answer = requests.post(url, json={"query": query, "variables": {"location": location}}, timeout=_WITHIN)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()["data"]
    except (requests.RequestException, KeyError, TypeError) as error:
        raise RetryLater(f"no Dagster web server took the reload at {url}: {error}") from error
    return told


def _require_loaded(told: dict[str, Any]) -> None:
    if told["__typename"] != "WorkspaceLocationEntry":
        raise Stop(f"the web server refused to reload: {told.get('message', told['__typename'])}")
    found = told["locationOrLoadError"]
    if found is None or found["__typename"] != "RepositoryLocation":
        raise CentriError(f"the mapping is sound here, yet the code server cannot load it: {(found or {}).get('message', '')}")
