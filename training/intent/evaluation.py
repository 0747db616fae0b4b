"""Evaluating a served intent model on labelled messages. Imports without torch."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.errors import DataError
from training.evaluating import Evaluated, evaluated, names_of
from training.intent.answers import ask
from training.intent.config import EvaluateOptions
from training.intent.examples import OUT_OF_SCOPE, OUT_OF_SCOPE_NAMES, Dataset, Split
from training.intent.formats import read_messages
from training.intent.judging import summary
from training.intent.messages import Message, message_of
from training.options import keywords
from training.reports.page import Page

LANGUAGE = re.compile(r"\.([a-z]{2})\.[a-z]+$")
SHOWN = (
    "messages",
    "in_scope_right",
    "in_scope_wrong",
    "out_of_scope_left_alone",
    "calibration_error",
    "slot_recall",
)
LABELS = {"in_scope_right": "right", "in_scope_wrong": "wrong"}
LABELS |= {"out_of_scope_left_alone": "left alone", "calibration_error": "calibration"}


@keywords(EvaluateOptions)
def evaluate(options: EvaluateOptions) -> Evaluated:
    """Ask a served model for labelled messages, through the service itself.

    The fields of `EvaluateOptions` are the keywords:

        evaluate(test="test.csv", model="build/models/mine")

    Raises:
        DataError: the messages or the folder cannot be used, or a package for the page is missing.
    """
    if not options.test:
        raise DataError("Give test, a file of labelled messages.")

    def measure() -> tuple[dict[str, Any], Callable[[], Page]]:
        names = names_of(options.test)
        return measured(options.model, {names[path]: read_test(path) for path in options.test})

    return evaluated(options.model, (options.report, options.no_report), measure)


def measured(
    folder: Path, sets: Mapping[str, Sequence[Message]]
) -> tuple[dict[str, Any], Callable[[], Page]]:
    """The figures of a folder on named messages, and what makes a page of them."""
    answers = ask(folder, sets)

    def make() -> Page:
        from training.reports.intent import page

        return page(answers)

    return summary(answers), make


def read_test(path: Path) -> list[Message]:
    """The messages of a file, in the language that its name says.

    Raises:
        DataError: it cannot be used.
    """
    named = LANGUAGE.search(path.name)
    language = named[1] if named else ""
    messages = _of_lines(path) if path.suffix == ".tsv" else read_messages(path)
    return [replace(one, language=one.language or language) for one in messages]


def _of_lines(path: Path) -> list[Message]:
    """Messages of lines of an intent, a TAB and a text."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8. Save the file as UTF-8.") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        intent, tab, text = line.partition("\t")
        if not tab or not intent.strip() or not text.strip():
            raise DataError(f"{path}, line {number}: not an intent, a TAB and a message.")
        name = OUT_OF_SCOPE if intent.lower() in OUT_OF_SCOPE_NAMES else intent.strip()
        found.append(message_of(text.strip(), name, OUT_OF_SCOPE))
    return found


def held_out(dataset: Dataset) -> dict[str, list[Message]]:
    """The messages that a training measures on: its tests, or else its validation messages."""
    sets = dataset.test or {"validation": dataset.validation}
    return {name: _messages(split, dataset.labels) for name, split in sets.items()}


def _messages(split: Split, labels: Sequence[str]) -> list[Message]:
    if split.messages is not None:
        return split.messages
    named = [OUT_OF_SCOPE if label < 0 else labels[label] for label in split.labels]
    rows = zip(split.texts, named, strict=True)
    return [Message(text, intent, plain=True) for text, intent in rows]


def show(figures: Mapping[str, Any]) -> None:
    """Print the figures of every language as a table; shares are in percent."""
    print(figures["model"])
    names = [LABELS.get(name, name.replace("_", " ")) for name in SHOWN]
    print(f"{'language':10}" + "".join(f"{name:>14}" for name in names))
    for language, of in {**figures["languages"], "all": figures["all"]}.items():
        cells = [_cell(of[name], is_count=name == "messages") for name in SHOWN]
        print(f"{language or 'any':10}" + "".join(f"{cell:>14}" for cell in cells))


def _cell(value: float | None, *, is_count: bool) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if is_count else f"{100 * value:.1f}"
