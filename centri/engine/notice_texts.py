"""A notification in words: its subject, its plain text, and the same as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, Template, meta

from centri.partners.notice_kinds import KINDS

FOR_VENDOR = "for_vendor"
"""The one name of templates that no caller gives: whether the reader is one of the vendor's people."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads."""

    subject: str
    plain: str
    html: str


def text(kind: str, data: Mapping[str, Any], *, for_vendor: bool) -> Text:
    """The words of a notification."""
    values = {**data, FOR_VENDOR: for_vendor}
    subject = _flat(_template(KINDS[kind].subject).render(values))
    plain = _template(KINDS[kind].text).render(values).strip() + "\n"
    return Text(subject, plain, _PAGE.render(subject=subject, paragraphs=_paragraphs(plain)))


@cache
def shown(kind: str) -> frozenset[str]:
    """The names that the templates of a kind show."""
    words = (KINDS[kind].subject, KINDS[kind].text)
    return frozenset().union(*(meta.find_undeclared_variables(_PLAIN.parse(w)) for w in words)) - {FOR_VENDOR}


def _moment(value: str | datetime | None) -> str:
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else ""


def _listed(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _flat(subject: str) -> str:
    """On one line, which is all that the header of a message may have."""
    return " ".join(subject.split())


def _paragraphs(plain: str) -> list[list[str]]:
    return [block.split("\n") for block in plain.strip().split("\n\n") if block]


_PLAIN = Environment(autoescape=False)  # noqa: S701 - plain text; what becomes HTML goes through _HTML
_PLAIN.filters |= {"moment": _moment, "listed": _listed}
_HTML = Environment(autoescape=True)
_PAGE = _HTML.from_string(
    '<!doctype html><html><head><meta charset="utf-8"><title>{{ subject }}</title></head>'
    '<body style="font: 15px/1.5 sans-serif; color: #222; max-width: 40em">'
    '<h1 style="font-size: 1.2em">{{ subject }}</h1>'
    "{% for lines in paragraphs %}<p>{% for line in lines %}{{ line }}{% if not loop.last %}<br>{% endif %}{% endfor %}</p>"
    "{% endfor %}</body></html>"
)


@cache
def _template(words: str) -> Template:
    return _PLAIN.from_string(words)
