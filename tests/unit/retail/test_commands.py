"""Every command: its help, its examples, what it says of wrong arguments, and docs/command.md."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from retail import doctor
from retail.app import EXIT_CODES, GROUPS, build_app
from retail.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "command.md").read_text(encoding="utf-8")
PATHS = [one.path for one in COMMANDS]
EXAMPLES = {one.path: one.examples for one in COMMANDS} | {"doctor": doctor.EXAMPLES}
WIDE = {"COLUMNS": "200", "TERMINAL_WIDTH": "200", "TERM": "dumb", "NO_COLOR": "1"}


def retail(*arguments):
    return CliRunner().invoke(build_app(), list(arguments), env=WIDE, prog_name="retail")


@pytest.mark.parametrize("path", EXAMPLES)
def test_help_has_every_option_and_the_examples(path):
    answer = retail(*path.split(), "--help")
    assert answer.exit_code == 0, answer.output
    assert f"Usage: retail {path}" in answer.output
    assert "Examples:" in answer.output
    for example in EXAMPLES[path]:
        assert example in answer.output
    for one in COMMANDS:
        if one.path == path:
            options = re.findall(r"(?<![\w-])--[a-z][\w-]+", one.parser().format_usage())
            assert [name for name in options if name not in answer.output] == []


def test_options_of_another_module_are_told_as_it_tells_them():
    shown = " ".join(retail("train", "intent", "--help").output.replace("│", " ").split())
    assert "messages to evaluate on (default: 10 % of --train)" in shown
    assert "UTF-8 CSV with the columns text,intent (slots as [words](slot))" in shown
    assert "[default: en,de,fr,es]" in shown
    assert "One of these" in shown
    assert "[default: 0]" in retail("train", "translation", "--help").output  # a seed of nothing


def test_the_verbs_of_a_command_are_told_with_their_options():
    shown = retail("redrive", "--help").output
    assert "show: one message whole" in shown
    assert "With send" in shown
    assert "--all" in shown


@pytest.mark.parametrize("path", PATHS)
def test_examples_are_commands(path):
    (found,) = [one for one in COMMANDS if one.path == path]
    for example in found.examples:
        name, *arguments = shlex.split(example)
        assert [name, *arguments[: len(path.split())]] == ["retail", *path.split()]
        found.parser().parse_args(arguments[len(path.split()) :])


@pytest.mark.parametrize("group", ["", *GROUPS])
def test_a_group_lists_its_commands(group):
    answer = retail(*group.split(), "--help")
    assert answer.exit_code == 0
    words = [path.removeprefix(group).split()[0] for path in EXAMPLES if path.startswith(group)]
    assert [word for word in words if word not in answer.output] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "intent"], "the following arguments are required: --test"),
        (["bulk", "weather", "--input", "a", "--output", "b"], "invalid choice: 'weather'"),
        (["bulk", "intent", "--input", "a"], "required: --output"),
        (["serve", "--port", "http"], "argument --port: invalid int value: 'http'"),
        (["worker", "--batch", "0"], "'0' must be a whole number of at least 1"),
        (["redrive", "intent"], "required: verb"),
        (["redrive", "intent", "send"], "give either message ids or --all"),
        (["publish", "--to", "s3://a/b"], "one of the arguments --model --rollback is required"),
        (["train", "intent", "--train", "a", "--dataset", "shop"], "not allowed with argument"),
        (["models", "add"], "the following arguments are required: model"),
        (["models", "add", "opus-mt-en-de"], "write firefox:PAIR, such as firefox:en-de"),
        (["doctor", "--port", "http"], "Invalid value for '--port'"),
        (["evalute"], "Did you mean 'evaluate'?"),
        (["train", "chatbot"], "No such command 'chatbot'"),
    ],
)
def test_wrong_arguments_are_told_and_end_with_2(arguments, message):
    answer = retail(*arguments)
    assert answer.exit_code == 2
    assert message in " ".join(answer.output.replace("│", " ").split())
    assert "Traceback" not in answer.output


def test_a_wrong_argument_is_told_under_the_name_that_was_typed():
    shown = retail("redrive", "intent", "show").output
    assert shown.startswith("usage: retail redrive ")
    assert " show: error: the following arguments are required: id" in shown
    assert "retail train intent: error:" in retail("train", "intent").output


def test_nothing_that_does_a_command_is_imported_for_a_list_of_commands():
    code = (
        "import sys; from typer.testing import CliRunner; from retail.app import build_app\n"
        "assert CliRunner().invoke(build_app(), ['--help']).exit_code == 0\n"
        "print(*sorted(name for name in sys.modules if name.count('.') < 2))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "retail.commands" in loaded
    assert not loaded & {"boto3", "fastapi", "functions", "local", "numpy", "onnxruntime", "torch"}


def test_completion_knows_options_and_choices(monkeypatch):
    def complete(line):
        words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
        env = {
            **words,
            "_RETAIL_COMPLETE": "complete_bash",
            "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
        }
        answer = CliRunner().invoke(build_app(), [], env=env, prog_name="retail")
        return answer.output.split()

    assert {"demo", "serve", "doctor", "train"} <= set(complete("retail "))
    assert "--threshold-cost" in complete("retail train intent --thr")
    assert complete("retail train intent --dataset sh") == ["shop"]
    assert complete("retail redrive intent sh") == ["show"]


def test_the_version_is_the_products():
    from shared.version import VERSION

    assert retail("--version").output.strip() == VERSION


def test_the_page_has_every_command_with_an_example():
    headings = re.findall(r"^### `retail ([a-z -]+)`$", PAGE, re.MULTILINE)
    assert sorted(headings) == sorted(EXAMPLES)
    for path, examples in EXAMPLES.items():
        section = PAGE.split(f"### `retail {path}`\n", 1)[1].split("\n###", 1)[0]
        assert f"    {examples[0]}\n" in section, path


def test_the_page_has_every_exit_code():
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", PAGE, re.MULTILINE))
    assert rows == {str(code): meaning for code, meaning in EXIT_CODES.items()}


def test_options_that_the_page_names_are_there():
    for path in PATHS:
        (found,) = [one for one in COMMANDS if one.path == path]
        section = PAGE.split(f"### `retail {path}`\n", 1)[1].split("\n##", 1)[0]
        own = re.sub(r"`retail [^`]+`", "", section)  # without other commands that it mentions
        named = set(re.findall(r"(?<![\w-])--[a-z][\w-]+", own))
        known = found.parser().format_help()
        verbs = re.findall(r"--[a-z][\w-]+", " ".join(_verbs(found.parser())))
        assert [name for name in named if name not in known and name not in verbs] == []


def _verbs(parser):
    for action in parser._actions:
        if hasattr(action, "choices") and isinstance(action.choices, dict):
            for verb in action.choices.values():
                yield verb.format_help()


def test_an_application_has_no_command_beside_these():
    def leaves(command, path=()):
        for name, one in getattr(command, "commands", {}).items():
            yield from leaves(one, (*path, name)) if hasattr(one, "commands") else [(*path, name)]

    found = {" ".join(path) for path in leaves(typer.main.get_command(build_app()))}
    assert found == set(EXAMPLES)
