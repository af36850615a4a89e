"""Words of the mapping language: how one becomes its function while it is parsed, and what to say about an unknown one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import getdoc
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, core_schema


class Model(BaseModel):
    """A block of the file: frozen, and a key that it does not know is an error.

    A field whose alias begins with ``$`` is not written in the file: it is filled in from where the block stands.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    short: ClassVar[str] = ""
    """The key that is meant where a bare value stands in place of the block."""


def near(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or all of them where they are few."""
    known = sorted(known)
    folded = {k.casefold(): k for k in known}
    if close := get_close_matches(name.casefold(), folded, 1):
        return f"; did you mean {folded[close[0]]!r}?"
    return f"; there are {', '.join(known)}" if 0 < len(known) <= 30 else ""


@dataclass(frozen=True)
class Word:
    """Annotates the type of a word: text in the file, its function from ``table`` once parsed, an enumeration in the schema."""

    table: Mapping[str, Any]
    kind: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        names = {id(value): name for name, value in self.table.items()}
        named = core_schema.plain_serializer_function_ser_schema(lambda found: names[id(found)])
        return core_schema.no_info_plain_validator_function(self.find, serialization=named)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"enum": sorted(self.table), "description": f"A {self.kind}.\n\n{meanings(self.table)}"}

    def find(self, name: Any) -> Any:
        if isinstance(name, str) and name in self.table:
            return self.table[name]
        if any(name is known for known in self.table.values()):
            return name
        raise ValueError(f"no {self.kind} is called {str(name)!r}{near(str(name), self.table)}")


def percent(given: Any) -> Any:
    """A share from "30%" or 0.3."""
    percent = isinstance(given, str) and given.endswith("%") and given[:-1].strip().isdigit()
    share = int(given[:-1]) / 100 if percent else given
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise ValueError(f"{given!r} is not a share; write it like 30%")
    return share


def meanings(table: Mapping[str, Callable[..., Any]]) -> str:
    """Each word with the first paragraph of its docstring, for hover texts."""
    return "\n".join(f"{name}: {meaning(function)}" for name, function in sorted(table.items()))


def meaning(function: Any) -> str:
    return (getdoc(function) or "").split("\n\n")[0].replace("\n", " ")


def examples(function: Any) -> str:
    """The examples of a docstring, which are run as tests."""
    _, mark, shown = (getdoc(function) or "").partition(">>> ")
    return mark + shown


_KINDS = {
    "string": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "list": "a list",
    "tuple": "a list",
    "dict": "a block of keys",
    "mapping": "a block of keys",
    "model": "a block of keys",
}


def complaint(error: ErrorDetails, known: Iterable[str] = (), name: str = "") -> str:
    """What pydantic found, in words for people. ``known`` are the keys that the block ``name`` could have had."""
    kind, name = error["type"], str(error["loc"][-1]) if error["loc"] else name
    match kind:
        case "extra_forbidden":
            return f"unknown key {name!r}{near(name, known)}"
        case "missing":
            return f"{name!r} is missing"
        case "too_short" if not error["ctx"]["actual_length"]:
            return f"{name!r} is empty"
        case "too_short":
            return f"{name!r} must name at least {error['ctx']['min_length']}, not {error['ctx']['actual_length']}"
        case "too_long":
            return f"{name!r} must name {error['ctx']['max_length']}, not {error['ctx']['actual_length']}"
        case "enum" | "literal_error":
            expected = [part.strip("' ") for part in str(error["ctx"]["expected"]).replace(" or ", ",").split(",")]
            told = f"{error['input']!r} is not known for {name!r}{near(str(error['input']), expected)}"
        case "value_error":
            told = error["msg"].removeprefix("Value error, ")
        case _ if wanted := _KINDS.get(kind.split("_")[0]):
            told = f"{name!r} must be {wanted}, not {_shown(error['input'])}"
        case _:
            told = f"{name!r}: {error['msg'][:1].lower()}{error['msg'][1:]}"
    return told


def _shown(value: Any) -> str:
    if value is None:
        return "blank"
    return "a block" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else repr(value)


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys that may be written in a block of the file."""
    names = (info.alias or name for name, info in model.model_fields.items())
    return [name for name in names if not name.startswith("$")]
