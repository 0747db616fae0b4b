"""The data set that the options name. Imports without torch."""

from pathlib import Path

from shared.models.spec import DataSource
from training.errors import DataError
from training.intent.config import Options
from training.intent.datasets import LOADERS
from training.intent.examples import (
    Dataset,
    Rows,
    check_training_rows,
    label_names,
    split_rows,
    to_split,
    without,
)
from training.intent.formats import read_messages
from training.intent.messages import Message


def load(options: Options) -> Dataset:
    """The data of a training.

    Raises:
        DataError: they cannot be used.
    """
    if (options.train is None) == (options.dataset is None):
        raise DataError("Give either train, a file of yours, or dataset, the name of a public one.")
    if options.train is not None:
        return from_files(options.train, options.test, options.seed)
    assert options.dataset is not None
    if options.dataset not in LOADERS:
        allowed = ", ".join(sorted(LOADERS))
        raise DataError(f"No data set is named {options.dataset!r}; there are {allowed}.")
    if options.data_dir is None:
        raise DataError(f"--dataset {options.dataset} needs --data-dir, the folder of its files.")
    return LOADERS[options.dataset](options.data_dir, options.seed)


def from_csv(train: Path, test: Path | None, seed: int) -> Dataset:
    """A user's data set of CSV files; see `from_files`."""
    return from_files(train, test, seed)


def from_files(train: Path, test: Path | None, seed: int) -> Dataset:
    """A user's data set: validation held out of ``train``; test too where none is given.

    Args:
        train: of any format that `training.intent.formats.read_messages` knows.
        test: the same; may hold texts out of scope where ``train`` holds none.
        seed: of what is held out.

    Raises:
        DataError: a file cannot be used.
    """
    messages, test_messages = read_messages(train), read_messages(test) if test else []
    rows, test_rows = _rows(messages), _rows(test_messages)
    rows = check_training_rows(without(rows, test_rows, train.name), train.name)
    labels = label_names(rows)
    if test is not None:
        test_name = test.stem
    else:
        rows, test_rows = split_rows(rows, 0.1, seed, at_least=0)
        test_name = "held-out"
    kept, held = split_rows(rows, 0.1, seed + 1)
    source = DataSource(name=train.name, source="user's file", licence="user's", rows=len(rows))
    marked = _marked(messages + test_messages)
    tests = {test_name: to_split(test_rows, labels, test_name, marked)} if test_rows else {}
    return Dataset(
        train.stem,
        labels,
        to_split(kept, labels, train.name, marked),
        to_split(held, labels, train.name, marked),
        tests,
        (source,),
    )


def _rows(messages: list[Message]) -> Rows:
    return [(message.text, message.intent) for message in messages]


def _marked(messages: list[Message]) -> dict[str, Message] | None:
    """The messages by their texts; None where nothing is marked in any."""
    if not any(message.slots or message.denied for message in messages):
        return None
    return {message.text: message for message in messages}
