"""The JWT bearer flow: an assertion that the caller signed, checked by the public key set for the org."""

from __future__ import annotations

from typing import Any

import jwt

from centri.sandbox.salesforce_call import Call
from centri.sandbox.state import Refused

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")


UNCHECKED: jwt.types.Options = {"verify_exp": False, "verify_aud": False, "verify_nbf": False, "verify_iat": False}
"""What the library need not check: times count by the org's clock."""


def check(call: Call, form: dict[str, str]) -> dict[str, Any]:
    """Raises Refused in the words of the token endpoint."""
    claims = _claims(call, form.get("assertion", ""))
    if claims.get("iss") != call.org.credentials.client_id:
        raise Refused(400, "invalid_client_id", "client identifier invalid")
    if str(claims.get("aud", "")).rstrip("/") not in (*HOSTS, call.instance_url):
        raise Refused(400, "invalid_grant", "audience is invalid")
    if claims.get("sub") != call.org.credentials.username:
        raise Refused(400, "invalid_grant", "user hasn't approved this consumer")
    if _expires(claims) <= call.org.clock.now():
        raise Refused(400, "invalid_grant", "assertion is not valid: expired")
    return {"scope": "api"}


def _expires(claims: dict[str, Any]) -> float:
    """Seconds since 1970 UTC; simple-salesforce writes them as text, and is let in."""
    try:
        return float(claims.get("exp", 0))
    except (TypeError, ValueError):
        return 0


def _claims(call: Call, assertion: str) -> dict[str, Any]:
    if call.org.jwt_key is None:
        raise Refused(400, "invalid_grant", "user hasn't approved this consumer")
    try:
        return dict(jwt.decode(assertion, call.org.jwt_key, algorithms=["RS256"], options=UNCHECKED))
    except jwt.PyJWTError:
        raise Refused(400, "invalid_grant", "invalid assertion") from None
