"""The notebook in examples/, as Jupyter runs it: cell after cell, in a folder of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.models.spec import read_spec, verify_files

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "examples" / "train_intent.ipynb"


def cells():
    """The source of each cell with code."""
    found = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def printed(folder):
    """What it prints, line by line."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "\n\n".join(cells())]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout.splitlines()


def test_it_trains_a_model_that_can_be_served(printed, folder):
    model = folder / "build" / "notebook" / "model"
    spec = read_spec(model)
    verify_files(model, spec)
    assert [label.name for label in spec.labels][-1] == "out_of_scope"
    assert f"published {spec.identifier}" in "\n".join(printed)


def test_it_shows_the_figures_of_both_precisions(printed):
    figures = [line for line in printed if " messages, " in line]
    assert {line.split(", ")[2].partition(":")[0] for line in figures} == {"fp32", "int8"}


def test_the_answers_are_of_its_model(printed, folder):
    assert read_spec(folder / "build" / "notebook" / "model").identifier in printed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where on earth is my parcel?", "track_order"),
        ("I can't log in, forgot my password", "reset_password"),
    ],
)
def test_its_model_knows_what_a_new_message_wants(printed, text, expected):
    (answer,) = (line for line in printed if line.startswith(f"{text} ->"))
    assert f"'name': '{expected}'" in answer


def test_it_is_committed_without_what_a_run_left_in_it():
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
