import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared import telemetry
from shared.settings import get_settings

ROOT = Path(__file__).resolve().parents[3]
SECRET = "xylophone-4711"
# In a process of its own: what a function writes to its log is what leaves the process.
EVERY_PATH = """
import json, sys
from functions.intent.api import handler
from functions.intent.worker import handler as worker
from functions.intent import service
from tests.expectations import load_event
secret = sys.argv[1]
event = load_event("intent_http.json")
context = type("C", (), {"aws_request_id": "r"})()
def send(body, raw=None):
    handler(event | {"body": raw or json.dumps(body)}, context)
    if isinstance(body, dict):
        handler(body, context)
    worker({"Records": [{"messageId": "m", "body": raw or json.dumps(body)}]}, context)
bodies = [{"text": secret}, {"text": secret * 300}, {"txt": secret}, {"text": [secret]}, [secret]]
for body in bodies:
    send(body)
send(None, raw='{"text": "' + secret)
def broken(requests):
    raise RuntimeError(requests)
service.IntentService.classify = lambda self, requests: broken(requests)
handler(event | {"body": json.dumps({"text": secret})}, context)
try:
    handler({"text": secret}, context)
except Exception:
    import traceback
    traceback.print_exc()
worker({"Records": [{"messageId": "m2", "body": json.dumps({"text": secret})}]}, context)
"""


@pytest.fixture
def in_lambda(monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "intent")
    get_settings.cache_clear()


def test_customer_text_is_in_no_log_line(tmp_path):
    env = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "intent", "RESULTS_DB": f"{tmp_path}/r.db"}
    command = [sys.executable, "-c", EVERY_PATH, SECRET]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    messages = {line.get("message") for line in lines}
    assert messages >= {"invocation", "message failed", "unexpected error"}
    assert SECRET not in done.stdout + done.stderr


def test_metrics_are_emf(in_lambda, capsys):
    telemetry.record_invocation("http", "r-1", cold=True, items=3, failures=1, total_ms=5.0)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (emf,) = [line for line in lines if "_aws" in line]
    assert (emf["Items"], emf["Failures"], emf["ColdStarts"]) == ([3.0], [1.0], [1.0])


def test_spans_of_one_name_add_up():
    spans = telemetry.collect_spans()
    for _ in range(2):
        with telemetry.span("infer"):
            sum(range(1_000))
    assert list(spans) == ["infer"]
    assert telemetry.server_timing({"infer": 1.234}) == "infer;dur=1.23"
