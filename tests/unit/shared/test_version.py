"""The version is written in one place, and every other that tells it agrees."""

import datetime as dt
import json
import re
import tomllib
from pathlib import Path

import pytest

from local.openapi import document
from shared.version import VERSION

ROOT = Path(__file__).resolve().parents[3]
HEADING = re.compile(r"^## (\S+) - (\S+)$", re.MULTILINE)


def releases() -> list[tuple[str, str]]:
    """Versions and dates of CHANGELOG.md, newest first."""
    return HEADING.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_the_package_takes_its_version_from_the_module():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert project["project"]["dynamic"] == ["version"]
    named = ROOT / project["tool"]["hatch"]["version"]["path"]
    # As hatchling reads it, without running the module.
    (found,) = re.findall(r'^VERSION = "(.+)"$', named.read_text(encoding="utf-8"), re.MULTILINE)
    assert found == VERSION


def test_the_newest_release_of_the_changelog_is_this_version():
    assert releases()[0][0] == VERSION


def test_releases_go_down_and_their_dates_too():
    found = releases()
    versions = [numbers(version) for version, _ in found]
    dates = [dt.date.fromisoformat(date) for _, date in found]
    assert versions == sorted(set(versions), reverse=True)
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("service", ["intent", "recommendation", "translation"])
def test_every_service_documents_that_its_models_come_with_it(service):
    schema = json.loads(document(service))["components"]["schemas"]["ModelsResponse"]
    assert "version" in schema["required"]
