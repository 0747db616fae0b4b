"""The runtime layer's packages among known vulnerabilities."""

import subprocess

import pytest

from layers import audit

FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["2.0", "1.9.1"]}
GOOD = {"name": "good", "version": "1.0", "vulns": []}
BAD = {"name": "bad", "version": "1.9", "vulns": [FLAW]}
UNKNOWN = {"name": "own", "skip_reason": "Dependency not found on PyPI"}


def test_a_known_vulnerability_fails_the_check():
    status, lines = audit.verdict({"dependencies": [GOOD, BAD, UNKNOWN]})
    assert (status, lines) == (1, ["bad 1.9: PYSEC-2026-1, mended in 2.0, 1.9.1"])
    other = BAD | {"vulns": [FLAW | {"fix_versions": []}]}
    assert "no version yet" in audit.verdict({"dependencies": [other]})[1][0]


def test_without_one_it_says_what_was_looked_up():
    status, (line,) = audit.verdict({"dependencies": [GOOD, GOOD, UNKNOWN]})
    assert (status, line) == (
        0,
        "2 packages of the layer have no known vulnerability; 1 could not be looked up",
    )


@pytest.mark.parametrize("found", [None, {"dependencies": []}, {"dependencies": [UNKNOWN]}])
def test_where_nothing_can_be_looked_up_it_is_skipped_with_a_word(found):
    assert audit.verdict(found) == (
        0,
        ["audit skipped: no index of advisories is reachable from here"],
    )


@pytest.mark.parametrize("fails", ["nothing", "late"])
def test_an_index_that_does_not_answer_is_none(fails, monkeypatch):
    def run(command, **options):
        if fails == "late":
            raise subprocess.TimeoutExpired(command, options["timeout"])
        return subprocess.CompletedProcess(command, 1, stdout="", stderr="no route")

    monkeypatch.setattr(audit.subprocess, "run", run)
    assert audit.report(audit.LOCK) is None
