"""Training as a function, for programs and notebooks. Imports without torch."""

from training.options import keywords
from training.processors import set_up_libraries
from training.published import Published
from training.recommendation.config import Options
from training.recommendation.data import load


@keywords(Options)
def train(options: Options) -> Published:
    """Train a sequence model on what users did, quantize it, check it and put its folder in place.

    The fields of `Options` are the keywords:

        train(events="events.csv", items="items.csv", out="build/models/mine")

    Returns:
        The served folder, with its figures.

    Raises:
        DataError: the data or an option cannot be used.
        GateError: the int8 model ranks otherwise than the fp32 one; nothing was published.
    """
    set_up_libraries()
    data = load(options)
    # Torch is imported only now: a mistake in the data should not take seconds to be told.
    from training.recommendation.pipeline import run

    return run(data, options)
