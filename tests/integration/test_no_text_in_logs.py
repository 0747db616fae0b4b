"""What customers send is in no log line, however it came and whatever became of it."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws import make_queue, make_table
from tests.aws_server import AwsServer

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("intent", "recommendation", "translation")
WORD = "quintessential4711"  # part of everything that is sent
WAYS = {"http", "http v1", "direct", "sqs", "bulk"}


def send_everything(
    service: str, folder: Path, level: str, places: int, **env: str
) -> tuple[str, dict]:
    """What a process logs that is sent the word in every place, and the report of it."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "tests.integration.every_path"]
    done = subprocess.run(
        [*command, service, WORD, str(report), level, str(places)],
        env=os.environ | {"AWS_LAMBDA_FUNCTION_NAME": service, "LOG_LEVEL": "DEBUG"} | env,
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace"), json.loads(
        report.read_text()
    )


def check(logged: str, report: dict) -> None:
    """Nothing was logged, and all was sent."""
    lines = logged.splitlines()
    assert [line for line in lines if WORD in line.lower()] == []
    told = {json.loads(line).get("message") for line in lines if line.startswith("{")}
    assert told >= {"invocation", "message failed", "unexpected error"}
    outcomes = defaultdict(lambda: defaultdict(set))
    for way, path, outcome in report["sent"]:
        outcomes[path][way].add(outcome)
    assert outcomes.keys() >= set(report["paths"])
    for path, verbs in report["paths"].items():
        if "post" in verbs:
            assert outcomes[path].keys() >= WAYS, path
            misfits = {"422"} if path.startswith("/v1/") else set()  # LibreTranslate's are 400
            assert outcomes[path]["http"] >= {"200", "202", "400", "405", "415", "500"} | misfits, (
                path
            )
            assert outcomes[path]["sqs"] == {"ok", "failed"}, path
            assert "RuntimeError" not in outcomes[path]["direct"], path


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_that_was_sent_is_logged(service, tmp_path):
    names = ("RESULTS_DB", "HISTORY_DB", "QUEUES_DB")
    files = {name: str(tmp_path / name) for name in names}
    check(*send_everything(service, tmp_path, "DEBUG", 6, **files))


@pytest.fixture
def in_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Settings of tables, a queue and a bucket behind AWS's own interfaces."""
    with AwsServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        make_table("results", "id")
        make_table("history", "user", "event")
        server.make_bucket("results")
        stores = {"RESULTS_TABLE": "results", "HISTORY_TABLE": "history"}
        stores |= {"RESULTS_BUCKET": "results", "QUEUE_URL": make_queue("jobs")}
        yield server.environment | stores


def test_nor_is_it_where_stores_and_queues_are_those_of_aws(in_aws, tmp_path):
    # Lambda's own level for loggers of libraries; at DEBUG, botocore logs whole requests.
    check(*send_everything("recommendation", tmp_path, "WARNING", 2, **in_aws))
