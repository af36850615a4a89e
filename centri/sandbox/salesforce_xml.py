"""XML as Salesforce's older APIs speak it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape


def elements(body: bytes) -> ET.Element | None:
    """The root of a document, or None for what is none."""
    try:
        return ET.fromstring(body)  # noqa: S314 - the caller is a test on loopback
    except ET.ParseError:
        return None


def local(element: ET.Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def told(values: dict[str, Any]) -> str:
    """Values as elements: lists repeat theirs, dicts nest, null is ``xsi:nil``."""
    return "".join(_element(name, value) for name, value in values.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if value is None:
        return f'<{name} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
    if isinstance(value, bool):
        return f"<{name}>{'true' if value else 'false'}</{name}>"
    return f"<{name}>{told(value) if isinstance(value, dict) else escape(str(value))}</{name}>"
