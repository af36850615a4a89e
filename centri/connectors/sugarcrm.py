"""SugarCRM: reads by filter behind a keyset cursor, writes by bulk calls."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from centri.connectors.base import Cost, Guard, Handshake, Page, PullRequest, PushRequest, Reading
from centri.connectors.codec import decode, instant
from centri.connectors.guarded import push
from centri.connectors.http import Patience, is_loopback
from centri.connectors.options import unknown
from centri.connectors.paging import chunks, pages
from centri.connectors.sugarcrm_client import SugarClient, SugarOptions
from centri.connectors.sugarcrm_fields import fields, listed
from centri.connectors.sugarcrm_filter import STAMP, Expression, after, conditions, within
from centri.connectors.sugarcrm_items import ITEMS, OPPORTUNITIES, SugarLineItems, made_of_items, opened
from centri.connectors.sugarcrm_writes import SugarWrites
from centri.descriptions import Description, Field, FieldType
from centri.errors import ConfigError, LoginRefused, ObjectMissing, Rejected
from centri.records import Cursor, Record, Ref
from centri.sync.budget import Allowance
from centri.sync.delivery import Outcome

MAX_PAGE = 1000
"""Sugar's own limit for a list, unless its administrator changed ``max_list_limit``; a smaller one only makes more pages."""

CONVERTED = {"account": "account_id", "contact": "contact_id", "opportunity": "opportunity_id"}
_ALWAYS = ("id", STAMP, "deleted")


class SugarConnector:
    """One site. Versions are date_modified, which moves on every change but only by the second. Sugar tells of no merges.

    ``calls`` counts every HTTP request but log-ins; a bulk call of up to 100 records is one.
    """

    guard = Guard.PREREAD
    allowance: Allowance | None = None

    def __init__(self, name: str, options: SugarOptions, patience: Patience | None = None) -> None:
        self.name = name
        self._client = SugarClient(name, options, patience or Patience())
        self._known: dict[str, Mapping[str, Field]] = {}
        self._lists: dict[str, frozenset[str]] = {}
        self._line_items = False
        self._writes = SugarWrites(self._client, self._fields)

    @property
    def calls(self) -> int:
        return self._client.session.calls

    @property
    def clock(self) -> Reading | None:
        return self._client.session.clock

    @property
    def line_items(self) -> bool:
        """Whether opportunities are made of revenue line items, once they were described."""
        return self._line_items

    def handshake(self) -> Handshake:
        """Sugar tells no id of its own: the address stands for it."""
        url = self._client.options.url
        return Handshake(url, is_loopback(url))

    def describe(self, object: str, lists: Collection[str] = ()) -> Description:
        """Asked once for each module, and once for each list, which Sugar tells one by one."""
        known = dict(self._fields(object))
        for name in lists:
            if name in self._lists[object] and not known[name].choices:
                known[name] = replace(known[name], choices=self._choices(object, name))
        self._known[object] = known
        return Description(object, known)

    def pull(self, request: PullRequest) -> Iterator[Page]:
        """Reads strictly after the cursor, one request a page; Sugar's offset is never used, for it shifts under edits."""
        self._check(request.object, (*request.fields, *request.where.fields))
        if request.ids is None:
            yield from pages(request.since, lambda cursor: self._page(request, cursor))
            return
        for ids in chunks(request.ids, min(request.page_size, MAX_PAGE)):
            yield from self._by_ids(request, ids)

    def push(self, request: PushRequest) -> list[Outcome]:
        self._check(request.object, [f for d in request.deliveries for f in (*d.values, *d.seen)])
        return push(self._target(request.object), self.name, request)

    def cost(self, request: PushRequest) -> Cost:
        """A session's first push also asks who we are, to tell our own writes from others'; line items are described first."""
        target = self._target(request.object)
        calls = sum(target.cost(chunk) for chunk in chunks(request.deliveries, target.chunk))
        once = set() if self._client.knows_user else {"me"}
        if isinstance(target, SugarLineItems) and ITEMS not in self._known and target.through(request.deliveries):
            once.add(ITEMS)
        return Cost(calls, frozenset(once))

    def _target(self, object: str) -> SugarWrites | SugarLineItems:
        through_items = object == OPPORTUNITIES and self._line_items
        return SugarLineItems(self._client, self._writes) if through_items else self._writes

    def close(self) -> None:
        self._client.session.close()

    def _fields(self, object: str) -> Mapping[str, Field]:
        if object not in self._known:
            answer = self._client.call("GET", "metadata", params={"type_filter": "modules", "module_filter": object})
            described = (answer.get("modules") or {}).get(object)
            if not isinstance(described, Mapping):
                raise ObjectMissing(f"connection {self.name!r}: SugarCRM has no module {object!r}, or our user may not see it")
            self._known[object], self._lists[object] = fields(described["fields"]), listed(described["fields"])
            if object == OPPORTUNITIES and made_of_items(described):
                self._line_items, self._known[object] = True, opened(self._known[object])
        return self._known[object]

    def _choices(self, object: str, name: str) -> tuple[str, ...]:
        """The values of a list without the blank one; none where Sugar does not tell them."""
        try:
            return tuple(value for value in self._client.call("GET", f"{object}/enum/{name}") if value)
        except LoginRefused:
            raise
        except ConfigError:
            return ()

    def _check(self, object: str, names: Iterable[str]) -> None:
        known = self._fields(object)
        for name in names:
            if name not in known:
                raise unknown(f"field of {object}", name, known)

    def _by_ids(self, request: PullRequest, ids: Sequence[str]) -> Iterator[Page]:
        wanted: Expression = {"id": {"$in": list(ids)}}
        return (Page(page.records, None) for page in pages(None, lambda cursor: self._read(request, [wanted, *after(cursor)])))

    def _page(self, request: PullRequest, cursor: Cursor | None) -> tuple[Sequence[Record], bool]:
        return self._read(request, [*within(request.window), *after(cursor)])

    def _read(self, request: PullRequest, where: Sequence[Expression]) -> tuple[list[Record], bool]:
        """Whether there is more, Sugar's next_offset says: a short page may only mean a lower limit of the server."""
        known = self._fields(request.object)
        try:
            filtered = conditions(request.where, known)
        except (ValueError, Rejected) as error:
            raise ConfigError(
                f"connection {self.name!r}: the filter of {request.object} does not fit its field: {error}"
            ) from None
        body = {
            "filter": [*where, *filtered],
            "fields": ",".join(dict.fromkeys([*_ALWAYS, *_conversion(known), *request.fields])),
            "order_by": f"{STAMP}:ASC,id:ASC",
            "max_num": min(request.page_size, MAX_PAGE),
            **({"deleted": True} if request.deleted else {}),
        }
        answer = self._client.call("POST", f"{request.object}/filter", body)
        return [self._record(request, known, row) for row in answer["records"]], int(answer["next_offset"]) >= 0

    def _record(self, request: PullRequest, known: Mapping[str, Field], row: Mapping[str, Any]) -> Record:
        """A deleted row may carry few fields; those it lacks are absent from the values."""
        stamp = row[STAMP]
        return Record(
            ref=Ref(self.name, request.object, row["id"]),
            values={f: decode(known[f].type, row[f]) for f in request.fields if f in row},
            version=decode(FieldType.DATETIME, stamp),
            changed_at=instant(stamp),
            deleted=bool(decode(FieldType.BOOLEAN, row.get("deleted"))),
            converted_to=_converted_to(row),
        )


def _conversion(known: Mapping[str, Field]) -> tuple[str, ...]:
    """The columns that tell of a conversion, where the module has them."""
    return ("converted", *CONVERTED.values()) if "converted" in known else ()


def _converted_to(row: Mapping[str, Any]) -> dict[str, str]:
    """Empty unless the lead is converted; then ``contact`` is always there, even where its id is not known."""
    if not decode(FieldType.BOOLEAN, row.get("converted")):
        return {}
    return {"contact": "", **{entity: row[column] for entity, column in CONVERTED.items() if row.get(column)}}
