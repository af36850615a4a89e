"""Rows that are read or written under a condition."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from salesforce_caller import T

FAILED = (412, "PRECONDITION_FAILED")


def said(answer):
    return answer.status_code, answer.json()[0]["errorCode"]


def at(time):
    return formatdate(time, usegmt=True)


@pytest.fixture
def row(org):
    return org.create("Contact", {"LastName": "Doe", "Email": "doe@acme.example"})


def test_a_row_that_did_not_change_is_not_sent_again(call, org, row):
    paths = (f"/sobjects/Contact/{row.id}", "/sobjects/Contact/Email/doe@acme.example")
    for path in paths:
        answer = call.raw("GET", path, **{"If-Modified-Since": at(T)})
        assert (answer.status_code, answer.content) == (304, b"")
        assert call.raw("GET", path, **{"If-Modified-Since": at(T - 1)}).status_code == 200
        assert call.raw("GET", path, **{"If-Modified-Since": "whenever"}).status_code == 200
        assert said(call.raw("GET", path, **{"If-Unmodified-Since": at(T - 1)})) == FAILED


def test_a_row_that_somebody_changed_is_not_written(call, org, row):
    path, late, meanwhile = f"/sobjects/Contact/{row.id}", {"If-Unmodified-Since": at(T)}, {"LastName": "Roe"}
    org.clock.set(T + 5, frozen=True)
    org.update("Contact", row.id, meanwhile)
    assert said(call.raw("PATCH", path, '{"LastName": "Poe"}', **late)) == FAILED
    assert said(call.raw("PATCH", "/sobjects/Contact/Email/doe@acme.example", '{"LastName": "Poe"}', **late)) == FAILED
    assert said(call.raw("DELETE", path, **late)) == FAILED
    assert (org.get("Contact", row.id).get("LastName"), org.count("Contact")) == ("Roe", 1)
    assert call.raw("PATCH", path, '{"LastName": "Poe"}', **{"If-Unmodified-Since": at(T + 5)}).status_code == 204
    assert call.raw("DELETE", path, **{"If-Unmodified-Since": at(T + 5)}).status_code == 204


def test_an_account_has_a_tag(call, org, row):
    account = org.create("Account", {"Name": "a"})
    path = f"/sobjects/Account/{account.id}"
    tag = call.raw("GET", path).headers["ETag"]
    packed = tag[:-1] + '--gzip"'
    for known in (tag, packed, f'"other", {tag}', "*"):
        answer = call.raw("GET", path, **{"If-None-Match": known})
        assert (answer.status_code, answer.headers["ETag"]) == (304, tag)
    assert call.raw("GET", path, **{"If-None-Match": '"other"'}).status_code == 200
    assert said(call.raw("PATCH", path, '{"Name": "b"}', **{"If-Match": '"other"'})) == FAILED
    assert call.raw("PATCH", path, '{"Name": "b"}', **{"If-Match": tag}).status_code == 204
    assert said(call.raw("DELETE", path, **{"If-Match": tag})) == FAILED
    changed = call.raw("GET", path, **{"If-None-Match": tag})
    assert (changed.status_code, changed.json()["Name"], changed.headers["ETag"] != tag) == (200, "b", True)
    assert "ETag" not in call.raw("GET", f"/sobjects/Contact/{row.id}").headers
