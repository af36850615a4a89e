"""Two small CRMs that are folders of CSV files, and the mapping of both: enough for whole commands, with nothing to start."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from centri.connectors.memory import MemoryCrm
from centri.descriptions import FieldType
from centri.engine.project import open_project
from centri.engine.sync import sync
from centri.settings import Settings

MAPPING = """\
connections:
  north: {{type: csvfile, folder: {folder}/north}}
  south: {{type: csvfile, folder: {folder}/south}}
entities:
  account:
    north: {{object: Account, fields: {{name: Name, website: Website, city: City}}}}
    south: {{object: Account, fields: {{name: Name}}}}
  lead:
    north:
      object: Lead
      fields:
        first_name: FirstName
        last_name: LastName
        company: Company
        email: {{crm: Email, transform: email, policy: newest}}
"""

STAMP = "2026-03-02T09:00:0{}Z"


@dataclass(frozen=True)
class Business:
    """Where everything lies, and the settings that point there."""

    folder: Path

    @property
    def settings(self) -> Settings:
        return Settings(home=self.folder / "home", mappings=self.mapping)

    @property
    def mapping(self) -> Path:
        return self.folder / "mappings.yaml"

    @property
    def environment(self) -> dict[str, str]:
        return {"CENTRI_HOME": str(self.settings.home), "CENTRI_MAPPINGS": str(self.mapping), "CENTRI_DATABASE_URL": ""}

    def write(self, connection: str, object: str, text: str) -> None:
        path = self.folder / connection / f"{object}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def business(folder: Path) -> Business:
    made = Business(folder)
    made.mapping.write_text(MAPPING.format(folder=folder))
    made.write("north", "Account", f"id,modified_at,deleted,Name,Website,City\nA1,{STAMP.format(1)},,Acme,acme.example,Bonn\n")
    leads = [f"L{n},{STAMP.format(n)},,Kim,Person{n},Acme,kim{n}@acme.example" for n in (1, 2)]
    made.write("north", "Lead", "\n".join(["id,modified_at,deleted,FirstName,LastName,Company,Email", *leads, ""]))
    made.write("south", "Account", f"id,modified_at,deleted,Name\nB1,{STAMP.format(1)},,Borealis\n")
    return made


def synced(shop: Business, *connections: str) -> None:
    """A round of each connection, or of those named, without Dagster, which takes many times as long."""
    project = open_project(shop.settings)
    try:
        for name in connections or project.mapping.connections:
            sync(project, name)
    finally:
        project.close()


def in_memory(**options: Any) -> MemoryCrm:
    """A CRM that holds what the mapping's `north` does, in memory and empty."""
    made = MemoryCrm(**options)
    made.define("Account", dict.fromkeys(("Name", "Website", "City"), FieldType.TEXT))
    made.define("Lead", dict.fromkeys(("FirstName", "LastName", "Company", "Email"), FieldType.TEXT))
    return made


@pytest.fixture(scope="session")
def fresh_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder whose store and Dagster instance are made and empty; making them takes longer than most tests."""
    from centri.pipelines.instance import instance_of
    from centri.store.database import migrate

    settings = Settings(home=tmp_path_factory.mktemp("template") / "home")
    migrate(settings.database)
    with instance_of(settings) as instance:
        instance.get_runs()
    return settings.home


@pytest.fixture
def shop(tmp_path: Path) -> Business:
    """The business, nothing synced and no working folder yet."""
    return business(tmp_path)


@pytest.fixture
def open_shop(shop: Business, fresh_home: Path) -> Business:
    """The business with its working folder."""
    shutil.copytree(fresh_home, shop.settings.home)
    return shop
