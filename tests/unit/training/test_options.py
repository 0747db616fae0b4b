"""Options as keywords, and the commands that specs record; none of it needs torch."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from training import intent, recommendation, translation
from training.command import arguments_of, exit_code, recorded_command
from training.errors import DataError, GateError
from training.intent.config import Options as IntentOptions
from training.recommendation.config import Options as RecommendationOptions
from training.translation.config import ImportOptions
from training.translation.config import Options as TranslationOptions
from training.translation.data import load as load_pairs

TRAININGS = {"intent": intent, "translation": translation, "recommendation": recommendation}


def parsed(training, arguments):
    """The options that the command makes of arguments."""
    module = __import__(f"training.{training}.__main__", fromlist=["build_parser"])
    return vars(module.build_parser().parse_args(arguments))


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_tells_its_keywords_and_what_it_returns(name):
    train = TRAININGS[name].train
    signature = inspect.signature(train)
    assert {p.kind for p in signature.parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert {"out", "name", "licence", "card", "seed", "data_dir"} <= set(signature.parameters)
    assert signature.return_annotation.__name__ == "Published"
    assert "train(" in train.__doc__


@pytest.mark.parametrize("name", TRAININGS)
def test_the_function_stays_what_it_is_when_its_module_is_imported(name):
    code = f"import training.{name}.train, training.{name}.__main__; "
    code += f"from training.{name} import train; assert callable(train), train; import sys; "
    code += "assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_keyword_is_refused():
    with pytest.raises(ValidationError, match="tarin"):
        intent.train(tarin="mine.csv")


@pytest.mark.parametrize("name", TRAININGS)
def test_without_data_it_says_what_to_give(name):
    languages = {"source": "en", "target": "de"} if name == "translation" else {}
    with pytest.raises(DataError, match="Give "):
        TRAININGS[name].train(**languages)


@pytest.mark.parametrize("name", TRAININGS)
def test_an_unknown_data_set_is_told_with_those_there_are(name):
    languages = {"source": "en", "target": "de"} if name == "translation" else {}
    with pytest.raises(DataError, match=r"'nowhere'; there are .*retail"):
        TRAININGS[name].train(dataset="nowhere", data_dir=".", **languages)


def test_texts_become_paths_and_one_stands_for_a_sequence(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text("".join(f"I have {n} shoes.\tIch habe {n} Schuhe.\n" for n in range(60)))
    options = TranslationOptions(pairs=str(path), source="en", target="de")
    assert (options.pairs, options.source, options.target) == ((path,), ("en",), ("de",))
    assert load_pairs(options).sources[0].rows == 60


@pytest.mark.parametrize(
    ("training", "options", "arguments"),
    [
        (
            "intent",
            IntentOptions(train=Path("a.csv"), epochs=6, languages="en,de", resume=True),
            ["--train", "a.csv", "--epochs", "6", "--languages", "en,de", "--resume"],
        ),
        (
            "recommendation",
            RecommendationOptions(events=Path("a.csv"), refit=False, new_only=True, dropout=0.4),
            ["--events", "a.csv", "--dropout", "0.4", "--no-refit", "--new-only"],
        ),
        (
            "translation",
            TranslationOptions(source=("en",), target=("de", "fr"), pairs=("a.en-de.tsv",)),
            ["--source", "en", "--target", "de", "fr", "--pairs", "a.en-de.tsv"],
        ),
    ],
)
def test_a_call_is_recorded_as_the_command_that_it_equals(training, options, arguments):
    assert arguments_of(options) == arguments
    assert type(options)(**parsed(training, arguments)) == options
    command = recorded_command(f"training.{training}", arguments)
    assert options.made_by == command.replace(" --resume", "")


def test_a_given_command_is_recorded_as_it_is():
    assert IntentOptions(train=Path("a.csv"), command="make mine").made_by == "make mine"
    imported = ImportOptions(model="opus-mt-en-de", text=Path("a b.txt"))
    assert imported.made_by == (
        "python -m training.translation import --model opus-mt-en-de --text 'a b.txt'"
    )


def test_a_folder_beside_that_of_the_data_is_not_taken_for_it():
    arguments = ["--data-dir", "/x/data/", "--test", "/x/data/a.csv", "--out", "/x/database/b"]
    assert recorded_command("m", arguments) == (
        "python -m m --data-dir DATA_DIR --test DATA_DIR/a.csv --out /x/database/b"
    )


@pytest.mark.parametrize(("error", "code"), [(DataError, 2), (GateError, 3)])
def test_what_stops_a_training_has_an_exit_code(error, code, capsys):
    def stopped():
        raise error("because")

    assert exit_code(stopped) == code
    assert capsys.readouterr().err == "error: because\n"
    assert exit_code(lambda: None) == 0
