"""SOQL text to a query as values; what cannot be read is refused in Salesforce's words, with row and column."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args

from centri.sandbox.soql_grammar import GRAMMAR
from centri.sandbox.soql_tree import (
    Aggregate,
    AllFields,
    AnyOf,
    ByType,
    Children,
    Column,
    Comparison,
    Condition,
    Every,
    Literal,
    Negated,
    Path,
    Query,
    Sort,
)
from centri.sandbox.state import Refused

__all__ = [
    "Aggregate", "AllFields", "AnyOf", "ByType", "Children", "Column", "Comparison", "Condition", "Every", "Literal",
    "Negated", "Path", "Query", "Sort", "at", "malformed", "parse", "unescape",
]  # fmt: skip

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
AROUND = 40


def parse(text: str) -> Query:
    """Read a query. Raises Refused MALFORMED_QUERY."""
    try:
        query: Query = _Reader(text).transform(_parser().parse(text))
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise malformed(text, 1, len(text) + 1, "unexpected token: '<EOF>'") from None
        raise malformed(text, error.line, error.column, f"unexpected token: '{error.token}'") from None
    except UnexpectedCharacters as error:
        word = re.match(r"\w+|.", text[error.pos_in_stream :], re.DOTALL)
        found = word.group() if word else "<EOF>"
        raise malformed(text, error.line, error.column, f"unexpected token: '{found}'") from None
    except UnexpectedInput as error:  # the parser's other complaints name no token
        raise malformed(text, error.line, error.column, "unexpected token: '<EOF>'") from None
    return query


def at(text: str, line: int, column: int, message: str) -> str:
    """A complaint as Salesforce lays it out: the words around, a caret under the place, row and column, the reason."""
    row = text.splitlines()[line - 1] if text.strip() else ""
    begin = max(0, column - 1 - AROUND)
    excerpt, caret = row[begin : column - 1 + AROUND], " " * (column - 1 - begin)
    return f"\n{excerpt}\n{caret}^\nERROR at Row:{line}:Column:{column}\n{message}"


def malformed(text: str, line: int, column: int, message: str) -> Refused:
    """MALFORMED_QUERY at a place."""
    return Refused(400, "MALFORMED_QUERY", at(text, line, column, message))


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=True)


@v_args(inline=True)
class _Reader(Transformer[Token, Any]):
    """Turns the parse tree into the classes of :mod:`centri.sandbox.soql_tree`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def start(self, query: Query) -> Query:
        return query

    def query(
        self, select: Token, columns: tuple[Column, ...], from_: Token, object: Path, alias: Token | None, *rest: Any
    ) -> Query:
        where, groups, having, sorts, limit, offset, _ = rest
        named = alias and str(alias)
        return Query(self._text, columns, object, named, where, groups or (), having, sorts or (), limit, offset or 0)

    # -- columns -------------------------------------------------------------------------------------------------------

    def columns(self, *columns: Column) -> tuple[Column, ...]:
        return columns

    def count(self, word: Token) -> tuple[Column, ...]:
        return ()

    def plain(self, path: Path, alias: Token | None) -> Path:
        return replace(path, alias=str(alias)) if alias else path

    def computed(self, aggregate: Aggregate, alias: Token | None) -> Aggregate:
        return replace(aggregate, alias=str(alias)) if alias else aggregate

    def all_fields(self, word: Token, which: Token) -> AllFields:
        return AllFields(which.lower(), which.line or 1, which.column or 1)

    def children(self, query: Query) -> Children:
        return Children(query)

    def by_type(self, word: Token, path: Path, *whens: Any) -> ByType:
        return ByType(path, tuple(one for one in whens if isinstance(one, tuple)))

    def when(self, word: Token, name: Token, then: Token, *paths: Path) -> tuple[str, tuple[Path, ...]]:
        return str(name), paths

    def otherwise(self, word: Token, *paths: Path) -> tuple[str, tuple[Path, ...]]:
        return "", paths

    def aggregate(self, function: Token, path: Path) -> Aggregate:
        return Aggregate(function.lower(), path)

    def path(self, *names: Token) -> Path:
        return Path(tuple(str(name) for name in names), names[0].line or 1, names[0].column or 1)

    def date_part(self, function: Token, path: Path) -> Path:
        return replace(path, function=function.lower())

    # -- clauses -------------------------------------------------------------------------------------------------------

    def where(self, word: Token, condition: Condition) -> Condition:
        return condition

    having = where

    def grouping(self, group: Token, by: Token, *paths: Path) -> tuple[Path, ...]:
        return paths

    def limit(self, word: Token, number: Token) -> int:
        return int(number)

    offset = limit

    def order(self, *parts: Any) -> tuple[Sort, ...]:
        return tuple(part for part in parts if isinstance(part, Sort))

    def sort(self, path: Path | Aggregate, *words: Token | None) -> Sort:
        said = {word.type for word in words if word is not None}
        return Sort(path, "DESC" in said, "LAST" in said)

    # -- conditions ----------------------------------------------------------------------------------------------------

    def every(self, *parts: Any) -> Every:
        return Every(tuple(part for part in parts if not isinstance(part, Token)))

    def any(self, *parts: Any) -> AnyOf:
        return AnyOf(tuple(part for part in parts if not isinstance(part, Token)))

    def negated(self, word: Token, part: Condition) -> Negated:
        return Negated(part)

    def compared(self, path: Path | Aggregate, operator: Token, value: Literal) -> Comparison:
        return Comparison(path, "!=" if operator == "<>" else str(operator), value)

    def like(self, path: Path, word: Token, pattern: Token) -> Comparison:
        return Comparison(path, "like", Literal("PATTERN", pattern[1:-1]))

    def among(self, path: Path, word: Token, values: tuple[Literal, ...] | Query) -> Comparison:
        return Comparison(path, "in", values)

    def not_among(self, path: Path, word: Token, other: Token, values: tuple[Literal, ...] | Query) -> Negated:
        return Negated(Comparison(path, "in", values))

    joined, not_joined = among, not_among

    def includes(self, path: Path, word: Token, values: tuple[Literal, ...]) -> Comparison:
        return Comparison(path, "includes", values)

    def excludes(self, path: Path, word: Token, values: tuple[Literal, ...]) -> Negated:
        return Negated(Comparison(path, "includes", values))

    def list(self, *values: Literal) -> tuple[Literal, ...]:
        return values

    def literal(self, token: Token) -> Literal:
        if token.type == "STRING":
            return Literal("STRING", unescape(token[1:-1]))
        return Literal("NUMBER" if token.type == "WHOLE" else token.type, str(token))


def unescape(text: str) -> str:
    """A string literal's text without its backslashes."""
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(1)), text, flags=re.DOTALL)
