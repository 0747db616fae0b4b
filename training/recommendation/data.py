"""The data that the options name. Imports without torch."""

from training.errors import DataError
from training.recommendation.config import Options
from training.recommendation.datasets import LOADERS, read_sequences
from training.recommendation.files import read_catalogue, read_files
from training.recommendation.interactions import Interactions


def load(options: Options) -> Interactions:
    """The data of a training.

    Raises:
        DataError: they cannot be used.
    """
    named = (options.events, options.sequences, options.dataset)
    count = sum(given is not None for given in named)
    if count > 1 or (count == 0 and options.items is None):
        raise DataError(
            "Give one of events, a CSV file, sequences, a file of items in order, and dataset, the "
            "name of a public one; or items alone, for a shop that has no events yet."
        )
    if count == 0 and options.items:
        return read_catalogue(options.items)
    if options.events:
        return read_files(options.events, options.items)
    if options.sequences:
        return read_sequences(options.sequences, options.items)
    loader = LOADERS.get(options.dataset or "")
    if loader is None:
        allowed = ", ".join(sorted(LOADERS))
        raise DataError(f"No data set is named {options.dataset!r}; there are {allowed}.")
    if not options.data_dir:
        raise DataError("--dataset needs --data-dir, the folder that holds retail/.")
    return loader(options.data_dir)


def label_of(options: Options) -> str:
    """What the data are called, for the name of a model that is given none."""
    path = options.events or options.sequences or (None if options.dataset else options.items)
    return path.stem if path else options.dataset or ""
