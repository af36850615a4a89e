"""Schema drift: an administrator renames, narrows or closes a field while others work; undone at will."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from centri.sandbox.rows import Table
from centri.sandbox.schema import Field

SETTINGS = ("label", "type", "length", "precision", "scale", "required", "createable", "updateable", "restricted", "unique")
"""Settings of a field that may be set to anything."""


@dataclass(frozen=True, slots=True)
class _Rename:
    table: Table
    old: str
    new: str


class Drift:
    """What was changed since the start. Not locked: its Org is."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[Table, list[Field]]] = {}
        self._renames: list[_Rename] = []
        self._changes: list[dict[str, Any]] = []

    def list(self) -> list[dict[str, Any]]:
        """The changes, oldest first, as they were asked for."""
        return [*self._changes]

    def change(self, table: Table, name: str, wishes: dict[str, Any]) -> Field | None:
        """Change a field, which is returned; None where it was removed.

        Wishes: ``rename`` (its rows keep their values), ``remove``, ``remove_choice``, ``add_choice``, and :data:`SETTINGS`.
        Rows that no longer fit stay as they are, as in both CRMs. Raises KeyError for an unknown field, ValueError for an
        unknown wish.
        """
        field = table.schema.field(name)
        if field is None:
            raise KeyError(f"{table.schema.name}.{name}")
        unknown = wishes.keys() - {*SETTINGS, "rename", "remove", "remove_choice", "add_choice"}
        if unknown:
            raise ValueError(f"a field has no {', '.join(sorted(unknown))}")
        self._before.setdefault(table.schema.name, (table, [*table.schema.fields.values()]))
        self._changes.append({"object": table.schema.name, "field": name, **wishes})
        changed = None if wishes.get("remove") else _changed(field, wishes)
        _put(table, field, changed)
        if changed and changed.name != field.name:
            table.rename(field.name, changed.name)
            self._renames.append(_Rename(table, field.name, changed.name))
        return changed

    def undo(self) -> None:
        """Back to the schema of the start."""
        for one in reversed(self._renames):
            one.table.rename(one.new, one.old)
        for table, fields in self._before.values():
            table.schema.replace(fields)
        self._renames.clear()
        self._before.clear()
        self._changes.clear()


def _changed(field: Field, wishes: dict[str, Any]) -> Field:
    choices = [one for one in field.choices if one != wishes.get("remove_choice")]
    choices += [wishes["add_choice"]] if wishes.get("add_choice") else []
    settings = {name: wishes[name] for name in SETTINGS if name in wishes}
    return replace(field, name=wishes.get("rename", field.name), choices=tuple(choices), **settings)


def _put(table: Table, old: Field, new: Field | None) -> None:
    fields = [new if one is old else one for one in table.schema.fields.values()]
    table.schema.replace([one for one in fields if one is not None])
