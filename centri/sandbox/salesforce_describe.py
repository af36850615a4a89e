"""What a Salesforce org says of itself: versions, resources, objects and fields."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from centri.sandbox.rows import Table
from centri.sandbox.salesforce_call import Answer, Call, answered, route
from centri.sandbox.salesforce_fresh import since_changed
from centri.sandbox.salesforce_schema import CASCADES, CHILDREN, CLOSED_TO_CALLERS, READONLY
from centri.sandbox.schema import Field, Schema

FIRST, LAST = 51, 67
SEASONS = ("Spring", "Summer", "Winter")
SOAP_TYPES = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "date": "xsd:date",
    "datetime": "xsd:dateTime", "double": "xsd:double", "currency": "xsd:double", "percent": "xsd:double",
    "address": "urn:address",
}  # fmt: skip
UNGROUPED = frozenset({"double", "currency", "percent", "datetime", "address", "combobox"})
PLAIN_FALSE = (
    "aiPredictionField", "calculated", "cascadeDelete", "dependentPicklist", "deprecatedAndHidden",
    "displayLocationInDecimal", "encrypted", "formulaTreatNullNumberAsZero", "highScaleNumber", "htmlFormatted",
    "restrictedDelete", "writeRequiresMasterRead",
)  # fmt: skip
PLAIN_NULL = (
    "calculatedFormula", "controllerName", "defaultValueFormula", "filteredLookupInfo", "inlineHelpText", "mask",
    "maskType", "referenceTargetField", "relationshipOrder",
)  # fmt: skip


def versions(call: Call) -> Response:
    """``GET /services/data``."""
    return answered([_version(number) for number in range(FIRST, LAST + 1)])


def resources(call: Call) -> Response:
    """``GET /services/data/vX``: resource to path; ``identity`` alone is a whole address."""
    base = f"/services/data/{call.version}"
    paths = {name: f"{base}/{name}" for name in ("sobjects", "query", "queryAll", "search", "limits", "composite", "jobs")}
    return answered({**paths, "identity": f"{call.instance_url}/id/{call.org.id}/{call.org.integration_user}"})


def everything(call: Call) -> Response:
    """``GET /sobjects``."""
    objects = [_summary(call, table) for table in call.org.tables.values()]
    return answered({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})


def basics(call: Call, object: str) -> Response:
    """``GET /sobjects/T``."""
    table = call.table(object)
    recent = list(table.since())[-5:] if len(table) < 1000 else []
    items = [{"attributes": {"type": table.schema.name, "url": call.url(table, row.id)}, "Id": row.id} for row in recent]
    return answered({"objectDescribe": _summary(call, table), "recentItems": items})


def describe(call: Call, object: str) -> Response:
    """``GET /sobjects/T/describe``."""
    table = call.table(object)
    return answered({
        "actionOverrides": [],
        "childRelationships": _children(call, table.schema),
        "compactLayoutable": True,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [describe_field(table.schema, field) for field in table.schema.fields.values()],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [_master_record_type(table.schema, call.version)],
        "searchLayoutable": True,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [
            {"label": f"All {table.schema.plural.lower()}", "name": "everything"},
            {"label": f"My {table.schema.plural.lower()}", "name": "mine"},
        ],
        **_summary(call, table),
    })  # fmt: skip


def describe_field(schema: Schema, field: Field) -> dict[str, Any]:
    """One field as the describe call shows it; most flags follow from the type."""
    flags = field.extra["flags"]
    filterable = "unfilterable" not in flags
    nillable = not field.required and not flags & {"defaulted", "nonnull"}
    sortable = filterable and field.type != "address" and "unsortable" not in flags
    return {
        **dict.fromkeys(PLAIN_FALSE, False),
        **dict.fromkeys(PLAIN_NULL),
        "aggregatable": field.type not in ("boolean", "address") and (sortable or field.type != "textarea"),
        "autoNumber": "auto" in flags,
        "byteLength": field.length * (1 if field.type in ("id", "reference") else 3),
        "caseSensitive": False,
        "compoundFieldName": field.compound,
        "createable": field.createable,
        "custom": field.custom,
        "defaultValue": bool(field.default) if field.type == "boolean" else None,
        "defaultedOnCreate": "defaulted" in flags or "nillable-defaulted" in flags,
        "digits": field.precision if field.type == "int" else 0,
        "externalId": field.external_id,
        "extraTypeInfo": _extra_type(field),
        "filterable": filterable,
        "groupable": _groupable(field, filterable=filterable),
        "idLookup": field.name == "Id" or "lookup" in flags or field.external_id,
        "label": field.label,
        "length": field.length,
        "name": field.name,
        "nameField": "name" in flags,
        "namePointing": field.name in ("WhoId", "WhatId") or bool({"Group", "Calendar"} & set(field.refers_to)),
        "nillable": nillable,
        "permissionable": nillable and field.createable,
        "picklistValues": [_choice(field, value) for value in field.choices],
        "polymorphicForeignKey": len(field.refers_to) > 1,
        "precision": 0 if field.type == "int" else field.precision,
        "queryByDistance": field.type == "address",
        "referenceTo": list(field.refers_to),
        "relationshipName": field.relationship,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "searchPrefilterable": _prefilterable(field),
        "soapType": SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": sortable,
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable,
    }


def _version(number: int) -> dict[str, str]:
    """Three releases a year; version 51 was Spring '21."""
    year, season = 2021 + (number - FIRST) // 3, SEASONS[(number - FIRST) % 3]
    label = f"{season} '{(year + (season == 'Winter')) % 100}"
    return {"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def _summary(call: Call, table: Table) -> dict[str, Any]:
    schema = table.schema
    free, url = schema.name not in READONLY, f"/services/data/{call.version}/sobjects/{schema.name}"
    plain_true = ("queryable", "replicateable", "retrieveable", "updateable")
    plain_false = (
        "activateable",
        "custom",
        "customSetting",
        "deepCloneable",
        "deprecatedAndHidden",
        "hasSubtypes",
        "isInterface",
    )
    return {
        **dict.fromkeys(plain_true, True),
        **dict.fromkeys(plain_false, False),
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": schema.name not in CLOSED_TO_CALLERS,
        "deletable": free,
        "feedEnabled": free,
        "isSubtype": False,
        "keyPrefix": schema.prefix,
        "label": schema.label,
        "labelPlural": schema.plural,
        "layoutable": free,
        "mergeable": schema.name in ("Account", "Contact", "Lead"),
        "mruEnabled": free,
        "name": schema.name,
        "searchable": schema.name not in CLOSED_TO_CALLERS,
        "triggerable": free,
        "undeletable": free,
        "urls": _urls(url, whole=free),
    }


def _urls(url: str, *, whole: bool) -> dict[str, str]:
    urls = {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"}
    if whole:
        urls |= {name: f"{url}/describe/{name}" for name in ("approvalLayouts", "compactLayouts", "layouts")}
        urls |= {name: f"{url}/{name}" for name in ("listviews", "quickActions")}
    return urls


def _children(call: Call, schema: Schema) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": (table.schema.name, field.name) in CASCADES,
            "childSObject": table.schema.name,
            "deprecatedAndHidden": False,
            "field": field.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": CHILDREN.get((table.schema.name, field.name)),
            "restrictedDelete": False,
        }
        for table in call.org.tables.values()
        for field in table.schema.fields.values()
        if schema.name in field.refers_to
    ]


def _master_record_type(schema: Schema, version: str) -> dict[str, Any]:
    id = "012000000000000AAA"
    layout = f"/services/data/{version}/sobjects/{schema.name}/describe/layouts/{id}"
    flags = {"active": True, "available": True, "defaultRecordTypeMapping": True, "master": True}
    return {**flags, "developerName": "Master", "name": "Master", "recordTypeId": id, "urls": {"layout": layout}}


def _extra_type(field: Field) -> str | None:
    if field.type == "textarea":
        return "plaintextarea"
    return "imageurl" if field.name == "PhotoUrl" else None


def _prefilterable(field: Field) -> bool:
    """Lookups to business objects, but not to people, record types or the winner of a merge."""
    return (
        field.type == "reference"
        and not {"User", "RecordType"} & set(field.refers_to)
        and field.name not in ("MasterRecordId", "ContactId", "ParentId" if len(field.refers_to) > 1 else "")
    )


def _groupable(field: Field, *, filterable: bool) -> bool:
    return field.type not in UNGROUPED and "auto" not in field.extra["flags"] and (filterable or field.type != "textarea")


def _choice(field: Field, value: str) -> dict[str, Any]:
    return {"active": True, "defaultValue": value == field.default, "label": value, "validFor": None, "value": value}


OPEN: list[tuple[str, Any, Answer]] = [route("GET", "/services/data", versions)]

CLOSED: list[tuple[str, Any, Answer]] = [
    route("GET", "/services/data/{version}", resources),
    route("GET", "/services/data/{version}/sobjects", since_changed(everything)),
    route("GET", "/services/data/{version}/sobjects/{object}", since_changed(basics)),
    route("GET", "/services/data/{version}/sobjects/{object}/describe", since_changed(describe)),
]
