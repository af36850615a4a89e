"""Children within a query's rows, page by page."""

from __future__ import annotations


def test_children_come_in_pages_of_their_own(call, org):
    parents = [org.create("Account", {"Name": name}).id for name in ("large", "small", "none")]
    large = [org.create("Contact", {"LastName": f"n{at:03}", "AccountId": parents[0]}).id for at in range(450)]
    small = [org.create("Contact", {"LastName": "s", "AccountId": parents[1]}).id for _ in range(200)]
    path = "/query?q=SELECT+Id,(SELECT+Id+FROM+Contacts+ORDER+BY+LastName)+FROM+Account+ORDER+BY+Id"
    status, answer = call("GET", path, **{"Sforce-Query-Options": "batchSize=200"})
    first, second, third = (row["Contacts"] for row in answer["records"])
    assert (status, third, answer["done"]) == (200, None, True)
    assert (second["done"], {row["Id"] for row in second["records"]}) == (True, set(small))
    assert (first["totalSize"], first["done"]) == (450, False)
    found, page = list(first["records"]), first
    while not page["done"]:
        status, page = call("GET", page["nextRecordsUrl"])
        assert (status, page["totalSize"]) == (200, 450)
        found += page["records"]
    assert [row["Id"] for row in found] == large
    assert found[449]["attributes"]["url"] == f"/services/data/v62.0/sobjects/Contact/{large[449]}"
    assert call("GET", path)[1]["records"][0]["Contacts"]["done"] is True
