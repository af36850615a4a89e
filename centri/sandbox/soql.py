"""SOQL text to a query as values; what cannot be read is refused in Salesforce's words, with row and column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args

from centri.sandbox.state import Refused

GRAMMAR = r"""
start: SELECT columns FROM NAME [NAME] [WHERE condition] [order] [LIMIT WHOLE] [OFFSET WHOLE]

columns: COUNT "(" ")"        -> count
       | path ("," path)*
path: NAME ("." NAME)*

?condition: one | every | any
every: one (AND one)+
any: one (OR one)+
?one: NOT one                 -> negated
    | "(" condition ")"
    | path OPERATOR literal   -> compared
    | path LIKE STRING        -> like
    | path IN list            -> among
    | path NOT IN list        -> not_among
list: "(" literal ("," literal)* ")"
literal: STRING | DATETIME | DATE | DATE_WORD | NUMBER | WHOLE | NULL | TRUE | FALSE

order: ORDER BY sort ("," sort)*
sort: path [ASC | DESC] [NULLS (FIRST | LAST)]

SELECT.2: /select\b/i
FROM.2: /from\b/i
WHERE.2: /where\b/i
ORDER.2: /order\b/i
BY.2: /by\b/i
LIMIT.2: /limit\b/i
OFFSET.2: /offset\b/i
COUNT.2: /count(?=\s*\(\s*\))/i
AND.2: /and\b/i
OR.2: /or\b/i
NOT.2: /not\b/i
LIKE.2: /like\b/i
IN.2: /in\b/i
ASC.2: /asc\b/i
DESC.2: /desc\b/i
NULLS.2: /nulls\b/i
FIRST.2: /first\b/i
LAST.2: /last\b/i
NULL.2: /null\b/i
TRUE.2: /true\b/i
FALSE.2: /false\b/i
DATE_WORD.2: /(today|yesterday|tomorrow|(last|next)_n_days:\d+)\b/i
DATETIME.3: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)/i
DATE.2: /\d{4}-\d\d-\d\d/
NUMBER.1: /[+-]?(\d+\.\d*|\.\d+|\d+e[+-]?\d+)|[+-]\d+/i
WHOLE: /\d+/
STRING: /'(\\.|[^'\\])*'/s
OPERATOR: "=" | "!=" | "<>" | "<=" | ">=" | "<" | ">"
NAME: /[a-z]\w*/i
%ignore /\s+/
"""
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
AROUND = 40


@dataclass(frozen=True, slots=True)
class Path:
    """A field, by way of parents: ``Account.Owner.Name``; with the place where it stands."""

    names: tuple[str, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it was written. ``kind`` is the grammar's word for it; text is unescaped."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """``operator`` is one of ``= != < <= > >= like in``; ``value`` is a tuple for ``in``."""

    path: Path
    operator: str
    value: Literal | tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    part: Condition


Condition = Comparison | Every | AnyOf | Negated


@dataclass(frozen=True, slots=True)
class Sort:
    path: Path
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """``columns`` is empty for ``count()``."""

    text: str
    columns: tuple[Path, ...]
    object: Path
    alias: str | None
    where: Condition | None
    sorts: tuple[Sort, ...]
    limit: int | None
    offset: int


def parse(text: str) -> Query:
    """Read a query. Raises Refused MALFORMED_QUERY."""
    try:
        parts = _Reader().transform(_parser().parse(text))
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise _malformed(text, 1, len(text) + 1, "unexpected token: '<EOF>'") from None
        raise _malformed(text, error.line, error.column, f"unexpected token: '{error.token}'") from None
    except UnexpectedCharacters as error:
        word = re.match(r"\w+|.", text[error.pos_in_stream :], re.DOTALL)
        found = word.group() if word else "<EOF>"
        raise _malformed(text, error.line, error.column, f"unexpected token: '{found}'") from None
    except UnexpectedInput as error:  # the parser's other complaints name no token
        raise _malformed(text, error.line, error.column, "unexpected token: '<EOF>'") from None
    return Query(text, *parts)


def at(text: str, line: int, column: int, message: str) -> str:
    """A complaint as Salesforce lays it out: the words around, a caret under the place, row and column, the reason."""
    row = text.splitlines()[line - 1] if text.strip() else ""
    begin = max(0, column - 1 - AROUND)
    excerpt, caret = row[begin : column - 1 + AROUND], " " * (column - 1 - begin)
    return f"\n{excerpt}\n{caret}^\nERROR at Row:{line}:Column:{column}\n{message}"


def _malformed(text: str, line: int, column: int, message: str) -> Refused:
    return Refused(400, "MALFORMED_QUERY", at(text, line, column, message))


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=True)


@v_args(inline=True)
class _Reader(Transformer[Token, Any]):
    """Turns the parse tree into the classes above."""

    def start(
        self, select: Token, columns: tuple[Path, ...], from_: Token, object: Token, alias: Token | None, *rest: Any
    ) -> Any:
        _, where, sorts, _, limit, _, offset = rest
        path = Path((str(object),), object.line or 1, object.column or 1)
        most = None if limit is None else int(limit)
        return columns, path, alias and str(alias), where, sorts or (), most, int(offset or 0)

    def columns(self, *paths: Path) -> tuple[Path, ...]:
        return paths

    def count(self, word: Token) -> tuple[Path, ...]:
        return ()

    def path(self, *names: Token) -> Path:
        return Path(tuple(str(name) for name in names), names[0].line or 1, names[0].column or 1)

    def every(self, *parts: Any) -> Every:
        return Every(tuple(part for part in parts if not isinstance(part, Token)))

    def any(self, *parts: Any) -> AnyOf:
        return AnyOf(tuple(part for part in parts if not isinstance(part, Token)))

    def negated(self, word: Token, part: Condition) -> Negated:
        return Negated(part)

    def compared(self, path: Path, operator: Token, value: Literal) -> Comparison:
        return Comparison(path, "!=" if operator == "<>" else str(operator), value)

    def like(self, path: Path, word: Token, pattern: Token) -> Comparison:
        return Comparison(path, "like", Literal("PATTERN", pattern[1:-1]))

    def among(self, path: Path, word: Token, values: tuple[Literal, ...]) -> Comparison:
        return Comparison(path, "in", values)

    def not_among(self, path: Path, word: Token, other: Token, values: tuple[Literal, ...]) -> Negated:
        return Negated(Comparison(path, "in", values))

    def list(self, *values: Literal) -> tuple[Literal, ...]:
        return values

    def literal(self, token: Token) -> Literal:
        if token.type == "STRING":
            return Literal("STRING", unescape(token[1:-1]))
        return Literal("NUMBER" if token.type == "WHOLE" else token.type, str(token))

    def order(self, *parts: Any) -> tuple[Sort, ...]:
        return tuple(part for part in parts if isinstance(part, Sort))

    def sort(self, path: Path, *words: Token | None) -> Sort:
        said = {word.type for word in words if word is not None}
        return Sort(path, "DESC" in said, "LAST" in said)


def unescape(text: str) -> str:
    """A string literal's text without its backslashes."""
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(1)), text, flags=re.DOTALL)
