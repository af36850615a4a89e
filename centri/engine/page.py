"""Pages of HTML that need nothing beside them: their style, tables, and pictures as text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1320px;margin:2rem auto;padding:0 1rem;color:#1c1c1c}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;margin:.5rem 0}th,td{padding:.25rem .8rem .25rem 0;text-align:left;vertical-align:top}
td.n,th.n{text-align:right}tr{border-bottom:1px solid #e4e4e4}figure{display:inline-block;margin:0 1rem 1rem 0}
"""


def page(title: str, parts: Iterable[str]) -> str:
    """A page of these parts, which are HTML."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(parts) + "\n</body></html>\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] | None = None) -> str:
    """A table of text; columns of ``numbers`` are set right, or where they are not named every cell that is a number."""
    lines = "".join(
        "<tr>" + "".join(f"<td{_side(n, c, numbers)}>{escape(c)}</td>" for n, c in zip(head, row, strict=True)) + "</tr>\n"
        for row in rows
    )
    heads = "".join(f"<th{_side(name, '', numbers)}>{escape(name)}</th>" for name in head)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>\n{lines}</tbody></table>"


def _side(name: str, cell: str, numbers: Sequence[str] | None) -> str:
    right = cell.replace(",", "").replace(".", "").isdigit() if numbers is None else name in numbers
    return ' class="n"' if right else ""


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown; None is a blank cell."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in lines)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return escape(text, quote=False).replace("|", "\\|").replace("\n", " ")


def image(name: str, picture: str) -> str:
    """A picture that is SVG, inside a line of Markdown."""
    return f"![{name}](data:image/svg+xml;base64,{b64encode(picture.encode()).decode()})"
