"""The Runtime API that cold starts are measured with, and how their imports are told apart."""

import json
import sys

import pytest

from benchmarks.ledger import import_times
from benchmarks.runtime_api import start

# A runtime client: it asks, answers with what it was given, and asks again.
CLIENT = """
import json, os, sys, time, urllib.request

root = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"
time.sleep(float(sys.argv[1]))
with urllib.request.urlopen(f"{root}/invocation/next") as asked:
    event, request_id = json.load(asked), asked.headers["Lambda-Runtime-Aws-Request-Id"]
    assert int(asked.headers["Lambda-Runtime-Deadline-Ms"]) > time.time() * 1e3
answer = json.dumps({"got": event}).encode()
kind = "error" if event["fails"] else "response"
urllib.request.urlopen(f"{root}/invocation/{request_id}/{kind}", answer).close()
urllib.request.urlopen(f"{root}/invocation/next")
"""
REPORT = """\
import time: self [us] | cumulative | imported package
import time:      1500 |       1500 |   numpy.core
import time:       500 |       2000 | numpy
import time:      3000 |       3000 | json.decoder
a line of the process
"""


def started(folder, *, fails=False, slept_s=0.0, code=CLIENT):
    event = json.dumps({"fails": fails}).encode()
    return start([sys.executable, "-c", code, str(slept_s)], {}, event, folder)


def test_a_process_gets_its_event_and_is_stopped_when_it_asks_for_another(tmp_path):
    found = started(tmp_path)
    assert json.loads(found.answer) == {"got": {"fails": False}}
    assert 0 < found.init_ms < found.answer_ms
    assert found.cpu_ms > 0


def test_time_counts_from_the_start_of_the_process(tmp_path):
    found = started(tmp_path, slept_s=0.3)
    assert found.init_ms >= 300
    assert found.cpu_ms < found.answer_ms  # it slept


def test_a_reported_error_is_no_answer(tmp_path):
    with pytest.raises(RuntimeError, match="/error"):
        started(tmp_path, fails=True)


def test_a_process_that_ends_is_not_waited_for(tmp_path):
    with pytest.raises(RuntimeError, match=r"(?s)no answer.*broken"):
        started(tmp_path, code="raise SystemExit('broken')")


def test_imports_are_summed_up_by_package():
    assert import_times(REPORT) == {
        "numpy": {"numpy.core": 1.5, "numpy": 0.5},
        "standard library": {"json.decoder": 3.0},
    }
