"""The locks against pyproject.toml: make lock writes them."""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = ROOT / "layers" / "runtime" / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
LOCKS = [RUNTIME, DEVELOPMENT]
PYTHONS = ("3.11", "3.12", "3.13")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


class Pin(NamedTuple):
    requirement: Requirement
    hashes: int


def pins(lock):
    """What a lock names, with the number of files that it knows of each."""
    text = re.sub(r"^\s*#.*$", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    entries = text.replace("\\\n", " ").split("\n")
    return [
        Pin(Requirement(HASH.sub("", entry).strip()), len(HASH.findall(entry)))
        for entry in entries
        if entry.strip()
    ]


def pinned(lock, python):
    """The version of each package on a Linux machine with one version of Python."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    found = [
        pin.requirement
        for pin in pins(lock)
        if pin.requirement.marker is None or pin.requirement.marker.evaluate(environment)
    ]
    versions = {canonicalize_name(one.name): str(one.specifier)[2:] for one in found}
    assert len(versions) == len(found)  # no package twice
    return versions


def required(*extras):
    """What pyproject.toml asks for, with what its extras name of each other."""
    texts = list(PROJECT["dependencies"]) if not extras else []
    for extra in extras:
        texts += PROJECT["optional-dependencies"][extra]
    found = []
    for one in map(Requirement, texts):
        found += required(*one.extras) if one.name == PROJECT["name"] else [one]
    return found


def excluded():
    lines = (ROOT / "layers" / "runtime" / "excludes.txt").read_text(encoding="utf-8").splitlines()
    return {canonicalize_name(name) for line in lines if (name := line.partition("#")[0].strip())}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_one_version_whose_files_are_known(lock):
    found = pins(lock)
    assert len(found) >= 20
    for pin in found:
        assert re.fullmatch(r"==[\w.!+]+", str(pin.requirement.specifier)), pin
        assert pin.hashes >= 1, pin


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_where_packages_come_from_is_for_each_machine_to_say(lock):
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert "-index" not in text
    assert "--find-links" not in text


def check_satisfied(requirements, versions):
    for one in requirements:
        name = canonicalize_name(one.name)
        assert name in versions, f"{name} is in no lock: make lock"
        assert one.specifier.contains(versions[name], prereleases=True), f"{one}: make lock"


def test_the_layer_has_what_the_functions_need_and_nothing_that_is_left_out():
    versions = pinned(RUNTIME, "3.13")
    check_satisfied(required(), versions)
    assert excluded()
    assert not excluded() & versions.keys()


@pytest.mark.parametrize("python", PYTHONS)
def test_the_environment_has_what_pyproject_asks_for_on_every_python(python):
    check_satisfied([*required(), *required("dev")], pinned(DEVELOPMENT, python))


def test_tests_run_with_the_versions_that_are_deployed():
    served, tested = pinned(RUNTIME, "3.13"), pinned(DEVELOPMENT, "3.13")
    differing = {name for name in served.keys() & tested.keys() if served[name] != tested[name]}
    # aws-sam-translator, which is for tests alone, takes no newer pydantic.
    assert differing <= {"pydantic", "pydantic-core"}
