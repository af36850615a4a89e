"""https with certificates of the sandbox's own authority, and the CONNECT proxy for clients that insist on public names."""

from __future__ import annotations

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import requests
from simple_salesforce import Salesforce

from centri.sandbox.server import Sandbox

LOGIN = {"grant_type": "client_credentials", "client_id": "centri-sandbox", "client_secret": "sandbox-secret"}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(proxy=True) as running:
        yield running


@pytest.fixture
def web(sandbox):
    """A client that trusts the authority and goes through the proxy."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(sandbox.ca_file)
        session.proxies = {"https": sandbox.proxy_url}
        sandbox.salesforce.reset()
        yield session


def test_both_crms_answer_over_https_on_ports_of_their_own(sandbox):
    for url, name in ((sandbox.salesforce_https_url, "salesforce"), (sandbox.sugarcrm_https_url, "sugarcrm")):
        assert requests.get(f"{url}/__sandbox__/state", verify=str(sandbox.ca_file)).json()["name"] == name


def test_nobody_else_vouches_for_the_sandbox(sandbox):
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(sandbox.salesforce_https_url)


@pytest.mark.parametrize(
    "host", ["login.salesforce.com", "acme.my.salesforce.com", "acme--dev.sandbox.my.salesforce.com", "acme.sugarondemand.com"]
)
def test_public_names_lead_to_the_sandbox_through_the_proxy(sandbox, web, host):
    name = "sugarcrm" if "sugar" in host else "salesforce"
    assert web.get(f"https://{host}/__sandbox__/state").json()["name"] == name


def test_other_names_lead_nowhere(web):
    for host in ("www.example.com", "evilsalesforce.com"):
        with pytest.raises(requests.exceptions.ProxyError, match="403"):
            web.get(f"https://{host}/")


def test_a_plain_request_to_the_proxy_is_refused(sandbox):
    assert requests.get(sandbox.proxy_url + "/", proxies={"http": ""}).status_code == 403


def test_a_login_over_a_shared_host_names_the_orgs_own(sandbox, web):
    mine = sandbox.salesforce.credentials
    form = {**LOGIN, "grant_type": "password", "username": mine.username, "password": mine.password}
    granted = web.post("https://login.salesforce.com/services/oauth2/token", data=form).json()
    assert granted["instance_url"] == "https://acme.my.salesforce.com"
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    assert web.get(granted["instance_url"] + "/services/data/v62.0/limits", headers=headers).status_code == 200
    assert granted["id"].startswith("https://acme.my.salesforce.com/id/")


def test_a_login_names_the_instance_where_it_happened_or_the_one_that_was_set(sandbox):
    url = sandbox.salesforce_https_url
    assert requests.post(f"{url}/services/oauth2/token", data=LOGIN, verify=str(sandbox.ca_file)).json()["instance_url"] == url
    url = sandbox.salesforce_url
    assert requests.post(f"{url}/services/oauth2/token", data=LOGIN).json()["instance_url"] == url
    with Sandbox(instance_url="https://acme.example") as other:
        granted = requests.post(f"{other.salesforce_url}/services/oauth2/token", data=LOGIN).json()
    assert granted["instance_url"] == "https://acme.example"


def test_many_tunnels_at_once_carry_their_own_bytes(sandbox, web):
    org = sandbox.salesforce
    names = [f"n{number}" * 3000 for number in range(8)]
    bodies = [[{"action": "create", "object": "Account", "values": {"Name": name[:200], "Description": name}}] for name in names]

    def post(body):
        url = "https://acme.my.salesforce.com/__sandbox__/edit"
        return requests.post(url, json=body, proxies=web.proxies, verify=web.verify).json()[0]["row"]["Description"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(post, bodies)) == names
    assert org.count("Account") == 8


def test_a_reset_goes_through_the_proxy(sandbox, web):
    sandbox.salesforce.faults.arm(path="limits", kind="reset")
    came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    host = "login.salesforce.com"
    tls = ssl.create_default_context(cafile=str(sandbox.ca_file)).wrap_bio(came, goes, server_hostname=host)
    with socket.create_connection(("127.0.0.1", int(sandbox.proxy_url.rpartition(":")[2]))) as raw:
        raw.sendall(f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
        assert raw.recv(1000).startswith(b"HTTP/1.1 200")
        finish(tls.do_handshake, raw, came, goes)
        finish(lambda: tls.write(b"GET /limits HTTP/1.1\r\nHost: x\r\n\r\n"), raw, came, goes)
        with pytest.raises(ConnectionResetError):  # Python's own TLS sockets take a reset for an end
            finish(lambda: tls.read(1), raw, came, goes)


def finish(step, raw, came, goes):
    """Carry bytes between a TLS connection in memory and a socket until a step is done."""
    while True:
        try:
            step()
        except ssl.SSLWantReadError:
            raw.sendall(goes.read())
            came.write(raw.recv(65536))
        else:
            raw.sendall(goes.read())
            return


def test_a_client_that_only_knows_login_salesforce_com(sandbox, web):
    mine = sandbox.salesforce.credentials
    crm = Salesforce(username=mine.username, password=mine.password, security_token="token", session=web, version="62.0")
    assert crm.sf_instance == "acme.my.salesforce.com"
    made = crm.Account.create({"Name": "Acme"})
    assert sandbox.salesforce.get("Account", made["id"]).get("Name") == "Acme"


def test_a_tunnel_that_is_open_does_not_keep_the_sandbox_from_closing():
    with Sandbox(proxy=True) as own:
        host, _, port = own.proxy_url.removeprefix("http://").partition(":")
        raw = socket.create_connection((host, int(port)))
        raw.sendall(b"CONNECT login.salesforce.com:443 HTTP/1.1\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 200")
        ca = own.ca_file
        context = ssl.create_default_context(cafile=str(ca))
        tunnel = context.wrap_socket(raw, server_hostname="login.salesforce.com")
    with suppress(OSError):  # reset, which is as good
        assert tunnel.recv(1) == b""
    assert not ca.exists()
    tunnel.close()


def test_the_environment_leads_clients_through_the_proxy(sandbox):
    given = sandbox.proxy_environment
    assert given["HTTPS_PROXY"] == given["https_proxy"] == sandbox.proxy_url
    assert given["REQUESTS_CA_BUNDLE"] == str(sandbox.ca_file)


def test_the_authoritys_certificate_can_be_kept_where_one_wants_it(tmp_path):
    with Sandbox(https=True, ca_file=tmp_path / "ca.pem") as own:
        assert requests.get(own.salesforce_https_url + "/__sandbox__/clock", verify=str(tmp_path / "ca.pem")).status_code == 200
    assert "BEGIN CERTIFICATE" in (tmp_path / "ca.pem").read_text()
