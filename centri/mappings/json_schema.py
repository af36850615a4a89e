"""The JSON Schema of ``mappings.yaml``: completion, hover texts and lists of words in an editor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

from centri.mappings.rules import FieldRule
from centri.mappings.schema import Document, KeyRule
from centri.mappings.when import REFER, SCHEMAS


class _Generator(GenerateJsonSchema):
    """Says nothing of defaults that are functions: their fields name the word themselves."""

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        if kind != "non-serializable-default":
            super().emit_warning(kind, detail)


SCHEMA_FILE = Path(__file__).with_name("mapping.schema.json")


def json_schema() -> dict[str, Any]:
    """The schema that belongs to this version of the language."""
    schema = Document.model_json_schema(schema_generator=_Generator)
    blocks: dict[str, Any] = schema["$defs"]
    for block in blocks.values():
        _only_what_is_written(block)
    for short in (FieldRule, KeyRule):
        blocks[short.__name__] = {"anyOf": [{"type": "string"}, blocks[short.__name__]]}
    _refer(schema)
    blocks.update(SCHEMAS)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "mappings.yaml"}


def schema_text() -> str:
    """The schema as the committed file holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _refer(found: Any) -> None:
    """Let every place that takes conditions refer to the one description of them."""
    if isinstance(found, dict):
        if REFER in found:
            found["$ref"] = f"#/$defs/{found.pop(REFER)}"
        found = list(found.values())
    for inner in found if isinstance(found, list) else ():
        _refer(inner)


def _only_what_is_written(block: dict[str, Any]) -> None:
    """Drop what the file does not hold but where a block stands tells."""
    properties = block.get("properties", {})
    for name in [name for name in properties if name.startswith("$")]:
        del properties[name]


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
