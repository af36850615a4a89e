"""Texts without anybody's address or number, for logs and messages that leave the store."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)*")
_PHONE = re.compile(r"(?<![\w.:-])\+?\(?\d(?:[ ()/.-]{0,2}\d){8,14}(?![\w:-])")


def masked(address: str) -> str:
    """An e-mail address for the log: enough to tell people apart by, too little to write to."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}" if at else "***"


def redacted(text: str) -> str:
    """The text with every e-mail address masked, and every phone number taken out."""
    return _PHONE.sub("[number]", _EMAIL.sub(lambda found: masked(found[0]), text))
