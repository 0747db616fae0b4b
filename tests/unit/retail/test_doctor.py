"""What doctor says where something is missing, broken or slow."""

import json
import shutil
import socket
import threading

import pytest
from typer.testing import CliRunner

from retail import checks
from retail.app import build_app
from retail.doctor import examine
from retail.findings import Finding
from shared.settings import get_settings

STATES = {"ok", "warning", "failure"}


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine with no programs, no credentials and no network."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    monkeypatch.setattr(checks, "TRAINING_PYTHON", tmp_path / "python")
    monkeypatch.setattr(checks, "IMPORTED_MODELS", tmp_path / "none")
    return tmp_path


def told(*arguments):
    answer = CliRunner().invoke(build_app(), ["doctor", "--json", *arguments])
    found = json.loads(answer.stdout)
    return answer.exit_code, found["ok"], {one["name"]: one for one in found["checks"]}


def test_a_machine_with_no_programs_can_serve(bare, monkeypatch):
    code, ok, found = told("--port", "0")
    assert (code, ok) == (0, True)
    for name in ("Docker", "SAM CLI", "AWS identity", "Chromium"):
        assert found[name]["state"] == "warning", found[name]
        assert found[name]["advice"]
    assert all(one["advice"] for one in found.values() if one["state"] != "ok")
    assert "every file has its hash" in found["Models: intent"]["detail"]
    assert "intent-" in found["Models: intent"]["detail"]


def test_every_finding_is_shown_with_what_to_do(bare):
    answer = CliRunner().invoke(build_app(), ["doctor", "--port", "0"], env={"COLUMNS": "160"})
    assert answer.exit_code == 0
    assert "make build sets it up in .venv-sam" in answer.stdout
    assert "apt-get install chromium" in answer.stdout
    assert "0 failure" in answer.stdout


def test_a_missing_model_is_a_failure_that_ends_with_1(bare, monkeypatch):
    monkeypatch.setenv("MODELS_DIR", str(bare))
    get_settings.cache_clear()
    code, ok, found = told("--port", "0")
    assert (code, ok) == (1, False)
    assert found["Models: intent"]["state"] == "failure"
    assert "git checkout -- layers/models" in found["Models: intent"]["advice"]


def test_an_altered_model_is_a_failure(tmp_path, monkeypatch):
    source = get_settings().model_dir("recommendation")
    folder = shutil.copytree(source, tmp_path / "recommendation")
    monkeypatch.setenv("RECOMMENDATION_MODEL_DIR", str(folder))
    get_settings.cache_clear()
    assert checks.models("recommendation").state == "ok"
    with (folder / "catalogue.json").open("ab") as file:
        file.write(b" ")
    finding = checks.models("recommendation")
    assert finding.state == "failure"
    assert "catalogue.json" in finding.detail


def test_models_in_s3_are_left_alone(monkeypatch):
    monkeypatch.setenv("INTENT_MODEL_DIR", "s3://bucket/models/intent")
    get_settings.cache_clear()
    assert checks.models("intent").state == "warning"


def test_a_port_in_use_is_told_with_another_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        finding = checks.port(number)
    assert finding.state == "warning"
    assert "another program" in finding.detail
    assert f"--port {number + 1}" in finding.advice
    assert checks.port(0).state == "ok"


def test_a_python_that_is_too_old_is_a_failure(monkeypatch):
    monkeypatch.setattr(checks.sys, "version_info", (3, 10, 4))
    assert checks.python().state == "failure"


def test_a_missing_package_is_a_failure_that_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(checks, "RUNTIME", ("no_such_package",))
    finding = checks.packages()
    assert finding.state == "failure"
    assert "no_such_package" in finding.detail
    assert "pip install" in finding.advice


@pytest.mark.parametrize(("free", "state"), [(5e9, "ok"), (1e9, "warning"), (1e8, "failure")])
def test_little_disk_is_told(monkeypatch, free, state):
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: usage._replace(free=int(free)))
    assert checks.disk().state == state


def test_stores_that_cannot_be_written_are_a_failure(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RESULTS_DB", str(tmp_path / "file" / "results.db"))
    get_settings.cache_clear()
    assert checks.stores().state == "failure"


def test_credentials_that_aws_does_not_answer_for_are_a_warning(monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    finding = checks.aws()
    assert finding.state == "warning"
    assert "not known" in finding.detail


def test_a_program_that_fails_says_nothing(monkeypatch, tmp_path):
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = checks.docker()
    assert finding.state == "warning"
    assert "no engine answers" in finding.detail


def test_a_check_that_hangs_does_not_hold_the_others_up():
    never = threading.Event()

    def hangs():
        never.wait()
        raise AssertionError("it was told to go on")

    def breaks():
        raise RuntimeError("of its own")

    fine = Finding("fine", "ok", "well")
    found = examine(
        [("fine", lambda: fine), ("hangs", hangs), ("breaks", breaks)], time_limit_s=2.0
    )
    assert [one.name for one in found] == ["fine", "hangs", "breaks"]
    assert [one.state for one in found] == ["ok", "warning", "failure"]
    assert "no answer within 2 s" in found[1].detail
    assert "of its own" in found[2].detail
