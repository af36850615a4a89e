"""Salesforce: reads by SOQL behind a keyset cursor, writes by sObject Collections."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from centri.connectors import salesforce_partners as partners
from centri.connectors import soql
from centri.connectors.base import Cost, Guard, Handshake, Page, PullRequest, PushRequest, Reading
from centri.connectors.codec import decode, instant
from centri.connectors.guarded import push
from centri.connectors.http import Patience, is_loopback
from centri.connectors.options import unknown
from centri.connectors.paging import chunks, pages
from centri.connectors.salesforce_client import SalesforceClient, SalesforceOptions
from centri.connectors.salesforce_fields import field
from centri.connectors.salesforce_writes import SalesforceWrites
from centri.descriptions import Description, FieldType
from centri.errors import ConfigError
from centri.records import Cursor, Record, Ref
from centri.sync.budget import Allowance
from centri.sync.delivery import Outcome

MAX_PAGE = 2000
"""Rows that one query answer holds at most."""

IDS_PER_QUERY = 200
"""Keeps a query's address well under Salesforce's 16,384 bytes."""

CONVERTED = {"account": "ConvertedAccountId", "contact": "ConvertedContactId", "opportunity": "ConvertedOpportunityId"}
_ALWAYS = ("Id", soql.STAMP, "IsDeleted", "MasterRecordId", "IsConverted", *CONVERTED.values())


class SalesforceConnector:
    """One org. Versions are SystemModstamps, which move on every change but only by the second.

    ``calls`` counts every HTTP request but log-ins; a collection of up to 200 records is one.
    """

    guard = Guard.PREREAD

    def __init__(self, name: str, options: SalesforceOptions, patience: Patience | None = None) -> None:
        self.name = name
        self._client = SalesforceClient(name, options, patience or Patience())
        self._described: dict[str, Description] = {}
        self._writes = SalesforceWrites(self._client, self.describe)
        self._partners = (
            partners.SalesforcePartners(self._client, self._writes, options.partner_role) if options.partner_role else None
        )

    @property
    def calls(self) -> int:
        return self._client.session.calls

    @property
    def allowance(self) -> Allowance | None:
        return self._client.allowance

    @property
    def clock(self) -> Reading | None:
        return self._client.session.clock

    def handshake(self) -> Handshake:
        self._client.login()
        return Handshake(self._client.org, is_loopback(self._client.options.instance_url))

    def describe(self, object: str, lists: Collection[str] = ()) -> Description:
        """Asked once for each object."""
        if object not in self._described:
            answer = self._client.get(f"sobjects/{object}/describe")
            fields = {f["name"]: field(f) for f in answer["fields"]}
            described = Description(object, fields)
            self._described[object] = (
                partners.with_primary(described) if self._partners and object == partners.OPPORTUNITY else described
            )
        return self._described[object]

    def pull(self, request: PullRequest) -> Iterator[Page]:
        """Reads strictly after the cursor, one request a page; a query locator is never followed, for it dies with its token."""
        described = self._checked(request)
        if request.ids is None:
            yield from pages(request.since, lambda cursor: self._page(request, described, cursor))
            return
        for ids in chunks(request.ids, min(request.page_size, IDS_PER_QUERY)):
            yield from self._by_ids(request, described, ids)

    def push(self, request: PushRequest) -> list[Outcome]:
        described = self.describe(request.object)
        _check_fields(described, [f for d in request.deliveries for f in (*d.values, *d.seen)])
        return push(self._target(request.object), self.name, request)

    def cost(self, request: PushRequest) -> Cost:
        target = self._target(request.object)
        return Cost(sum(target.cost(chunk) for chunk in chunks(request.deliveries, target.chunk)))

    def close(self) -> None:
        self._client.session.close()

    def _target(self, object: str) -> SalesforceWrites | partners.SalesforcePartners:
        return self._partners if self._partners and object == partners.OPPORTUNITY else self._writes

    def _checked(self, request: PullRequest) -> Description:
        described = self.describe(request.object)
        _check_fields(described, (*request.fields, *request.where.fields))
        return described

    def _by_ids(self, request: PullRequest, described: Description, ids: Sequence[str]) -> Iterator[Page]:
        def read(cursor: Cursor | None) -> tuple[Sequence[Record], bool]:
            records, done = self._read(request, described, [soql.one_of("Id", ids), *soql.after(cursor)], limit=None)
            return records, not done

        return (Page(page.records, None) for page in pages(None, read))

    def _page(self, request: PullRequest, described: Description, cursor: Cursor | None) -> tuple[Sequence[Record], bool]:
        limit = min(request.page_size, MAX_PAGE)
        records, done = self._read(request, described, [*soql.within(request.window), *soql.after(cursor)], limit=limit)
        return records, not done or len(records) == limit

    def _read(
        self, request: PullRequest, described: Description, where: Iterable[str], *, limit: int | None
    ) -> tuple[list[Record], bool]:
        types = {name: f.type for name, f in described.fields.items()}
        try:
            clauses = [*where, *soql.conditions(request.where, types)]
        except ValueError as error:
            raise ConfigError(
                f"connection {self.name!r}: the filter of {request.object} does not fit its field: {error}"
            ) from None
        fields = dict.fromkeys([*(f for f in _ALWAYS if f in types), *request.fields])
        query = soql.select(map(partners.column, fields), request.object, clauses, limit=limit)
        rows, done = self._client.query(query, deleted=request.deleted, page_size=limit or MAX_PAGE)
        return [self._record(request, types, partners.flat(row) if partners.PRIMARY in fields else row) for row in rows], done

    def _record(self, request: PullRequest, types: Mapping[str, FieldType], row: Mapping[str, Any]) -> Record:
        stamp = row[soql.STAMP]
        return Record(
            ref=Ref(self.name, request.object, row["Id"]),
            values={f: decode(types[f], row[f]) for f in request.fields if f in row},
            version=decode(FieldType.DATETIME, stamp),
            changed_at=instant(stamp),
            deleted=bool(row.get("IsDeleted")),
            merged_into=row.get("MasterRecordId"),
            converted_to=_converted_to(row),
        )


def _converted_to(row: Mapping[str, Any]) -> dict[str, str]:
    """Empty unless the lead is converted; then ``contact`` is always there, even where its id is not known."""
    if not row.get("IsConverted"):
        return {}
    return {"contact": "", **{entity: row[column] for entity, column in CONVERTED.items() if row.get(column)}}


def _check_fields(described: Description, names: Iterable[str]) -> None:
    for name in names:
        if name not in described.fields:
            raise unknown(f"field of {described.object}", name, described.fields)
