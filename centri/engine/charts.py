"""Charts of a report as SVG: bars, a funnel, lines over time. Nothing has to be fetched or installed to look at them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

_WIDE, _NAMES, _VALUES = 640, 190, 110
_TOP, _BAR, _GAP = 34, 20, 8
_HIGH, _LEFT, _BOTTOM, _RIGHT = 300, 64, 40, 16
_COLOURS = ("#2563a8", "#c2570c", "#2f7d4f", "#7a3e9d", "#8a6d00", "#8a8a8a")
_MOST_BARS, _LONGEST, _MOST_TICKS = 20, 26, 8


class Bar(NamedTuple):
    """A bar: its name, its length, and how that is written. A length below 0 is drawn as 0."""

    label: str
    value: float
    shown: str


class Line(NamedTuple):
    """Values of one series, one for each place along the axis; None leaves a gap."""

    name: str
    values: Sequence[float | None]


def bars(title: str, given: Sequence[Bar]) -> str:
    """Bars from top to bottom, the longest as wide as there is room; only the first twenty, and how many more there are."""
    return _stacked(title, given, centred=False)


def funnel(title: str, given: Sequence[Bar]) -> str:
    """As :func:`bars`, each in the middle: what narrows from stage to stage."""
    return _stacked(title, given, centred=True)


def lines(title: str, labels: Sequence[str], given: Sequence[Line]) -> str:
    """Up to six lines over the same labels, beginning at 0."""
    most = max((value for line in given for value in line.values if value is not None), default=0.0) or 1.0
    drawn, shown = [*_axes(labels, most)], given[: len(_COLOURS)]
    for place, line in enumerate(shown):
        points = [(_x(at, len(labels)), _y(value, most)) for at, value in enumerate(line.values) if value is not None]
        drawn += [*_path(line.name, points, _COLOURS[place]), _key(place, len(shown), line.name)]
    return _svg(title, _HIGH, drawn)


def _stacked(title: str, given: Sequence[Bar], *, centred: bool) -> str:
    shown, rest = given[:_MOST_BARS], len(given) - _MOST_BARS
    most = max((bar.value for bar in shown), default=0.0) or 1.0
    room = _WIDE - _NAMES - _VALUES
    drawn = []
    for place, bar in enumerate(shown):
        y, wide = _TOP + place * (_BAR + _GAP), max(bar.value, 0.0) / most * room
        x = _NAMES + (room - wide) / 2 if centred else _NAMES
        drawn += [
            _text(_NAMES - 8, y + 15, _short(bar.label), "end"),
            f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{_BAR}" fill="{_COLOURS[0]}">{_title(bar)}</rect>',
            _text(_NAMES + room + 8 if centred else x + wide + 8, y + 15, bar.shown),
        ]
    high = _TOP + max(len(shown), 1) * (_BAR + _GAP) + (_BAR if rest > 0 else 0)
    if rest > 0:
        drawn.append(_text(_NAMES, high - 6, f"and {rest} more"))
    return _svg(title, high, drawn or [_text(_NAMES, _TOP + 15, "nothing to show")])


def _title(bar: Bar) -> str:
    return f"<title>{escape(bar.label)}: {escape(bar.shown)}</title>"


def _axes(labels: Sequence[str], most: float) -> Iterable[str]:
    for step in range(5):
        value = most * step / 4
        y = _y(value, most)
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDE - _RIGHT}" stroke="#e4e4e4" fill="none"/>'
        yield _text(_LEFT - 6, y + 4, f"{value:,.4g}" if value < 10 else f"{value:,.0f}", "end")
    every = -(-len(labels) // _MOST_TICKS) or 1
    for at, label in enumerate(labels):
        if at % every == 0:
            yield _text(_x(at, len(labels)), _HIGH - _BOTTOM + 18, label, "middle")


def _path(name: str, points: Sequence[tuple[float, float]], colour: str) -> Iterable[str]:
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"><title>{escape(name)}</title></polyline>'
    if len(points) == 1:
        ((x, y),) = points
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'


def _key(place: int, of: int, name: str) -> str:
    at = _LEFT + place * (_WIDE - _LEFT - _RIGHT) / of
    return f'<text x="{at:.0f}" y="{_HIGH - 4}" fill="{_COLOURS[place]}">{escape(_short(name))}</text>'


def _x(at: int, of: int) -> float:
    return _LEFT + (at + 0.5) * (_WIDE - _LEFT - _RIGHT) / max(of, 1)


def _y(value: float, most: float) -> float:
    return _HIGH - _BOTTOM - value / most * (_HIGH - _BOTTOM - _TOP)


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."


def _svg(title: str, high: int, drawn: Iterable[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {high}" width="{_WIDE}" height="{high}" '
    name = f'<text x="{_WIDE / 2:.0f}" y="18" text-anchor="middle" font-weight="600">{escape(title)}</text>'
    body = "".join((name, *drawn))
    return f'{head}role="img" aria-label="{escape(title)}" font-family="sans-serif" font-size="12">{body}</svg>'
