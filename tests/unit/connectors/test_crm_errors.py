"""The CRMs' own words for what went wrong, each as what to do about it."""

from __future__ import annotations

from typing import Any

import pytest

from centri.anomalies import KINDS
from centri.connectors import salesforce_errors, sugarcrm_errors
from centri.errors import ConfigError, Rejected, RetryLater


@pytest.mark.parametrize("table", [salesforce_errors.KIND_OF, sugarcrm_errors.KIND_OF])
def test_every_kind_is_in_the_catalogue(table: dict[str, str]) -> None:
    assert set(table.values()) <= set(KINDS)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("REQUIRED_FIELD_MISSING", "missing_required"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "picklist_value"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "automation_error"),
        ("SOMETHING_NEW", "unknown"),
    ],
)
def test_a_row_is_rejected_in_our_words_and_theirs(code: str, kind: str) -> None:
    error = salesforce_errors.row_error([{"statusCode": code, "message": "because", "fields": ["LastName"]}])
    assert isinstance(error, Rejected)
    assert (error.kind, str(error), error.fields) == (kind, f"{code}: because", ("LastName",))


def test_a_row_without_a_reason_is_still_rejected() -> None:
    assert isinstance(salesforce_errors.row_error([]), Rejected)


@pytest.mark.parametrize(
    "error",
    [
        {
            "statusCode": "DUPLICATE_VALUE",
            "message": "duplicate value found: Ext__c duplicates value on record with id: 001000000000001",
        },
        {
            "statusCode": "DUPLICATES_DETECTED",
            "message": "Use one of these records?",
            "duplicateResut": {"matchResults": [{"matchRecords": [{"record": {"Id": "001000000000001"}}]}]},
        },
    ],
)
def test_a_duplicate_names_the_record_it_duplicates(error: dict[str, Any]) -> None:
    rejected = salesforce_errors.row_error([error])
    assert isinstance(rejected, Rejected)
    assert rejected.candidates == ("001000000000001",)


def test_a_refused_call_is_a_matter_of_configuration_unless_it_may_pass() -> None:
    refused = [{"errorCode": "INVALID_FIELD", "message": "No such column 'X'\n  on entity 'Lead'"}]
    error = salesforce_errors.call_error("main", "query", 400, refused)
    assert isinstance(error, ConfigError)
    assert str(error) == "connection 'main': Salesforce refused query (400 INVALID_FIELD): No such column 'X' on entity 'Lead'"
    slow = [{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}]
    assert isinstance(salesforce_errors.call_error("main", "query", 400, slow), RetryLater)
    assert isinstance(salesforce_errors.call_error("main", "query", 400, "<html>"), ConfigError)


@pytest.mark.parametrize(
    ("status", "label", "kind"),
    [(422, "missing_parameter", "missing_required"), (403, "not_authorized", "permission"), (418, "new", "unknown")],
)
def test_sugars_labels_name_the_kind(status: int, label: str, kind: str) -> None:
    error = sugarcrm_errors.record_error(status, {"error": label, "error_message": "parce que"})
    assert isinstance(error, Rejected)
    assert (error.kind, str(error)) == (kind, f"{label}: parce que")


@pytest.mark.parametrize("status", [401, 412, 429, 500, 503])
def test_sugars_passing_troubles_are_tried_later(status: int) -> None:
    assert isinstance(sugarcrm_errors.record_error(status, {"error": "x"}), RetryLater)
    later = sugarcrm_errors.call_error("main", "GET me", status, {})
    assert isinstance(later, ConfigError if status == 401 else RetryLater)
