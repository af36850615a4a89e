"""How requests to the sandbox's Salesforce may look, and how its JSON is laid out."""

from __future__ import annotations

import pytest
from salesforce_caller import error

LAID_OUT = """{
  "totalSize" : 2,
  "done" : true,
  "records" : [ {
    "attributes" : {
      "type" : "Contact",
      "url" : "/services/data/v62.0/sobjects/Contact/%s"
    },
    "LastName" : "Doe \\"D\\"",
    "Account" : null
  }, {
    "attributes" : {
      "type" : "Contact",
      "url" : "/services/data/v62.0/sobjects/Contact/%s"
    },
    "LastName" : "Müller",
    "Account" : null
  } ]
}"""
MADE = '{\n  "id" : "%s",\n  "success" : true,\n  "errors" : [ ]\n}'
GONE = '[ {\n  "message" : "The requested resource does not exist",\n  "errorCode" : "NOT_FOUND"\n} ]'


def test_json_is_laid_out_as_the_caller_asks(call, org):
    ids = tuple(org.create("Contact", {"LastName": name}).id for name in ('Doe "D"', "Müller"))
    path = "/query?q=SELECT+LastName,Account.Name+FROM+Contact+ORDER+BY+LastName"
    pretty = call.raw("GET", path, **{"X-PrettyPrint": "1"})
    assert pretty.text == LAID_OUT % ids
    assert pretty.json() == call.raw("GET", path).json()
    made = call.raw(
        "POST", "/sobjects/Contact", '{"LastName": "x"}', **{"X-PrettyPrint": "1", "Content-Type": "application/json"}
    )
    assert made.text == MADE % made.json()["id"]
    gone = call.raw("GET", "/sobjects/Nothing/x", **{"X-PrettyPrint": "1"})
    assert gone.text == GONE
    empty = call.raw("PATCH", f"/sobjects/Contact/{ids[0]}", '{"LastName": "y"}', **{"X-PrettyPrint": "1"})
    assert (empty.status_code, empty.content) == (204, b"")


@pytest.mark.parametrize("kind", ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "application/xml"])
def test_a_body_of_a_foreign_kind_is_refused(call, org, kind):
    answer = call.raw("POST", "/sobjects/Account", '{"Name": "a"}', **{"Content-Type": kind})
    message = f"Content-Type header specified in HTTP request is not supported: {kind}"
    assert (answer.status_code, answer.json()) == (415, error("UNSUPPORTED_MEDIA_TYPE", message))
    assert org.count("Account") == 0
    assert call.raw("POST", "/sobjects/Account", '{"Name": "a"}', **{"Content-Type": "application/json; charset=UTF-8"}).ok
    assert call.raw("POST", "/sobjects/Account", '{"Name": "b"}').ok


def test_headers_and_address_together_have_an_end(call):
    assert call.raw("GET", "/limits", **{"X-Long": "x" * 14_000}).status_code == 200
    answer = call.raw("GET", "/limits", **{"X-Long": "x" * 16_384})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (431, "REQUEST_HEADER_FIELDS_TOO_LARGE")
    assert call.raw("GET", "/query?q=" + "x" * 16_384).status_code == 414
