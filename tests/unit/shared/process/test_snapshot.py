"""Hooks of SnapStart, registered with Lambda's own library and run as Lambda's runtime does."""

import json
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import snapshot_restore_py

from shared import aws
from shared.process import snapshot
from shared.settings import get_settings

ROOT = Path(__file__).resolve().parents[4]
SERVICES = ("intent", "translation", "recommendation")
# From the start of a version's first process to the first requests of its copy. Lambda's runtime
# takes the hooks to run before the snapshot from the end of their list.
LIFE = """
import json, sys
from importlib import import_module
from tests.expectations import load_event

service, kind = sys.argv[1:]
handler = import_module(f"functions.{service}.{kind}").handler
import snapshot_restore_py as library

before = library.get_before_snapshot()
while before:
    hook, args, kwargs = before.pop()
    hook(*args, **kwargs)
loaded = set(sys.modules)
for hook, args, kwargs in library.get_after_restore():
    hook(*args, **kwargs)
context = type("Context", (), {"aws_request_id": "first"})()
name = {"api": "http", "worker": "sqs"}[kind]
print(json.dumps({"copy": True}))
answers = [handler(load_event(f"{service}_{name}.json"), context) for _ in range(2)]
new = sorted(set(sys.modules) - loaded)
print(json.dumps({"answers": answers, "new": new}))
"""
# What two copies of one process draw.
RANDOM = """
import random
import shared.process.snapshot, snapshot_restore_py
state = random.getstate()
for copy in range(2):
    random.setstate(state)
    for hook, args, kwargs in snapshot_restore_py.get_after_restore():
        hook(*args, **kwargs)
    print(random.random())
"""
PLAIN = """
import sys
from importlib import import_module
for service in sys.argv[1:]:
    import_module(f"functions.{service}.worker")
    import_module(f"functions.{service}.api")
assert "snapshot_restore_py" not in sys.modules
"""


def run(script: str, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *args],
        env={**os.environ, **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def started_for_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    get_settings.cache_clear()
    lists = (snapshot_restore_py.get_before_snapshot(), snapshot_restore_py.get_after_restore())
    kept = [list(hooks) for hooks in lists]
    for hooks in lists:
        hooks.clear()
    yield
    for hooks, former in zip(lists, kept, strict=True):
        hooks[:] = former
    get_settings.cache_clear()


def restore() -> None:
    for hook, args, kwargs in snapshot_restore_py.get_after_restore():
        hook(*args, **kwargs)


def lines_of(done: subprocess.CompletedProcess[str]) -> list[dict]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("kind", ["api", "worker"])
@pytest.mark.parametrize("service", SERVICES)
def test_a_copy_answers_at_once_and_counts_as_a_cold_start(service, kind, tmp_path):
    done = run(
        LIFE,
        service,
        kind,
        AWS_LAMBDA_INITIALIZATION_TYPE="snap-start",
        AWS_LAMBDA_FUNCTION_NAME=service,
        RESULTS_DB=str(tmp_path / "results.db"),
        HISTORY_DB=str(tmp_path / "history.db"),
    )
    lines = lines_of(done)
    first, second = lines[-1]["answers"]
    if kind == "api":
        assert first["statusCode"] == second["statusCode"] == 200
        assert first["headers"]["x-cold-start"] == "true"
        assert second["headers"]["x-cold-start"] == "false"
    else:
        assert first == second == {"batchItemFailures": []}
    assert lines[-1]["new"] == []  # whatever a request needs is in the snapshot
    after = lines[lines.index({"copy": True}) :]
    told = [line["cold"] for line in after if line.get("message") == "invocation"]
    assert told == [True, False]


def test_a_process_that_cannot_answer_is_not_copied(tmp_path):
    for kind in ("api", "worker"):
        done = run(
            LIFE,
            "intent",
            kind,
            AWS_LAMBDA_INITIALIZATION_TYPE="snap-start",
            AWS_LAMBDA_FUNCTION_NAME="intent",
            INTENT_MODEL_DIR=str(tmp_path),
            RESULTS_DB=str(tmp_path / "results.db"),
        )
        assert done.returncode != 0
        assert '"copy"' not in done.stdout
        assert "spec.json" in done.stdout + done.stderr


def test_without_snapstart_nothing_is_registered_nor_imported():
    done = run(PLAIN, *SERVICES, AWS_LAMBDA_INITIALIZATION_TYPE="on-demand")
    assert done.returncode == 0, done.stderr


def test_hooks_are_registered_only_where_a_snapshot_is_taken(started_for_a_snapshot, monkeypatch):
    seen: list[str] = []
    snapshot.on_snapshot(lambda: seen.append("warm"))
    snapshot.on_restore(lambda: seen.append("open"))
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    get_settings.cache_clear()
    snapshot.on_snapshot(lambda: seen.append("never"))
    snapshot.on_restore(lambda: seen.append("never"))
    (before,) = snapshot_restore_py.get_before_snapshot()
    before[0]()
    restore()
    assert seen == ["warm", "open"]


@pytest.fixture
def dynamo(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Stands in for DynamoDB and keeps connections open; their ports, one for each request."""
    seen: list[int] = []

    class ListTables(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            seen.append(self.client_address[1])
            body = b'{"TableNames": []}'
            self.send_response(200)
            self.send_header("content-type", "application/x-amz-json-1.0")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), ListTables) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield seen
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "opened",
    [aws.dynamo_client, lambda: aws.dynamo_resource().meta.client],
    ids=["client", "table"],
)
def test_a_client_opens_new_connections_in_a_copy(
    opened, started_for_a_snapshot, dynamo, monkeypatch
):
    monkeypatch.setattr(snapshot, "_clients", weakref.WeakSet())
    snapshot.on_restore(snapshot._close_connections)
    client = opened()
    for _ in range(2):
        client.list_tables()
    restore()
    for _ in range(2):
        client.list_tables()
    before, still_before, after, still_after = dynamo
    assert before == still_before != after == still_after
    client.close()


def test_copies_do_not_wait_equally_long_between_retries():
    drawn = run(RANDOM, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start").stdout.split()
    assert len(set(drawn)) == 2
    drawn = run(RANDOM, AWS_LAMBDA_INITIALIZATION_TYPE="on-demand").stdout.split()
    assert len(set(drawn)) == 1
