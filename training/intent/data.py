"""The data set that the options name. Imports without torch."""

from pathlib import Path

from shared.models.spec import DataSource
from training.errors import DataError
from training.intent.config import Options
from training.intent.datasets import LOADERS
from training.intent.examples import (
    Dataset,
    check_training_rows,
    label_names,
    read_csv,
    split_rows,
    to_split,
    without,
)


def load(options: Options) -> Dataset:
    """The data of a training.

    Raises:
        DataError: they cannot be used.
    """
    if (options.train is None) == (options.dataset is None):
        raise DataError("Give either train, a CSV file, or dataset, the name of a public one.")
    if options.train is not None:
        return from_csv(options.train, options.test, options.seed)
    assert options.dataset is not None
    if options.dataset not in LOADERS:
        allowed = ", ".join(sorted(LOADERS))
        raise DataError(f"No data set is named {options.dataset!r}; there are {allowed}.")
    if options.data_dir is None:
        raise DataError(f"--dataset {options.dataset} needs --data-dir, the folder of its files.")
    return LOADERS[options.dataset](options.data_dir, options.seed)


def from_csv(train: Path, test: Path | None, seed: int) -> Dataset:
    """A user's data set: validation held out of ``train``; test too where none is given.

    Raises:
        DataError: a file cannot be used.
    """
    rows, test_rows = read_csv(train), read_csv(test) if test else []
    rows = check_training_rows(without(rows, test_rows, train.name), train.name)
    labels = label_names(rows)
    if test is not None:
        test_name = test.stem
    else:
        rows, test_rows = split_rows(rows, 0.1, seed, at_least=0)
        test_name = "held-out"
    kept, held = split_rows(rows, 0.1, seed + 1)
    source = DataSource(name=train.name, source="user's file", licence="user's", rows=len(rows))
    tests = {test_name: to_split(test_rows, labels, test_name)} if test_rows else {}
    return Dataset(
        train.stem, labels, to_split(kept, labels), to_split(held, labels), tests, (source,)
    )
