"""Bulk jobs on this machine, with the real models; the process is killed for real."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from itertools import cycle, islice
from pathlib import Path

import pytest

from functions.recommendation.item_requests import PopularRequest
from functions.recommendation.service import get_service
from local import bulk
from local.bulk_limits import LIMITS
from local.services import find_service, service_names

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = ("where is my package?", "I want my money back", "hi there", "do you ship to Norway?")
DESCRIPTION = (
    "The lightweight running shoe with a breathable mesh upper and a cushioned sole keeps your "
    "feet dry on long distances. It comes in three colours and is easy to wash. "
)


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def read(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def run(service, source, output, *options):
    files = ["--input", str(source), "--output", str(output)]
    return bulk.main([service, *files, *map(str, options)])


@pytest.fixture(scope="module")
def items():
    return [item.item_id for item in get_service().popular(PopularRequest(k=100)).items]


@pytest.fixture
def messages(tmp_path):
    lines = [{"id": f"m{n}", "text": f"{MESSAGES[n % 4]} ({n})"} for n in range(30)]
    return write(tmp_path / "messages.jsonl", lines)


def test_every_service_has_limits():
    assert sorted(LIMITS) == service_names()


def test_lines_are_answered_and_those_that_cannot_be_are_told(tmp_path, capsys):
    source, output = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    content = [
        b'\xef\xbb\xbf{"id": "first", "text": "where is my package?"}',
        b"",
        b"{",
        b'{"text": "\xff"}',
        b'{"id": 5, "texts": ["hi there", "I want my money back"], "top_k": 0}',
        b'{"text": NaN}',
        b"[" * 5_000,
        b'"text"',
        b'{"text": "x", "unknown": "\xe2\x80\xa8"}',
    ]
    source.write_bytes(b"\r\n".join(content))
    assert run("intent", source, output, "--request", '{"top_k": 1}') == 0
    good, bad = read(output), read(tmp_path / "b.jsonl.failures")
    assert [(line["line"], line.get("id")) for line in good] == [(1, "first"), (5, 5)]
    assert len(good[0]["result"]["results"][0]["alternatives"]) == 1
    assert len(good[1]["result"]["results"]) == 2
    assert good[1]["result"]["results"][0]["alternatives"] == []
    kinds = [(line["line"], line["problem"]["type"].rsplit(":")[-1]) for line in bad]
    malformed, invalid = "malformed-json", "invalid-request"
    assert kinds == [
        (3, malformed),
        (4, malformed),
        (6, malformed),
        (7, malformed),
        (8, invalid),
        (9, invalid),
    ]
    assert "2 lines in" in capsys.readouterr().err.replace("\n", " ")
    assert not list(tmp_path.glob("*.journal"))
    assert not list(tmp_path.glob("*.partial"))


def test_a_line_that_is_too_long_fails_alone(tmp_path):
    long = {"texts": ["x" * 1_900] * 20}
    source = write(tmp_path / "a.jsonl", [{"text": "hi there"}, long, {"text": "hi there"}])
    assert run("intent", source, tmp_path / "b.jsonl", "--failures", tmp_path / "c.jsonl") == 0
    assert [line["line"] for line in read(tmp_path / "b.jsonl")] == [1, 3]
    (bad,) = read(tmp_path / "c.jsonl")
    assert bad["problem"]["limit"] == "bytes in one line"


def decisions(lines):
    """Answers without their figures: int8 rounds these by what else is in the batch."""
    results = [line["result"] for line in lines]
    return [
        [(found["intent"] or found["abstained"]).get("name") for found in result["results"]]
        if "results" in result
        else [found["text"] for found in result["translations"]]
        if "translations" in result
        else [found["item_id"] for found in result["items"]]
        for result in results
    ]


def test_a_decision_does_not_depend_on_the_batch(tmp_path, items):
    lines = {
        "intent": [{"text": text} for text in MESSAGES],
        "translation": [{"text": text, "target": "de"} for text in (*MESSAGES, DESCRIPTION)],
        "recommendation": [{"history": [{"item_id": item}], "k": 3} for item in items[:5]],
    }
    for service, requests in lines.items():
        source = write(tmp_path / f"{service}.jsonl", requests)
        found = []
        for size in (1, 2, 100):
            output = tmp_path / f"{service}.{size}.jsonl"
            assert run(service, source, output, "--batch-size", size) == 0
            found.append(decisions(read(output)))
        assert len(found[0]) == len(requests)
        assert found[0] == found[1] == found[2]


def heaviest(service, items):
    """Lines of one text or shopper with default options, and of many texts or items."""
    history = [{"item_id": item, "event": "view"} for item in random.Random(3).choices(items, k=50)]
    texts = [f"{MESSAGES[n % 4]} ({n})" for n in range(64)]
    return {
        "intent": [{"text": MESSAGES[0]}, {"text": MESSAGES[0], "top_k": 20}, {"texts": texts}],
        "translation": [
            {"text": DESCRIPTION, "target": "de"},
            {"text": DESCRIPTION * 20, "target": "fr"},
            {"text": DESCRIPTION, "target": "es", "alternatives": 3},
        ],
        "recommendation": [
            {"history": history},
            {"history": history, "k": 100},
            {"history": history, "item_ids": items},
        ],
    }[service]


@pytest.mark.parametrize("service", sorted(LIMITS))
def test_the_answers_of_a_full_batch_fit_into_what_step_functions_takes(service, items, tmp_path):
    limits = LIMITS[service]
    for line in heaviest(service, items):
        source = write(tmp_path / "a.jsonl", islice(cycle([line]), limits.lines + 1))
        full = next(bulk.batches(bulk.read_lines(source, limits), limits))
        results = bulk.answer_batch(full, find_service(service), {})
        assert {result["status"] for result in results} == {"succeeded"}
        assert len(json.dumps({"results": results}, ensure_ascii=False).encode()) < 250_000


def test_batches_keep_to_both_limits(tmp_path):
    source = write(tmp_path / "a.jsonl", [{"text": "x" * (n % 7 * 100)} for n in range(200)])
    limits = bulk.BatchLimits(lines=3, size_bytes=1_000)
    found = list(bulk.batches(bulk.read_lines(source, limits), limits))
    assert [line.number for batch in found for line in batch] == list(range(1, 201))
    assert all(len(batch) <= 3 for batch in found)
    assert all(sum(line.size_bytes for line in batch) <= 1_000 for batch in found)
    assert {len(batch) for batch in found} >= {1, 3}


def start(source, output, *options):
    command = [sys.executable, "-m", "local.bulk", "intent", "--input", source, "--output", output]
    return subprocess.Popen(
        list(map(str, [*command, "--batch-size", 2, *options])),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def kill_once_it_has(batches, process, journal):
    """Kill the process as soon as its journal has so many batches."""
    until = time.monotonic() + 60
    while not journal.exists() or journal.read_bytes().count(b"\n") < batches:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_what_was_killed_goes_on_and_no_line_is_lost_or_doubled(tmp_path):
    lines = [{"id": n, "text": f"{MESSAGES[n % 4]} ({n})"} for n in range(600)]
    lines[::50] = [{"id": n, "texts": []} for n in range(0, 600, 50)]
    source, output = write(tmp_path / "a.jsonl", lines), tmp_path / "b.jsonl"
    journal = tmp_path / "b.jsonl.journal"
    for batches, options in ((10, []), (75, ["--resume"]), (150, ["--resume"])):
        kill_once_it_has(batches, start(source, output, *options), journal)
        assert not output.exists()
    assert start(source, output, "--resume").wait() == 0
    whole = tmp_path / "whole.jsonl"
    assert run("intent", source, whole, "--batch-size", 2) == 0
    good, bad = read(output), read(tmp_path / "b.jsonl.failures")
    assert sorted(line["id"] for line in good + bad) == list(range(600))
    assert len(bad) == 12
    assert output.read_bytes() == whole.read_bytes()
    assert not journal.exists()


def stop_after(batches, monkeypatch):
    """Interrupt after so many batches."""
    real, done = bulk.answer_batch, []

    def answer(*arguments):
        if len(done) == batches:
            raise KeyboardInterrupt
        done.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(bulk, "answer_batch", answer)


def test_a_stopped_job_is_gone_on_with_only_when_asked(messages, tmp_path, monkeypatch, capsys):
    output, journal = tmp_path / "b.jsonl", tmp_path / "b.jsonl.journal"
    with monkeypatch.context() as patch:
        stop_after(2, patch)
        assert run("intent", messages, output, "--batch-size", 4) == 130
    assert "--resume goes on" in capsys.readouterr().err
    before = journal.read_bytes()
    assert before.count(b"\n") == 1 + 2
    assert run("intent", messages, output) == 2
    assert "--resume" in capsys.readouterr().err
    assert journal.read_bytes() == before
    assert run("intent", messages, output, "--resume", "--request", '{"top_k": 1}') == 2
    assert "other options" in capsys.readouterr().err
    assert run("intent", messages, output, "--resume") == 0
    assert "going on after 8 lines" in capsys.readouterr().err
    assert [line["id"] for line in read(output)] == [f"m{n}" for n in range(30)]


def test_a_forced_job_begins_anew(messages, tmp_path, monkeypatch):
    output = tmp_path / "b.jsonl"
    with monkeypatch.context() as patch:
        stop_after(1, patch)
        assert run("intent", messages, output, "--batch-size", 4) == 130
    options = ("--request", '{"top_k": 1}')
    assert run("intent", messages, output, "--force", *options) == 0
    assert {len(line["result"]["results"][0]["alternatives"]) for line in read(output)} == {1}
    assert run("intent", messages, output, "--force") == 0
    assert {len(line["result"]["results"][0]["alternatives"]) for line in read(output)} == {3}


@pytest.mark.parametrize("existing", ["b.jsonl", "b.jsonl.failures"])
@pytest.mark.parametrize("options", [[], ["--resume"]])
def test_finished_files_are_not_overwritten_unasked(messages, tmp_path, capsys, existing, options):
    (tmp_path / existing).write_text("mine")
    assert run("intent", messages, tmp_path / "b.jsonl", *options) == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / existing).read_text() == "mine"


def test_a_missing_model_ends_the_job_and_not_each_line(messages, tmp_path, monkeypatch):
    environment = os.environ | {"INTENT_MODEL_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    output = tmp_path / "b.jsonl"
    command = ["-m", "local.bulk", "intent", "--input", messages, "--output", output]
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "error:" in done.stderr
    assert "spec.json" in done.stderr
    assert not output.exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--input", "missing.jsonl"], "missing.jsonl is not a file"),
        (["--output", "messages.jsonl"], "three files"),
        (["--output", "missing/b.jsonl"], "missing is not a folder"),
    ],
)
def test_an_unusable_file_is_told(messages, tmp_path, monkeypatch, capsys, options, told):
    monkeypatch.chdir(tmp_path)
    assert bulk.main(["intent", "--input", messages.name, "--output", "b.jsonl", *options]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [["--request", "[]"], ["--request", "{"], ["--batch-size", "0"], ["--batch-size", "x"]],
)
def test_an_unusable_option_is_told(messages, tmp_path, capsys, option):
    with pytest.raises(SystemExit) as stopped:
        run("intent", messages, tmp_path / "b.jsonl", *option)
    assert stopped.value.code == 2
    assert option[0] in capsys.readouterr().err
