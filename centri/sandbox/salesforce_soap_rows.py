"""What SOAP calls do with rows: create, update, upsert, delete, bring back, merge and convert."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from centri.sandbox.rows import Row, Table
from centri.sandbox.salesforce_bulk_rows import Load, Outcome
from centri.sandbox.salesforce_call import Call, row_id
from centri.sandbox.salesforce_convert import CONVERTED
from centri.sandbox.salesforce_ids import long_id
from centri.sandbox.salesforce_rows import key_field, shown, update
from centri.sandbox.salesforce_xml import local
from centri.sandbox.state import Refused

MERGED = ("Account", "Contact", "Lead")
STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\+0000")
Result = dict[str, Any]


def drawn(record: dict[str, Any]) -> dict[str, Any]:
    """A record that was drawn for REST, as SOAP's sObject."""
    kind = record["attributes"]["type"]
    told: dict[str, Any] = {"sf:type": kind, "sf:Id": record.get("Id")}
    for name, value in record.items():
        if name != "attributes":
            told[f"sf:{name}"] = _value(value)
    return told


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        if "attributes" in value:
            return drawn(value)
        if "records" in value:
            return {"done": True, "records": [drawn(one) for one in value["records"]], "size": value["totalSize"]}
        return {f"sf:{name}": one for name, one in value.items()}
    return STAMP.sub(r"\1Z", value) if isinstance(value, str) else value


def _create(call: Call, given: ET.Element) -> list[Result]:
    return [_saved(Load(table, "insert").one(call, values)) for table, values in _sobjects(call, given)]


def _update(call: Call, given: ET.Element) -> list[Result]:
    return [_saved(Load(table, "update").one(call, values)) for table, values in _sobjects(call, given)]


def _upsert(call: Call, given: ET.Element) -> list[Result]:
    key = _text(given, "externalIDFieldName")
    results = []
    for table, values in _sobjects(call, given):
        outcome = Load(table, "upsert", None if key.lower() == "id" else key_field(table, key)).one(call, values)
        results.append({"created": outcome.created, **_saved(outcome)})
    return results


def _delete(call: Call, given: ET.Element) -> list[Result]:
    return [_each(call, id, _deleted) for id in _ids(given)]


def _undelete(call: Call, given: ET.Element) -> list[Result]:
    return [_each(call, id, _brought_back) for id in _ids(given)]


def _empty_bin(call: Call, given: ET.Element) -> list[Result]:
    return [_each(call, id, _purged) for id in _ids(given)]


def _retrieve(call: Call, given: ET.Element) -> list[Result | None]:
    table = call.table(_text(given, "sObjectType"))
    rows = [table.get(long_id(id) or "") for id in _ids(given)]
    fields = _text(given, "fieldList")
    return [None if row is None or row.deleted else drawn(shown(call, table, row, fields)) for row in rows]


def _merge(call: Call, given: ET.Element) -> list[Result]:
    return [_merged(call, one) for one in given if local(one) == "request"]


def _convert(call: Call, given: ET.Element) -> list[Result]:
    return [_converted(call, one) for one in given if local(one) == "leadConverts"]


ROWS: dict[str, Callable[[Call, ET.Element], Any]] = {
    "create": _create,
    "update": _update,
    "upsert": _upsert,
    "delete": _delete,
    "undelete": _undelete,
    "emptyRecycleBin": _empty_bin,
    "retrieve": _retrieve,
    "merge": _merge,
    "convertLead": _convert,
}


def _merged(call: Call, given: ET.Element) -> Result:
    losers = [one.text or "" for one in given if local(one) == "recordToMergeIds"]
    master = next((one for one in given if local(one) == "masterRecord"), ET.Element("masterRecord"))
    try:
        with call.org.transaction():
            winner, gone = _absorbed(call, master, losers)
    except Refused as refused:
        return {"errors": _error(refused), "id": None, "success": False}
    return {"id": winner, "mergedRecordIds": gone, "success": True, "updatedRelatedIds": []}


def _absorbed(call: Call, master: ET.Element, losers: list[str]) -> tuple[str, list[str]]:
    """One winner and up to two losers (SOAP API guide, merge). Raises Refused."""
    table, values = _sobject(call, master)
    if table.schema.name not in MERGED:
        raise Refused(400, "INVALID_TYPE", f"sObject type '{table.schema.name}' cannot be merged", [])
    if not 1 <= len(losers) <= 2:
        raise Refused(400, "INVALID_ARGUMENT", "One or two records can be merged into a master record", [])
    winner = row_id(table, values.pop("Id", ""), status=400)
    gone = [row_id(table, loser, status=400) for loser in losers]
    if values:
        update(call, table, winner, values)
    call.org.merge(table.schema.name, winner, gone, user=call.user)
    return winner, gone


def _converted(call: Call, given: ET.Element) -> Result:
    texts = {local(one): one.text or "" for one in given}
    lead = long_id(texts.get("leadId", ""))
    try:
        became = call.org.convert(lead or "", user=call.user, **_wishes(call, texts))
    except Refused as refused:
        none = dict.fromkeys(("accountId", "contactId"))
        return {**none, "errors": _error(refused), "leadId": lead, "opportunityId": None, "success": False}
    ids = {"accountId": became["account_id"], "contactId": became["contact_id"]}
    return {**ids, "leadId": lead, "opportunityId": became["opportunity_id"], "success": True}


def _wishes(call: Call, texts: dict[str, str]) -> dict[str, Any]:
    if texts.get("convertedStatus") not in CONVERTED:
        raise Refused(400, "INVALID_STATUS", f"invalid convertedStatus: {texts.get('convertedStatus')}", [])
    wishes: dict[str, Any] = {"status": texts["convertedStatus"]}
    for name, wish in (("accountId", "account_id"), ("contactId", "contact_id")):
        if texts.get(name):
            wishes[wish] = row_id(_table_of(call, texts[name]), texts[name], status=400)
    if texts.get("doNotCreateOpportunity") == "true":
        wishes["opportunity"] = None
    elif texts.get("opportunityId"):
        wishes["opportunity"] = long_id(texts["opportunityId"])
    elif texts.get("opportunityName"):
        wishes["opportunity"] = {"Name": texts["opportunityName"]}
    return wishes


def _deleted(call: Call, id: str) -> Outcome:
    return Load(_table_of(call, id), "delete").one(call, {"Id": id})


def _brought_back(call: Call, id: str) -> Outcome:
    row = _binned(call, id)
    return Outcome(call.org.undelete(_table_of(call, id).schema.name, row.id, user=call.user).id)


def _purged(call: Call, id: str) -> Outcome:
    row = _binned(call, id)
    call.org.purge(_table_of(call, id), row)
    return Outcome(row.id)


def _binned(call: Call, id: str) -> Row:
    row = _table_of(call, id).get(long_id(id) or "")
    if row is None:
        raise Refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if not row.deleted:
        raise Refused(400, "UNDELETE_FAILED", "Entity is not in the recycle bin", [])
    return row


def _each(call: Call, id: str, act: Callable[[Call, str], Outcome]) -> Result:
    try:
        return _saved(act(call, id))
    except Refused as refused:
        return _saved(Outcome(refused=refused))


def _saved(outcome: Outcome) -> Result:
    if outcome.refused:
        return {"errors": _error(outcome.refused), "id": None, "success": False}
    return {"id": outcome.id, "success": True}


def _error(refused: Refused) -> Result:
    return {"fields": refused.fields or [], "message": refused.message, "statusCode": refused.code}


def _sobjects(call: Call, given: ET.Element) -> list[tuple[Table, dict[str, Any]]]:
    return [_sobject(call, one) for one in given if local(one).lower() == "sobjects"]


def _sobject(call: Call, element: ET.Element) -> tuple[Table, dict[str, Any]]:
    """An sObject's table and values; ``fieldsToNull`` names those to clear. Raises Refused."""
    values: dict[str, Any] = {}
    for one in element:
        name = local(one)
        if name == "fieldsToNull":
            values[one.text or ""] = None
        elif name != "type":
            values["Id" if name == "id" else name] = one.text or ""
    values = {name: value for name, value in values.items() if name != "Id" or value}
    kind = _text(element, "type") or next((v.rpartition(":")[2] for k, v in element.attrib.items() if k.endswith("}type")), "")
    try:
        return call.org.table(kind), values
    except KeyError:
        raise Refused(500, "INVALID_TYPE", f"sObject type '{kind}' is not supported.", []) from None


def _table_of(call: Call, id: str) -> Table:
    table = call.org.by_prefix(id)
    if table is None:
        raise Refused(400, "MALFORMED_ID", f"malformed id {id}", [])
    return table


def _ids(given: ET.Element) -> list[str]:
    return [one.text or "" for one in given if local(one).lower() == "ids"]


def _text(given: ET.Element, name: str) -> str:
    return next((one.text or "" for one in given if local(one) == name), "")
