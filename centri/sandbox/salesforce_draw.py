"""How a selected row looks in an answer: its own columns, its parents' and its children's, nested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from centri.sandbox import soql
from centri.sandbox.rows import Row, Table
from centri.sandbox.salesforce_columns import Read, column
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_paths import Paths, Target, follow, relation
from centri.sandbox.salesforce_plain import Among, plain
from centri.sandbox.salesforce_schema import CHILDREN
from centri.sandbox.salesforce_select import arranged, cut
from centri.sandbox.salesforce_where import Where
from centri.sandbox.schema import Field
from centri.sandbox.state import Refused

Draw = Callable[[Row], dict[str, Any]]
CHILD_HINT = (
    "Didn't understand relationship '{0}' in FROM part of query call. If you are attempting to use a custom relationship, be "
    "sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the "
    "appropriate names."
)


class Drawing:
    """Makes the functions that draw rows for one API version."""

    def __init__(self, org: SalesforceOrg, version: str, among: Among, *, deleted: bool) -> None:
        self._org, self._version, self._among, self._deleted = org, version, among, deleted

    def query(self, query: soql.Query, paths: Paths) -> Draw:
        """A function that draws what a query selects. Raises Refused."""
        targets = [paths.target(path) for path in query.columns if isinstance(path, soql.Path)]
        extras: dict[str, Read] = {}
        for asked in query.columns:
            if isinstance(asked, soql.Children):
                extras[_relationship(paths.table, asked.query)[2]] = self._children(paths.table, asked.query)
            elif isinstance(asked, soql.ByType):
                name, read = self._by_type(query, paths, asked)
                extras[name] = read
        return self._record(paths.table, targets, extras)

    def _record(self, table: Table, targets: list[Target], extras: dict[str, Read]) -> Draw:
        reads: dict[str, Read] = {}
        parents: dict[str, tuple[Field, list[Target]]] = {}
        for target in targets:
            if not target.lookups:
                reads[target.field.name] = column(table.schema, target.field)
                continue
            first, *rest = target.lookups
            assert first.relationship
            parents.setdefault(first.relationship, (first, []))[1].append(Target(tuple(rest), target.field, target.read))
        reads |= {name: self._parent(lookup, below) for name, (lookup, below) in parents.items()} | extras
        name, url, columns = (
            table.schema.name,
            f"/services/data/{self._version}/sobjects/{table.schema.name}/",
            list(reads.items()),
        )

        def draw(row: Row) -> dict[str, Any]:
            drawn: dict[str, Any] = {"attributes": {"type": name, "url": url + row.id}}
            for key, read in columns:
                drawn[key] = read(row)
            return drawn

        return draw

    def _parent(self, lookup: Field, targets: list[Target]) -> Read:
        """Draws a row's parent; the drawing is made once for each object that the lookup may lead to."""
        made: dict[str, Draw] = {}

        def read(row: Row) -> dict[str, Any] | None:
            found = follow(self._org, row, lookup)
            if found is None:
                return None
            table, parent = found
            if table.schema.name not in made:
                here = [t for t in targets if t.lookups or table.schema.field(t.field.name)]
                made[table.schema.name] = self._record(table, here, {})
            return made[table.schema.name](parent)

        return read

    def _by_type(self, query: soql.Query, paths: Paths, asked: soql.ByType) -> tuple[str, Read]:
        lookup = relation([paths.table], asked.path.names[0])
        if lookup is None or not lookup.relationship:
            raise soql.malformed(query.text, asked.path.line, asked.path.column, "TYPEOF must be on a polymorphic relationship")
        draws: dict[str, Draw] = {}
        for name, columns in asked.columns:
            for target in [name] if name else lookup.refers_to:
                if target in self._org.tables and (not name or target not in draws):
                    below = Paths(self._org, query, self._org.table(target))
                    draws.setdefault(target, self._record(below.table, [below.target(path) for path in columns], {}))

        def read(row: Row) -> dict[str, Any] | None:
            found = follow(self._org, row, lookup)
            draw = draws.get(found[0].schema.name) if found else None
            return draw(found[1]) if found and draw else None

        return lookup.relationship, read

    def _children(self, parent: Table, query: soql.Query) -> Read:
        child, field, _ = _relationship(parent, query, self._org)
        paths = Paths(self._org, query, child)
        where = query.where and plain(query.where, paths.read, self._among, self._org.clock.now())
        test = Where(query, paths.read).test(where) if where else None
        draw = self.query(query, paths)

        def read(row: Row) -> dict[str, Any] | None:
            rows = child.find(field, row.id, deleted=self._deleted)
            kept = cut(query, arranged(query, paths, [one for one in rows if test is None or test(one)]))
            if not kept:
                return None
            return {"totalSize": len(kept), "done": True, "records": [draw(one) for one in kept]}

        return read


def _relationship(parent: Table, query: soql.Query, org: SalesforceOrg | None = None) -> tuple[Any, str, str]:
    """The child's table (where an org is given), its lookup to the parent, and the relationship's name."""
    wanted = query.object.names[-1].casefold()
    for (child, field), name in CHILDREN.items():
        if name.casefold() != wanted:
            continue
        if org is None:
            return None, field, name
        if parent.schema.name in org.table(child).schema.fields[field].refers_to:
            return org.table(child), field, name
    message = CHILD_HINT.format(query.object.names[-1])
    raise Refused(400, "INVALID_TYPE", soql.at(query.text, query.object.line, query.object.column, message))
