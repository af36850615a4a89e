"""Logging in to the sandbox's SugarCRM: tokens, one live access token for each (user, platform)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from centri.sandbox.rows import Row
from centri.sandbox.sugarcrm_call import Call
from centri.sandbox.sugarcrm_errors import invalid, refused

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

REFRESH_LIFETIME = 1_209_600
"""Two weeks, in seconds."""


BUILT_IN = frozenset(("base", "mobile", "portal"))
"""Platforms that need no registration."""


def token(org: SugarCRM, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of ``oauth2/token`` to a password or refresh grant. Raises Refused."""
    ours, platform = org.credentials, _platform(org, arguments)
    if (arguments.get("client_id"), arguments.get("client_secret") or "") != (ours.client_id, ours.client_secret):
        raise refused("need_login", "The client credentials are invalid.")
    match arguments.get("grant_type"):
        case "password":
            user = _user(org, str(arguments.get("username")), arguments.get("password"))
            return _open(org, user, platform)
        case "refresh_token":
            held = org.sessions.find(str(arguments.get("refresh_token")), "refresh")
            named = org.strict_refresh or "platform" in arguments
            if held is None or (named and held.platform != platform):
                raise refused("invalid_grant", "Invalid refresh token")
            return _open(org, held.user, held.platform)
        case other:
            raise invalid(f"grant_type {other!r}")


def sudo(call: Call) -> dict[str, Any]:
    """A token of somebody else's for an administrator, whose own session goes on. Raises Refused."""
    call.admin()
    found = _named(call.org, call.path["name"])
    if found is None:
        raise refused("not_found", f"Could not find user: {call.path['name']}")
    return _open(call.org, found.id, _platform(call.org, call.arguments))


def caller(org: SugarCRM, headers: Mapping[str, str], arguments: Mapping[str, Any]) -> str:
    """The id of the user whose token a call holds; a download token does for it too. Raises Refused."""
    held = token_of(headers) or str(arguments.get("oauth_token") or "")
    if not held:
        raise refused("need_login", "No valid authentication for user.")
    session = org.sessions.find(held) or org.sessions.find(held, "download")
    if session is None:
        raise refused("invalid_grant", "The access token provided is invalid.")
    return session.user


def token_of(headers: Mapping[str, str]) -> str | None:
    """The access token of a call, from either header that clients use."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return headers.get("oauth-token") or (bearer if scheme.lower() == "bearer" else "") or None


def logout(call: Call) -> dict[str, Any]:
    """End the caller's session, its refresh token included."""
    session = call.org.sessions.find(token_of(call.headers) or "")
    if session:
        _evict(call.org, session.user, session.platform)
    return {"success": True}


def _user(org: SugarCRM, name: str, password: Any) -> str:
    """The id of the active user of this name; one whose password nobody set has the integration user's. Raises Refused."""
    ours = org.credentials
    if name == ours.username:
        user, wanted = org.integration_user, ours.password
    else:
        found = _named(org, name)
        user, wanted = (found.id, found.get("user_hash") or ours.password) if found else ("", "")
    if not user or password != wanted:
        raise refused("need_login", "You must specify a valid username and password.")
    return user


def _named(org: SugarCRM, name: str) -> Row | None:
    users = org.table("Users").find("user_name", name)
    return next((row for row in users if row.get("status") != "Inactive"), None)


def _platform(org: SugarCRM, arguments: Mapping[str, Any]) -> str:
    """The platform a login is for. Raises Refused for one that nobody registered, where that counts."""
    platform = str(arguments.get("platform") or "base")
    if org.platforms is not None and platform not in org.platforms | BUILT_IN:
        raise refused("not_authorized", f"The platform {platform} is not registered.")
    return platform


def _open(org: SugarCRM, user: str, platform: str) -> dict[str, Any]:
    _evict(org, user, platform)
    access, refresh, download = (str(uuid.uuid4()) for _ in range(3))
    org.sessions.open(access, user, platform=platform)
    org.sessions.open(refresh, user, lifetime=REFRESH_LIFETIME, kind="refresh", platform=platform)
    org.sessions.open(download, user, lifetime=REFRESH_LIFETIME, kind="download", platform=platform)
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
