"""The environments of a connection: options laid over its own, under a name. Without a name it is production."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

PRODUCTION = "production"
"""What the environment without a name is called, where it must be called something."""

ADDRESSES = ("instance_url", "url", "folder")
"""The options that say where a connection leads; whichever type it is of, it has one of them."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NOT_AN_OPTION = ("type", "budget", "hook", "environments")


def _checked(given: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    """Raises ValueError for a name that cannot be one, and for an environment that would lead where production does."""
    for name, options in given.items():
        if name == PRODUCTION:
            raise ValueError(f"{PRODUCTION!r} is what the connection's own options are; give the other environment a name")
        if not _NAME.fullmatch(name):
            raise ValueError(f"an environment cannot be called {name!r}; write small letters, digits and _, such as sandbox")
        if wrong := next((key for key in _NOT_AN_OPTION if key in options), None):
            raise ValueError(f"{wrong!r} is the same in every environment; leave it out of {name!r}")
        if not any(key in options for key in ADDRESSES):
            addresses = ", ".join(ADDRESSES[:-1]) + f" or {ADDRESSES[-1]}"
            raise ValueError(f"{name!r} needs an address of its own, {addresses}, or it would lead to {PRODUCTION}")
    return given


Environments = Annotated[Mapping[str, Mapping[str, Any]], AfterValidator(_checked)]
