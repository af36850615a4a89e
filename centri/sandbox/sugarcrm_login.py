"""Logging in to the sandbox's SugarCRM: tokens, one live access token for each (user, platform)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from centri.sandbox.sugarcrm_errors import invalid, refused

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

REFRESH_LIFETIME = 1_209_600
"""Two weeks, in seconds."""


def token(org: SugarCRM, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of ``oauth2/token`` to a password or refresh grant. Raises Refused."""
    ours, platform = org.credentials, str(arguments.get("platform") or "base")
    if (arguments.get("client_id"), arguments.get("client_secret") or "") != (ours.client_id, ours.client_secret):
        raise refused("need_login", "The client credentials are invalid.")
    match arguments.get("grant_type"):
        case "password":
            if (arguments.get("username"), arguments.get("password")) != (ours.username, ours.password):
                raise refused("need_login", "You must specify a valid username and password.")
        case "refresh_token":
            session = org.sessions.find(str(arguments.get("refresh_token")), "refresh")
            if session is None or session.platform != platform:
                raise refused("invalid_grant", "Invalid refresh token")
        case other:
            raise invalid(f"grant_type {other!r}")
    return _open(org, platform)


def check(org: SugarCRM, held: str | None) -> None:
    """Raises Refused unless the access token is alive."""
    if not held:
        raise refused("need_login", "No valid authentication for user.")
    if org.sessions.find(held) is None:
        raise refused("invalid_grant", "The access token provided is invalid.")


def logout(org: SugarCRM, held: str) -> dict[str, Any]:
    """End the caller's session, its refresh token included."""
    session = org.sessions.find(held)
    if session:
        _evict(org, session.user, session.platform)
    return {"success": True}


def _open(org: SugarCRM, platform: str) -> dict[str, Any]:
    user = org.integration_user
    _evict(org, user, platform)
    access, refresh, download = (str(uuid.uuid4()) for _ in range(3))
    org.sessions.open(access, user, platform=platform)
    org.sessions.open(refresh, user, lifetime=REFRESH_LIFETIME, kind="refresh", platform=platform)
    return {
        "access_token": access,
        "expires_in": org.sessions.lifetime,
        "token_type": "bearer",
        "scope": None,
        "refresh_token": refresh,
        "refresh_expires_in": REFRESH_LIFETIME,
        "download_token": download,
    }


def _evict(org: SugarCRM, user: str, platform: str) -> None:
    for session in org.sessions.all():
        if (session.user, session.platform) == (user, platform):
            org.sessions.close(session.token)
