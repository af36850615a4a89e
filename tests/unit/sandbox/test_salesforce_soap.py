"""What only Salesforce's SOAP API can do, and its faults."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from salesforce_caller import T

P = "{urn:partner.soap.sforce.com}"
S = "{urn:sobject.partner.soap.sforce.com}"
ENVELOPE = (
    '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:u="urn:partner.soap.sforce.com"><e:Header><u:SessionHeader><u:sessionId>{0}</u:sessionId></u:SessionHeader>'
    "</e:Header><e:Body>{1}</e:Body></e:Envelope>"
)


@pytest.fixture
def soap(call):
    def ask(body, token=None, status=200):
        text = ENVELOPE.format(token or call.token, body)
        answer = call.raw("POST", "/services/Soap/u/62.0/00D5g0000000001", text, SOAPAction='""', **{"Content-Type": "text/xml"})
        assert answer.status_code == status, answer.text
        body = ET.fromstring(answer.content)[0][0]
        return body if status != 200 else [one for one in body if one.tag == f"{P}result"]

    return ask


def test_a_lead_is_converted_as_the_caller_wishes(soap, org):
    lead = org.create("Lead", {"LastName": "Doe", "Company": "Acme", "Email": "doe@acme.example"})
    account = org.create("Account", {"Name": "Acme"})
    wishes = f"<u:leadId>{lead.id}</u:leadId><u:convertedStatus>Closed - Converted</u:convertedStatus>"
    wishes += f"<u:accountId>{account.id}</u:accountId><u:doNotCreateOpportunity>true</u:doNotCreateOpportunity>"
    body = f"<u:convertLead><u:leadConverts>{wishes}</u:leadConverts></u:convertLead>"
    (result,) = soap(body)
    contact = org.rows("Contact")[0]
    assert (result.findtext(f"{P}success"), result.findtext(f"{P}accountId")) == ("true", account.id)
    assert (result.findtext(f"{P}contactId"), result.findtext(f"{P}opportunityId")) == (contact.id, "")
    converted = org.get("Lead", lead.id)
    assert (converted.get("IsConverted"), converted.get("ConvertedDate"), converted.deleted) == (True, "2026-01-01", False)
    (again,) = soap(body)
    assert again.findtext(f"{P}success") == "false"
    assert again.find(f"{P}errors").findtext(f"{P}statusCode") == "CANNOT_UPDATE_CONVERTED_LEAD"
    assert org.count("Opportunity") == 0


def test_a_lead_is_converted_only_to_a_converted_status(soap, org):
    lead = org.create("Lead", {"LastName": "Doe", "Company": "Acme"})
    wishes = f"<u:leadId>{lead.id}</u:leadId><u:convertedStatus>Open - Not Contacted</u:convertedStatus>"
    (result,) = soap(f"<u:convertLead><u:leadConverts>{wishes}</u:leadConverts></u:convertLead>")
    assert result.find(f"{P}errors").findtext(f"{P}statusCode") == "INVALID_STATUS"
    assert not org.get("Lead", lead.id).get("IsConverted")


def test_the_loser_of_a_merge_points_to_the_winner_and_leaves_it_the_children(soap, call, org):
    winner, loser = (org.create("Account", {"Name": name}).id for name in ("win", "lose"))
    contact = org.create("Contact", {"LastName": "Doe", "AccountId": loser}).id
    master = f"<u:masterRecord><u:type>Account</u:type><u:Id>{winner}</u:Id><u:Phone>1</u:Phone></u:masterRecord>"
    (result,) = soap(f"<u:merge><u:request>{master}<u:recordToMergeIds>{loser}</u:recordToMergeIds></u:request></u:merge>")
    assert (result.findtext(f"{P}success"), result.findtext(f"{P}mergedRecordIds")) == ("true", loser)
    assert org.get("Account", winner).get("Phone") == "1"
    assert org.get("Contact", contact).get("AccountId") == winner
    _, found = call("GET", "/queryAll?q=SELECT+Id,MasterRecordId+FROM+Account+WHERE+IsDeleted=TRUE+AND+MasterRecordId!=null")
    assert [(row["Id"], row["MasterRecordId"]) for row in found["records"]] == [(loser, winner)]


def test_rows_are_made_changed_deleted_brought_back_and_purged(soap, org):
    made = soap(
        "<u:create><u:sObjects><u:type>Account</u:type><u:Name>A</u:Name><u:Phone>1</u:Phone></u:sObjects>"
        "<u:sObjects><u:type>Account</u:type></u:sObjects></u:create>"
    )
    assert [one.findtext(f"{P}success") for one in made] == ["true", "false"]
    assert made[1].find(f"{P}errors").findtext(f"{P}fields") == "Name"
    id = made[0].findtext(f"{P}id")
    soap(
        f"<u:update><u:sObjects><u:type>Account</u:type><u:fieldsToNull>Phone</u:fieldsToNull><u:Id>{id}</u:Id>"
        "<u:Name>B</u:Name></u:sObjects></u:update>"
    )
    assert (org.get("Account", id).get("Name"), org.get("Account", id).get("Phone")) == ("B", None)
    soap(f"<u:delete><u:ids>{id}</u:ids></u:delete>")
    assert org.get("Account", id).deleted
    soap(f"<u:undelete><u:ids>{id}</u:ids></u:undelete>")
    assert not org.get("Account", id).deleted
    (kept,) = soap(f"<u:emptyRecycleBin><u:ids>{id}</u:ids></u:emptyRecycleBin>")
    assert kept.findtext(f"{P}success") == "false"
    soap(f"<u:delete><u:ids>{id}</u:ids></u:delete>")
    soap(f"<u:emptyRecycleBin><u:ids>{id}</u:ids></u:emptyRecycleBin>")
    assert org.get("Account", id) is None


def test_a_query_is_paged_by_a_locator(soap, org):
    for number in range(2100):
        org.load("Lead", {"LastName": str(number), "Company": "x"}, modified=T)
    (first,) = soap("<u:query><u:queryString>SELECT LastName, CreatedDate FROM Lead ORDER BY Id</u:queryString></u:query>")
    assert (first.findtext(f"{P}done"), first.findtext(f"{P}size"), len(first.findall(f"{P}records"))) == ("false", "2100", 2000)
    locator = first.findtext(f"{P}queryLocator")
    (second,) = soap(f"<u:queryMore><u:queryLocator>{locator}</u:queryLocator></u:queryMore>")
    last = second.findall(f"{P}records")[-1]
    assert (second.findtext(f"{P}done"), last.findtext(f"{S}type"), last.findtext(f"{S}LastName")) == ("true", "Lead", "2099")
    assert last.findtext(f"{S}CreatedDate") == "2026-01-01T00:00:00.000Z"


def test_who_is_asked_and_a_strange_session_is_refused(soap, org):
    (person,) = soap("<u:getUserInfo/>")
    assert (person.findtext(f"{P}userId"), person.findtext(f"{P}organizationId")) == (org.integration_user, org.id)
    fault = soap("<u:getUserInfo/>", token="nonsense", status=500)
    assert fault.findtext("faultcode") == "sf:INVALID_SESSION_ID"
    assert soap("<u:dance/>", status=500).findtext("faultcode") == "sf:UNKNOWN_EXCEPTION"
