"""Training and rewriting as functions, for programs and notebooks. Imports without torch."""

from training.intent.config import Options, RewriteOptions
from training.intent.data import load
from training.intent.preflight import check_options
from training.options import keywords
from training.processors import set_up_libraries
from training.published import Published


@keywords(Options)
def train(options: Options) -> Published:
    """Fine-tune an intent model, quantize it, check it and put its folder in place.

    The fields of `Options` are the keywords:

        train(train="mine.csv", out="build/models/mine", epochs=6)

    Returns:
        The served folder, with its figures.

    Raises:
        DataError: the data or an option cannot be used.
        GateError: no int8 model decides as the fp32 one does; nothing was published.
    """
    dataset = load(options)
    check_options(options, dataset.labels)
    set_up_libraries()
    # Torch is imported only now: a mistake in the data should not take seconds to be told.
    from training.intent.pipeline import run

    return run(dataset, options)


@keywords(RewriteOptions)
def rewrite(options: RewriteOptions) -> Published:
    """Build a served model's graph anew, of the same numbers.

    The fields of `RewriteOptions` are the keywords:

        rewrite(model="build/models/mine")

    Returns:
        The served folder.

    Raises:
        DataError: it cannot be rewritten, or ``out`` is taken.
        GateError: it would answer otherwise; nothing was published.
    """
    set_up_libraries()
    from training.intent.rewriting import run

    return run(options)
