"""The environment that is in use: its folder, its store, and the variables that say so to another process."""

from dataclasses import replace
from pathlib import Path

import pytest

from centri.errors import ConfigError
from centri.pipelines.webserver import environment
from centri.settings import Settings, from_environment

PRODUCTION, SANDBOX = "postgresql://prm@db/production", "postgresql://prm@db/sandbox"
STORES = [
    ({}, None, "sqlite:////w/prm.db", "/w/dagster"),
    ({"CENTRI_ENV": "sandbox"}, None, "sqlite:////w/env/sandbox/prm.db", "/w/env/sandbox/dagster"),
    ({}, "sandbox", "sqlite:////w/env/sandbox/prm.db", "/w/env/sandbox/dagster"),
    ({"CENTRI_ENV": "sandbox"}, "production", "sqlite:////w/prm.db", "/w/dagster"),
    ({"CENTRI_DATABASE_URL": PRODUCTION}, None, PRODUCTION, "/w/dagster"),
    ({"CENTRI_DATABASE_URL_SANDBOX": SANDBOX}, None, "sqlite:////w/prm.db", "/w/dagster"),
    (
        {"CENTRI_DATABASE_URL": PRODUCTION, "CENTRI_DATABASE_URL_SANDBOX": SANDBOX, "CENTRI_ENV": "sandbox"},
        None, SANDBOX, "/w/env/sandbox/dagster",
    ),
]  # fmt: skip
REFUSED = [
    ({"CENTRI_DATABASE_URL": PRODUCTION}, "CENTRI_DATABASE_URL_SANDBOX is not set"),
    ({"CENTRI_DATABASE_URL": PRODUCTION, "CENTRI_DATABASE_URL_SANDBOX": PRODUCTION}, "CENTRI_DATABASE_URL_SANDBOX is the same"),
]


def settings(given: dict[str, str], named: str | None = None) -> Settings:
    return from_environment({"CENTRI_HOME": "/w", **given}, named=named)


@pytest.mark.parametrize(("given", "named", "database", "dagster_home"), STORES)
def test_each_environment_has_a_store_of_its_own(given, named, database, dagster_home):
    found = settings(given, named)
    assert (found.database, found.dagster_home) == (database, Path(dagster_home))


@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_the_store_of_production_is_refused_elsewhere(given, message):
    with pytest.raises(ConfigError, match=message):
        settings(given, "sandbox")


@pytest.mark.parametrize("name", ["../up", "Sand box", "a/b", "1st"])
def test_a_name_that_is_no_folder_is_refused(name):
    with pytest.raises(ConfigError, match="cannot be called"):
        settings({}, name)


@pytest.mark.parametrize(("given", "named", "database", "dagster_home"), STORES)
def test_another_process_works_in_the_same_environment(given, named, database, dagster_home):
    mine = settings(given, named)
    theirs = from_environment(environment(mine))
    assert replace(theirs, environment={}, mappings=mine.mappings) == replace(mine, environment={})


def test_a_secret_may_be_a_file_and_a_variable_goes_before_it(tmp_path):
    (tmp_path / "CENTRI_DATABASE_URL").write_text(PRODUCTION + "\n")
    (tmp_path / "SUGARCRM_PASSWORD").write_text("from the file\n")
    (tmp_path / "..data").mkdir()
    found = settings({"CENTRI_SECRETS": str(tmp_path), "SUGARCRM_PASSWORD": "from the variable"})
    assert found.database == PRODUCTION
    assert found.environment["SUGARCRM_PASSWORD"] == "from the variable"


def test_a_folder_of_secrets_that_is_not_there_is_told():
    with pytest.raises(ConfigError, match="CENTRI_SECRETS is '/nowhere'"):
        settings({"CENTRI_SECRETS": "/nowhere"})
