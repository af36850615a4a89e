"""The recycle bin: what is in it, how long, and how it is emptied."""

from __future__ import annotations

import pytest
from salesforce_caller import Caller, T

DAY = 86400
SOAP = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:partner.soap.sforce.com"><e:Header>'
    "<u:SessionHeader><u:sessionId>{0}</u:sessionId></u:SessionHeader></e:Header><e:Body>{1}</e:Body></e:Envelope>"
)


@pytest.fixture
def soap(call):
    def ask(act, id):
        body = SOAP.format(call.token, f"<u:{act}><u:ids>{id}</u:ids></u:{act}>")
        return call.raw("POST", "/services/Soap/u/62.0", body, SOAPAction='""', **{"Content-Type": "text/xml"}).text

    return ask


@pytest.fixture
def later(call, org):
    """Moves the clock to so many days from the start; the caller logs in anew."""

    def move(days, seconds=0):
        org.clock.set(T + int(days * DAY) + seconds, frozen=True)
        call.token = Caller(call.url).token
        call.session.headers["Authorization"] = f"Bearer {call.token}"

    return move


def told(call, day=0):
    """Ids in queryAll, and in getDeleted of the 14 days before."""
    _, found = call("GET", "/queryAll?q=SELECT+Id+FROM+Account+WHERE+IsDeleted=TRUE")
    window = f"start=2026-01-{day + 1:02}T00:00:00Z&end=2026-01-{day + 14:02}T00:00:00Z"
    _, deleted = call("GET", f"/sobjects/Account/deleted?{window}")
    return [row["Id"] for row in found["records"]], [row["id"] for row in deleted["deletedRecords"]]


def test_a_row_stays_for_fifteen_days(call, org, soap, later):
    old, young = (org.create("Account", {"Name": name}).id for name in "ab")
    call("DELETE", f"/sobjects/Account/{old}")
    later(1)
    call("DELETE", f"/sobjects/Account/{young}")
    later(15, seconds=-1)
    assert told(call) == ([old, young], [old, young])
    later(15)
    assert told(call) == ([young], [young])
    assert "INVALID_CROSS_REFERENCE_KEY" in soap("undelete", old)
    assert "<success>true</success>" in soap("undelete", young)
    later(40)
    assert call("GET", f"/sobjects/Account/{young}")[1]["IsDeleted"] is False


def test_a_row_that_is_deleted_again_stays_as_long_again(call, org, soap, later):
    id = org.create("Account", {"Name": "a"}).id
    call("DELETE", f"/sobjects/Account/{id}")
    later(10)
    soap("undelete", id)
    call("DELETE", f"/sobjects/Account/{id}")
    later(24)
    assert told(call, day=10) == ([id], [id])
    later(25)
    assert told(call, day=10) == ([], [])


def test_the_bin_is_emptied_by_hand(call, org, soap, later):
    ids = [org.create("Account", {"Name": name}).id for name in "ab"]
    for id in ids:
        call("DELETE", f"/sobjects/Account/{id}")
    assert "<success>true</success>" in soap("emptyRecycleBin", ids[0])
    later(14)
    assert told(call) == (ids[1:], ids[1:])
    assert "INVALID_CROSS_REFERENCE_KEY" in soap("undelete", ids[0])


def test_a_bulk_job_can_delete_for_good(call, org, later):
    id = org.create("Account", {"Name": "a"}).id
    _, job = call("POST", "/jobs/ingest", {"object": "Account", "operation": "hardDelete", "contentType": "CSV"})
    call.raw("PUT", f"/jobs/ingest/{job['id']}/batches", f"Id\n{id}\n", **{"Content-Type": "text/csv"})
    call("PATCH", f"/jobs/ingest/{job['id']}", {"state": "UploadComplete"})
    later(14)
    assert org.get("Account", id) is None
    assert told(call) == ([], [])


def test_a_reset_brings_back_what_was_in_the_bin(call, org, later):
    id = org.create("Account", {"Name": "a"}).id
    org.delete("Account", id)
    org.remember()
    later(15)
    assert call("GET", "/queryAll?q=SELECT+Id+FROM+Account")[1]["totalSize"] == 0
    org.reset()
    assert org.count("Account", deleted=True) == 1
    later(30)
    assert org.count("Account", deleted=True) == 0
    org.remember()
