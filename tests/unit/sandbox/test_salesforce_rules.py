"""Rules of an org's administrator, tokens by JWT and refresh, and answers that need not be sent again."""

from __future__ import annotations

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from salesforce_caller import Loopback, T, error
from simple_salesforce import Salesforce

RULE = {"object": "Lead", "fields": ["Email"], "name": "Standard_Lead_Duplicate_Rule"}
LEAD = {"LastName": "Doe", "Company": "Acme", "Email": "doe@acme.example"}


def test_a_duplicate_is_refused_with_the_rows_that_match(call, org):
    known = org.create("Lead", LEAD)
    call.control("settings", {"duplicate_rules": [RULE]})
    status, answer = call("POST", "/sobjects/Lead", {**LEAD, "Email": "DOE@acme.example"})
    assert (status, answer[0]["errorCode"], answer[0]["message"]) == (400, "DUPLICATES_DETECTED", "Use one of these records?")
    result = answer[0]["duplicateResut"]
    assert (result["allowSave"], result["duplicateRule"]) == (True, "Standard_Lead_Duplicate_Rule")
    match = result["matchResults"][0]["matchRecords"][0]
    assert (match["record"]["Id"], match["matchConfidence"]) == (known.id, 100.0)
    assert org.count("Lead") == 1
    record = {"attributes": {"type": "Lead"}, **LEAD}
    _, rows = call("POST", "/composite/sobjects", {"records": [record]})
    plain = {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "fields": []}
    assert rows == [{"success": False, "errors": [plain]}]


def test_an_alert_can_be_passed_over_but_not_a_block(call, org):
    org.create("Lead", LEAD)
    save = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    call.control("settings", {"duplicate_rules": [{**RULE, "action": "block"}]})
    assert call("POST", "/sobjects/Lead", LEAD, **save)[0] == 400
    call.control("settings", {"duplicate_rules": [RULE]})
    assert call("POST", "/sobjects/Lead", LEAD, **save)[0] == 201
    other = org.create("Lead", {**LEAD, "Email": "roe@acme.example"})
    assert call("PATCH", f"/sobjects/Lead/{other.id}", {"Phone": "1"})[0] == 204
    assert call("PATCH", f"/sobjects/Lead/{other.id}", {"Email": LEAD["Email"]})[0] == 400


def test_a_validation_rule_binds_whoever_writes(call, org):
    text = "A won deal needs an amount"
    rule = {"object": "Opportunity", "when": "StageName = 'Closed Won' AND Amount = null", "message": text, "field": "Amount"}
    call.control("settings", {"validation_rules": [rule]})
    deal = {"Name": "d", "StageName": "Prospecting", "CloseDate": "2026-05-01"}
    _, made = call("POST", "/sobjects/Opportunity", deal)
    path = f"/sobjects/Opportunity/{made['id']}"
    refused = (400, error("FIELD_CUSTOM_VALIDATION_EXCEPTION", text, ["Amount"]))
    assert call("PATCH", path, {"StageName": "Closed Won"}) == refused
    edit = {"action": "update", "object": "Opportunity", "id": made["id"], "values": {"StageName": "Closed Won"}}
    assert call.control("edit", edit)["error"]["code"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert call("PATCH", path, {"StageName": "Closed Won", "Amount": 5})[0] == 204
    assert call("POST", "/sobjects/Opportunity", {**deal, "StageName": "Closed Won"}) == refused


def test_a_validation_rule_is_for_its_own_object(call):
    call.control("settings", {"validation_rules": [{"object": "Contact", "when": "Phone = null", "message": "no"}]})
    assert call("POST", "/sobjects/Contact", {"LastName": "Doe"}) == (400, error("FIELD_CUSTOM_VALIDATION_EXCEPTION", "no", []))
    assert call("POST", "/sobjects/Account", {"Name": "a"})[0] == 201


def test_a_setting_that_is_none_is_refused(call):
    assert "there are" in call.control("settings", {"nonsense": 1})["error"]["message"]
    assert call.control("settings", {})["bulk_polls"] == 0


# -- tokens ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys():
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, public.decode()


@pytest.fixture
def jwt_org(org, call, keys):
    call.control("settings", {"jwt_key": keys[1]})
    yield org
    org.jwt_key = None


def token(sandbox, **form):
    answer = requests.post(f"{sandbox.salesforce_url}/services/oauth2/token", data=form)
    return answer.status_code, answer.json()


CLAIMS = {"iss": "centri-sandbox", "sub": "integration@centri.example", "aud": "https://login.salesforce.com", "exp": T + 180}
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({}, None),
        ({"iss": "x"}, ("invalid_client_id", "client identifier invalid")),
        ({"sub": "x"}, ("invalid_grant", "user hasn't approved this consumer")),
        ({"aud": "https://x.example"}, ("invalid_grant", "audience is invalid")),
        ({"exp": T}, ("invalid_grant", "assertion is not valid: expired")),
    ],
)
def test_a_signed_assertion_lets_in(sandbox, jwt_org, keys, claims, said):
    status, answer = token(sandbox, grant_type=GRANT, assertion=jwt.encode(CLAIMS | claims, keys[0], "RS256"))
    if said is None:
        assert (status, "refresh_token" in answer) == (200, False)
        assert jwt_org.sessions.find(answer["access_token"])
    else:
        assert (status, answer) == (400, {"error": said[0], "error_description": said[1]})


def test_an_assertion_signed_by_another_is_refused(sandbox, jwt_org):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    status, answer = token(sandbox, grant_type=GRANT, assertion=jwt.encode(CLAIMS, other, "RS256"))
    assert (status, answer["error_description"]) == (400, "invalid assertion")


def test_simple_salesforce_logs_in_by_jwt(sandbox, jwt_org, keys):
    jwt_org.clock.shift(0)
    session = requests.Session()
    session.mount("https://", Loopback(sandbox.salesforce_url))
    person = {"username": "integration@centri.example", "consumer_key": "centri-sandbox", "session": session}
    assert Salesforce(privatekey=keys[0], **person).query("SELECT Id FROM User")["totalSize"] == 1


def test_a_rotating_refresh_token_is_used_once_and_ends_the_old_session(sandbox, call, org):
    call.control("settings", {"rotates_refresh_tokens": True})
    form = {"grant_type": "refresh_token", "client_id": "centri-sandbox", "client_secret": "sandbox-secret"}
    _, first = token(sandbox, refresh_token="sandbox-refresh-token", **form)
    assert call("GET", "/limits")[0] == 401
    assert org.sessions.find(first["access_token"])
    assert token(sandbox, refresh_token="sandbox-refresh-token", **form)[0] == 400
    status, second = token(sandbox, refresh_token=first["refresh_token"], **form)
    assert (status, second["refresh_token"] != first["refresh_token"]) == (200, True)
    org.reset()
    assert token(sandbox, refresh_token="sandbox-refresh-token", **form)[0] == 200


def test_client_credentials_are_for_the_orgs_own_address(sandbox, org):
    form = {"grant_type": "client_credentials", "client_id": "centri-sandbox", "client_secret": "sandbox-secret"}
    url = f"{sandbox.salesforce_url}/services/oauth2/token"
    answer = requests.post(url, data=form, headers={"Host": "login.salesforce.com"})
    assert answer.json() == {"error": "invalid_grant", "error_description": "request not supported on this domain"}


# -- unchanged since ---------------------------------------------------------------------------------------------------

NOW, BEFORE = "Thu, 01 Jan 2026 00:00:00 GMT", "Wed, 31 Dec 2025 23:59:59 GMT"


def test_what_has_not_changed_is_not_sent_again(call, org):
    row = org.create("Account", {"Name": "a"})
    for path in (f"/sobjects/Account/{row.id}", "/sobjects/Account/describe", "/sobjects", "/sobjects/Account"):
        call("GET", path)
        assert call("GET", path, **{"If-Modified-Since": NOW}) == (304, None), path
    assert call("GET", f"/sobjects/Account/{row.id}", **{"If-Modified-Since": BEFORE})[0] == 200


def test_a_changed_schema_is_told_at_once(call, org):
    call("GET", "/sobjects/Account/describe")
    org.clock.set(T + 60, frozen=True)
    length = org.table("Account").schema.fields["Sic"].length
    try:
        org.table("Account").schema.fields["Sic"].length = 5
        assert call("GET", "/sobjects/Account/describe", **{"If-Modified-Since": NOW})[0] == 200
        assert call("GET", "/sobjects/Contact/describe", **{"If-Modified-Since": NOW})[0] == 304
        assert call("GET", "/sobjects", **{"If-Modified-Since": NOW})[0] == 200
        last = call.answer.headers["Last-Modified"]
        assert call("GET", "/sobjects", **{"If-Modified-Since": last})[0] == 304
    finally:
        org.table("Account").schema.fields["Sic"].length = length


def test_a_post_can_stand_for_another_method(call, org):
    row = org.create("Account", {"Name": "a"})
    assert call("POST", f"/sobjects/Account/{row.id}?_HttpMethod=PATCH", {"Name": "b"}) == (204, None)
    assert org.get("Account", row.id).get("Name") == "b"
