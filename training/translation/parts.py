"""The parts of a training: what is learned from first, and what in the end."""

from dataclasses import replace

from tokenizers import Tokenizer

from training.errors import DataError
from training.translation.augment import augment
from training.translation.config import E5, Options, TrainConfig
from training.translation.data import Data
from training.translation.datasets import DOMAINS
from training.translation.domains import BETWEEN, OWN, finishing, weights_of, with_between
from training.translation.drawing import drawing_of
from training.translation.lessons import DrawnLessons, FixedLessons, Lessons

FOR_ALL_DIRECTIONS = (
    f"--dataset {DOMAINS} is for one model of all directions: give --base {E5}, or --start with "
    "the folder of such a model."
)


def fixed_parts(data: Data, config: TrainConfig, tokenizer: Tokenizer) -> list[Lessons]:
    """All pairs in each epoch.

    Raises:
        DataError: they are to be drawn by domain.
    """
    if data.domains:
        raise DataError(FOR_ALL_DIRECTIONS)
    return [
        FixedLessons(tokenizer, augment(part, config.placeholder_share, config.seed))
        for part in (data.train, data.finish)
        if part
    ]


def drawn_parts(
    data: Data, options: Options, config: TrainConfig, tokenizer: Tokenizer
) -> list[Lessons]:
    """Pools drawn by the weight of each domain, and in the last part by other weights."""
    if not data.domains:
        given = (data.train, data.finish)
        drawings = [drawing_of({OWN: part}, {}, options, config) for part in given if part]
        return [DrawnLessons(tokenizer, drawing, options.workers) for drawing in drawings]
    weights = weights_of(options.weights, [*data.domains, BETWEEN])
    used = {name: pairs for name, pairs in data.domains.items() if weights.get(name, 1.0)}
    domains = with_between(used, options.source, options.target)
    first = drawing_of(domains, weights, options, config)
    last = replace(first, weights=finishing(weights, domains))
    return [DrawnLessons(tokenizer, drawing, options.workers) for drawing in (first, last)]
