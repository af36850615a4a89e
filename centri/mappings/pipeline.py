"""What stands after ``transform:``: a word, a word with options, or a list of those."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, get_origin

from pydantic import PlainSerializer, PlainValidator, ValidationError, ValidationInfo, WithJsonSchema

from centri.mappings.transform import Transform
from centri.mappings.transforms import TRANSFORMS
from centri.mappings.words import complaint, examples, keys_of, meaning, near


def _transforms(given: Any, info: ValidationInfo) -> tuple[Transform, ...]:
    if given is None:
        return ()
    steps = given if isinstance(given, list | tuple) else [given]
    return tuple(step if isinstance(step, Transform) else _transform(step, info) for step in steps)


def _transform(step: Any, info: ValidationInfo) -> Transform:
    if isinstance(step, str):
        name, options = step, None
    elif isinstance(step, Mapping) and len(step) == 1:
        name, options = next(iter(step.items()))
    else:
        raise ValueError("a transform is a word, or one word with its options: {phone: {region: DE}}")
    if name not in TRANSFORMS:
        raise ValueError(f"no transform is called {name!r}{near(name, TRANSFORMS)}")
    return _made(name, TRANSFORMS[name], options, info)


def _made(name: str, kind: type[Transform], options: Any, info: ValidationInfo) -> Transform:
    if options is not None and not isinstance(options, Mapping):
        if not kind.short:
            by_name = f" without a name; there are {', '.join(kind.model_fields)}" if kind.model_fields else ""
            raise ValueError(f"the transform {name!r} takes no options{by_name}")
        options = {kind.short: options}
    try:
        return kind.model_validate(options or {}, context=info.context)
    except ValidationError as errors:
        found = (complaint(error, keys_of(kind)) for error in errors.errors())
        raise ValueError(f"the transform {name!r}: " + "; ".join(found)) from errors


def _schema() -> dict[str, Any]:
    bare = [name for name, kind in TRANSFORMS.items() if not any(f.is_required() for f in kind.model_fields.values())]
    step = {
        "anyOf": [{"enum": sorted(bare)}, *(_with_options(name, kind) for name, kind in TRANSFORMS.items() if kind.model_fields)]
    }
    told = "\n".join(f"{name}: {meaning(kind)}" for name, kind in sorted(TRANSFORMS.items()))
    return {
        "description": f"How a value changes on its way: a word, or a list in inward order.\n\n{told}",
        "anyOf": [*step["anyOf"], {"type": "array", "items": step}],
    }


def _with_options(name: str, kind: type[Transform]) -> dict[str, Any]:
    properties = {n: _option(f.description, f.json_schema_extra, f.annotation) for n, f in kind.model_fields.items()}
    options: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    bare = [properties[kind.short]] if kind.short else []
    return {
        "type": "object",
        "description": f"{meaning(kind)}\n\n{examples(kind)}",
        "additionalProperties": False,
        "required": [name],
        "properties": {name: {"anyOf": [*bare, options]}},
    }


_TYPES: Mapping[Any, Mapping[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    tuple: {"type": "array", "items": {"type": "string"}},
}


def _option(description: str | None, extra: Any, annotation: Any) -> dict[str, Any]:
    told = _TYPES.get(get_origin(annotation) or annotation, {"type": "string"})
    return {**told, "description": description, **(extra if isinstance(extra, dict) else {})}


def _words(transforms: tuple[Transform, ...]) -> list[Any]:
    names = {kind: name for name, kind in TRANSFORMS.items()}
    return [{names[type(t)]: t.model_dump(mode="json")} for t in transforms]


Transforms = Annotated[
    tuple[Transform, ...], PlainValidator(_transforms), PlainSerializer(_words, list[Any]), WithJsonSchema(_schema())
]
