"""Pictures of how good matching is, as SVG: nothing has to be fetched or installed to look at them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from centri.dedupe.companies.measures import Measures, Point

_WIDE, _HIGH = 420, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 30, 44
_BLUE, _ORANGE, _GREEN, _GREY = "#2563a8", "#c2570c", "#2f7d4f", "#8a8a8a"


def precision_recall(told: Measures) -> str:
    """Precision over recall, with the point of the best F1 and that of the accept threshold."""
    line = _line([(p.recall, p.precision) for p in told.curve], _BLUE)
    marks = [_mark(told.best, _ORANGE, "best F1"), _mark(told.at, _GREEN, "accept")]
    return _picture("Precision and recall", "recall", "precision", [line, *marks])


def thresholds(told: Measures) -> str:
    """Precision, recall and F1 over the threshold."""
    kinds: Sequence[tuple[str, str, Callable[[Point], float]]] = (
        ("precision", _BLUE, lambda p: p.precision),
        ("recall", _ORANGE, lambda p: p.recall),
        ("F1", _GREEN, lambda p: p.f1),
    )
    drawn = []
    for place, (name, colour, of) in enumerate(kinds):
        drawn += [_line([(p.threshold, of(p)) for p in told.curve], colour), _key(place, name, colour)]
    return _picture("What a threshold gives", "threshold", "share", [*drawn, _upright(told.at.threshold)])


def calibration(told: Measures) -> str:
    """The share that is right over the score: on the diagonal where scores are probabilities. Areas are numbers of leads."""
    most = max((each.leads for each in told.bins), default=1)
    dots = [
        f'<circle cx="{_x(b.score):.1f}" cy="{_y(b.right):.1f}" r="{3 + 11 * (b.leads / most) ** 0.5:.1f}" fill="{_BLUE}" '
        f'fill-opacity="0.55"><title>{b.leads:,} leads: score {b.score:.3f}, right {b.right:.3f}</title></circle>'
        for b in told.bins
    ]
    diagonal = _line([(0.0, 0.0), (1.0, 1.0)], _GREY, dashed=True)
    return _picture("What a score is worth", "score", "share that is right", [diagonal, *dots])


def _picture(title: str, across: str, up: str, drawn: Iterable[str]) -> str:
    middle = f'<text x="{_LEFT + _plot_wide() / 2:.0f}" '
    words = [
        f'{middle}y="18" text-anchor="middle" font-weight="600">{escape(title)}</text>',
        f'{middle}y="{_HIGH - 8}" text-anchor="middle">{escape(across)}</text>',
        f'<text transform="rotate(-90)" x="{-(_TOP + _plot_high() / 2):.0f}" y="14" text-anchor="middle">{escape(up)}</text>',
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" width="{_WIDE}" height="{_HIGH}" '
    body = "".join((*_grid(), *drawn, *words))
    return f'{head}role="img" aria-label="{escape(title)}" font-family="sans-serif" font-size="12">{body}</svg>'


def _grid() -> list[str]:
    lines = []
    for step in range(6):
        share = step / 5
        x, y = _x(share), _y(share)
        lines += [
            f'<path d="M{_x(0):.1f} {y:.1f}H{_x(1):.1f}M{x:.1f} {_y(0):.1f}V{_y(1):.1f}" stroke="#e4e4e4" fill="none"/>',
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share:.1f}</text>',
            f'<text x="{x:.1f}" y="{_HIGH - _BOTTOM + 16}" text-anchor="middle">{share:.1f}</text>',
        ]
    return lines


def _line(points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False) -> str:
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _mark(point: Point, colour: str, name: str) -> str:
    x, y = _x(point.recall), _y(point.precision)
    told = f"{name}: threshold {point.threshold:.3f}, precision {point.precision:.3f}, recall {point.recall:.3f}"
    end = f'<text x="{x - 8:.1f}" y="{y + (18 if name == "accept" else 32):.1f}" text-anchor="end" fill="{colour}">{name}</text>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"><title>{told}</title></circle>{end}'


def _key(place: int, name: str, colour: str) -> str:
    return f'<text x="{_LEFT + 8 + 66 * place}" y="{_y(0) - 8:.1f}" fill="{colour}">{name}</text>'


def _upright(at: float) -> str:
    return f'<path d="M{_x(at):.1f} {_y(0):.1f}V{_y(1):.1f}" stroke="{_GREY}" stroke-dasharray="4 4"><title>accept</title></path>'


def _x(share: float) -> float:
    return _LEFT + share * _plot_wide()


def _y(share: float) -> float:
    return _HIGH - _BOTTOM - share * _plot_high()


def _plot_wide() -> int:
    return _WIDE - _LEFT - _RIGHT


def _plot_high() -> int:
    return _HIGH - _TOP - _BOTTOM
