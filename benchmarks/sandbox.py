"""How a sandbox of a million accounts performs: time to start, memory, and the time of one page of changed rows.

    python benchmarks/sandbox.py [--crm salesforce|sugarcrm] [--rows 1000000]

Writes a CSV with made-up accounts, starts ``centri sandbox serve --data`` on it in a process of its own, and asks over
loopback. Times are in milliseconds, the smallest and the median of twenty; memory is the process's peak, in MiB.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import requests
from measuring import free_port, wait_for

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
SECONDS_BETWEEN_ROWS = 30
PAGE = 2000
TIMES = 20
CITIES = ("Berlin", "Lyon", "Leeds", "Turin", "Ghent", "Basel", "Graz", "Porto")
INDUSTRIES = ("Banking", "Energy", "Retail", "Technology", "Manufacturing")


def rows(count: int) -> Iterator[tuple[str, ...]]:
    random = Random(1)
    for number in range(count):
        stamp = (FIRST + timedelta(seconds=number * SECONDS_BETWEEN_ROWS)).strftime("%Y-%m-%dT%H:%M:%SZ")
        city = CITIES[number % len(CITIES)]
        phone = f"+49 {random.randrange(10**9):09d}"
        yield f"Account {number}", phone, f"https://a{number}.example", city, "DE", random.choice(INDUSTRIES), stamp


def write(folder: Path, crm: str, count: int) -> None:
    columns = {
        "salesforce": ("Account.csv", "Name,Phone,Website,BillingCity,BillingCountry,Industry,SystemModstamp"),
        "sugarcrm": (
            "Accounts.csv",
            "name,phone_office,website,billing_address_city,billing_address_country,industry,date_modified",
        ),
    }
    name, header = columns[crm]
    (folder / crm).mkdir()
    with (folder / crm / name).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows(count))


def peak(process: subprocess.Popen[bytes]) -> int:
    """MiB, from the kernel's own account."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def salesforce(url: str, since: str) -> tuple[Callable[[], Any], Callable[[Any], int]]:
    form = {"grant_type": "client_credentials", "client_id": "centri-sandbox", "client_secret": "sandbox-secret"}
    session = requests.Session()
    token = session.post(f"{url}/services/oauth2/token", data=form, timeout=30).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    fields = "Id,Name,Phone,Website,BillingCity,BillingCountry,Industry,SystemModstamp"
    query = f"SELECT {fields} FROM Account WHERE SystemModstamp >= {since} ORDER BY SystemModstamp, Id"
    ask = f"{url}/services/data/v62.0/queryAll"
    return lambda: session.get(ask, params={"q": query}, timeout=600), lambda answer: len(answer.json()["records"])


def sugarcrm(url: str, since: str) -> tuple[Callable[[], Any], Callable[[Any], int]]:
    form = {"grant_type": "password", "client_id": "sugar", "client_secret": "", "platform": "base"}
    session = requests.Session()
    who = {"username": "integration", "password": "sandbox-password"}
    from centri.sandbox.sugarcrm_org import SugarCRM

    who = {"username": SugarCRM().credentials.username, "password": SugarCRM().credentials.password}
    session.headers["OAuth-Token"] = session.post(f"{url}/rest/v11_20/oauth2/token", json={**form, **who}, timeout=30).json()[
        "access_token"
    ]
    body = {
        "filter": [{"date_modified": {"$gte": since}}],
        "fields": "id,name,phone_office,website,billing_address_city,industry,date_modified",
        "order_by": "date_modified:asc,id:asc",
        "max_num": PAGE,
    }
    ask = f"{url}/rest/v11_20/Accounts/filter"
    return lambda: session.post(ask, json=body, timeout=600), lambda answer: len(answer.json()["records"])


def measure(crm: str, url: str, count: int) -> None:
    for label, left in (("the last 2,000 changes", PAGE), ("half of all rows", count // 2)):
        since = (FIRST + timedelta(seconds=(count - left) * SECONDS_BETWEEN_ROWS)).strftime("%Y-%m-%dT%H:%M:%SZ")
        ask, size = (salesforce if crm == "salesforce" else sugarcrm)(url, since)
        spent = []
        for _ in range(TIMES):
            begin = time.perf_counter()
            answer = ask()
            spent.append((time.perf_counter() - begin) * 1000)
        print(f"a page since {label}: {size(answer)} rows, {min(spent):.0f} ms at best, {statistics.median(spent):.0f} ms median")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crm", choices=("salesforce", "sugarcrm"), default="salesforce")
    parser.add_argument("--rows", type=int, default=1_000_000)
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), wishes.crm, wishes.rows)
        ports = {"salesforce": free_port(), "sugarcrm": free_port()}
        command = [sys.executable, "-m", "centri", "sandbox", "serve", "--data", folder]
        begin = time.perf_counter()
        options = [f"--{crm}-port={port}" for crm, port in ports.items()]
        with subprocess.Popen([*command, *options], stderr=subprocess.DEVNULL) as process:
            try:
                url = f"http://127.0.0.1:{ports[wishes.crm]}"
                wait_for(process, url)
                print(f"{wishes.rows:,} accounts: answers after {time.perf_counter() - begin:.1f} s")
                measure(wishes.crm, url, wishes.rows)
                print(f"peak memory: {peak(process)} MiB")
            finally:
                process.terminate()


if __name__ == "__main__":
    main()
