"""What a test may set in a SugarCRM: what its administrator decides, and the API user's time zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

USUAL: dict[str, Any] = {"strict_refresh": True, "keys_for_admins": True, "platforms": None, "largest_page": 1000}
"""How a SugarCRM is set unless somebody sets it otherwise; a reset goes back to it.

``strict_refresh``: a refresh on another platform than base must name it again. ``keys_for_admins``: only administrators
name records by a key of their own. ``platforms``: the only ones besides the built-in ones that may log in; None for any.
``largest_page``: most rows of a page, whatever is asked for.
"""

READERS: dict[str, Callable[[Any], Any]] = {
    "strict_refresh": bool,
    "keys_for_admins": bool,
    "platforms": lambda value: None if value is None else frozenset(map(str, value)),
    "largest_page": int,
    "timezone": ZoneInfo,
}


def configure(org: SugarCRM, settings: dict[str, Any]) -> dict[str, Any]:
    """Set what is given, and tell how all is set. Raises ValueError, TypeError or KeyError for what cannot be set so."""
    unknown = settings.keys() - READERS.keys()
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} cannot be set; there are {', '.join(READERS)}")
    for name, value in settings.items():
        setattr(org, name, READERS[name](value))
    platforms = None if org.platforms is None else sorted(org.platforms)
    told = {name: getattr(org, name) for name in USUAL} | {"platforms": platforms, "timezone": org.timezone.key}
    return {**told, "opportunities": "rli" if org.line_items else "only"}
