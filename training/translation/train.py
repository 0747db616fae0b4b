"""Training, importing and rewriting as functions. Imports without torch."""

from training.options import keywords
from training.processors import set_up_libraries
from training.published import Published
from training.translation.config import ImportOptions, Options, RewriteOptions
from training.translation.data import load

# Torch is imported in the functions: a mistake in the data should not take seconds to be told.


@keywords(Options)
def train(options: Options) -> Published:
    """Train a Marian model, quantize it, check it and put its folder in place.

    The fields of `Options` are the keywords:

        train(pairs="mine.tsv", source="en", target="de", minutes=60, out="build/models/mine")

    Returns:
        The served folder, with its figures.

    Raises:
        DataError: the data or an option cannot be used.
        GateError: no precision is faithful; nothing was published.
    """
    set_up_libraries()
    data = load(options)
    from training.translation.pipeline import run

    return run(data, options)


@keywords(ImportOptions)
def import_model(options: ImportOptions) -> Published:
    """Turn a Marian checkpoint, such as those of OPUS-MT, or a BART one into a served model.

    The fields of `ImportOptions` are the keywords:

        import_model(model="Helsinki-NLP/opus-mt-en-de", out="build/models/opus")

    Returns:
        The served folder, with its figures.

    Raises:
        DataError: it cannot be imported.
        GateError: no precision is faithful; nothing was published.
    """
    set_up_libraries()
    from training.translation.importing import run

    return run(options)


@keywords(RewriteOptions)
def rewrite(options: RewriteOptions) -> Published:
    """Build a served model's graphs anew, of the same weights.

    The fields of `RewriteOptions` are the keywords:

        rewrite(model="build/models/mine")

    Returns:
        The served folder, with its figures.

    Raises:
        DataError: it cannot be rewritten, or ``out`` is taken.
        GateError: a golden example comes out otherwise; nothing was published.
    """
    set_up_libraries()
    from training.translation.rewriting import run

    return run(options)
