"""What a training, an import and a rewriting can be told, and the knobs of the training's loop."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from training.command import arguments_of, recorded_command
from training.options import STRICT, Codes, Paths

MODULE = "training.translation"
E5 = "e5"
MOST_WEIGHT = 10.0  # nats, above which a model says what the dictionary does, whatever the text
HIDDEN = {"--base": "BASE", "--start": "START", "--work-dir": ""}  # they are of this machine
PLACES = {"--out": "OUT", "--card": "CARD"}  # where they are no places in this repository


def recorded(arguments: Sequence[str]) -> str:
    """The command as spec.json states it; a base that has a name keeps it."""
    kept = {option for option, value in pairwise(arguments) if (option, value) == ("--base", E5)}
    hidden = {option: shown for option, shown in HIDDEN.items() if option not in kept}
    for option, value in pairwise(arguments):
        if option in PLACES and Path(value).is_absolute():
            hidden[option] = PLACES[option]
    return recorded_command(MODULE, arguments, hidden)


Weight = Annotated[float, Field(ge=0, le=MOST_WEIGHT)]


@dataclass(frozen=True)
class TrainConfig:
    """Knobs of a training; the defaults suit a Marian model of 10 million parameters.

    Attributes:
        minutes: of training; the learning rate falls to zero over them.
        batch_tokens: most padded tokens of a batch, the longer of its two sides.
        learning_rate: peak, after `warmup_steps`.
        label_smoothing: share of the target's probability spread over the vocabulary.
        other_pieces: that are drawn for each step's output layer beside its targets'; 0 for all.
        dropout: of the model while it trains.
        encoder_rate: of the learning rate, what the encoder and the embeddings get.
        end_rate: of the learning rate, what is left at the end.
        ema_decay: of the averaged weights, which are the ones kept.
        max_words: longer sentences are left out of training.
        finish_share: of the minutes, the last of which are on the data's finishing pairs.
        placeholder_share: share of pairs that get placeholder tokens.
        validate_minutes: between two validations, each of which saves a checkpoint.
    """

    minutes: float = 120.0
    batch_tokens: int = 2_000
    learning_rate: float = 8e-4
    warmup_steps: int = 300
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    other_pieces: int = 0
    dropout: float = 0.0
    encoder_rate: float = 1.0
    end_rate: float = 0.0
    ema_decay: float = 0.998
    max_words: int = 32
    finish_share: float = 0.6
    placeholder_share: float = 0.08
    validate_minutes: float = 8.0
    seed: int = 0


@dataclass(frozen=True)
class ModelConfig:
    """Shape of a model that is trained from nothing."""

    hidden: int = 256
    heads: int = 4
    feed_forward: int = 1_024
    encoder_layers: int = 6
    decoder_layers: int = 2
    positions: int = 256


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class Options:
    """What to train, on which pairs, and where to put it.

    Attributes:
        source: codes to translate from.
        target: codes to translate into.
        pairs: UTF-8 files, .gz or not, of lines "text TAB translation"; with several targets each
            is named NAME.SOURCE-TARGET.tsv. Give these or ``dataset``.
        dataset: a public collection by name, of `training.translation.datasets.LOADERS`, or
            ``domains`` for all of them, drawn by the weight of their domain.
        data_dir: folder of the public collections.
        base: ``e5``, or a hub id or folder of multilingual-e5-small, for a new model whose encoder
            is that one; or folder of a Marian model with tokenizer.json to go on from; None for a
            new Marian model.
        start: folder of a model with tokenizer.json, trained here before, to go on from; a served
            folder too.
        weights: of domains, against those of `training.translation.domains.WEIGHTS`, such as
            ``own=12``.
        keep: share of the base's weights in the published ones, at least 0 and below 1: what the
            base knew is forgotten less.
        vocabulary: pieces of a new model.
        minutes: of training; the learning rate falls over them.
        end_rate: share of the learning rate that is left at the end; more than zero where another
            training goes on from this one.
        batch_tokens: padded tokens of a step; more on a GPU.
        threads: of torch; None for all processors.
        workers: processes that draw pairs ahead, for a GPU.
        work_dir: of the checkpoints; None for build/checkpoints/NAME.
        resume: whether to go on from the last checkpoint.
        test: pairs to report BLEU and chrF on, as ``pairs``.
        out: the served folder; None for build/models/NAME.
        name: of the model in answers; None for one made of the languages.
        licence: of the weights; None for that of the data.
        card: the model card; None for README.md in ``out``.
        golden: TSV of source language, target language, text, accepted translations.
        dictionary_weight: nats that serving adds to pieces of words that the dictionary says, in
            the directions that it has; 0 for none.
        report: the page with plots; None for report.html beside the card, or the card's name with
            .html where it is not README.md.
        no_report: whether to draw none.
        command: that spec.json is to state; nothing for the one of these options.
    """

    source: Codes
    target: Codes
    pairs: Paths = ()
    dataset: str | None = None
    data_dir: Path | None = None
    base: Path | None = None
    start: Path | None = None
    weights: Codes = ()
    keep: float = 0.0
    vocabulary: int = 12_000
    minutes: float = TrainConfig.minutes
    learning_rate: float = TrainConfig.learning_rate
    end_rate: float = TrainConfig.end_rate
    batch_tokens: int = TrainConfig.batch_tokens
    threads: int | None = None
    workers: int = 0
    seed: int = TrainConfig.seed
    work_dir: Path | None = None
    resume: bool = False
    test: Paths = ()
    out: Path | None = None
    name: str | None = None
    licence: str | None = None
    card: Path | None = None
    golden: Path | None = None
    dictionary_weight: Weight = 0.0
    report: Path | None = None
    no_report: bool = False
    command: str = ""

    @property
    def made_by(self) -> str:
        """The command that makes the model, as spec.json states it."""
        return self.command or recorded(arguments_of(self))


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class ImportOptions:
    """Which Marian or BART checkpoint to serve, and where to put it.

    Attributes:
        model: hub id or folder.
        source: code; None for what its tokenizer says.
        target: codes; none for what its tokenizer says.
        text: lines in the source language to find int8 ranges on.
        pairs: as of `Options`; the output layer is then over the pieces that occur in each target
            language's side, where it is otherwise over all.
        test, out, name, licence, card, golden, command: as of `Options`.
    """

    model: str
    source: str | None = None
    target: Codes = ()
    text: Path | None = None
    pairs: Paths = ()
    test: Paths = ()
    out: Path | None = None
    name: str | None = None
    licence: str | None = None
    card: Path | None = None
    golden: Path | None = None
    command: str = ""

    @property
    def made_by(self) -> str:
        """The command that makes the model, as spec.json states it."""
        return self.command or recorded(["import", *arguments_of(self)])


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class RewriteOptions:
    """Which served model to build anew.

    Attributes:
        model: served folder.
        out: served folder; None for the same.
        test: sets to measure BLEU and chrF on again.
        dictionary_weight: as of `Options`; None for that of the model.
        card: the model card; None for README.md in ``out``.
    """

    model: Path
    out: Path | None = None
    test: Paths = ()
    dictionary_weight: Weight | None = None
    card: Path | None = None


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class EvaluateOptions:
    """Which served models to evaluate, and on which pairs.

    Attributes:
        test: files of lines "text TAB translation", each named NAME.SOURCE-TARGET.tsv (.gz or
            not), or with the columns that ``columns`` says; each is turned every way round that
            the models serve.
        columns: codes of the columns of files whose names do not say them.
        source: codes to translate from; none for all.
        target: codes to translate into; none for all. With both, a direction by way of English
            is evaluated too.
        model: served folder of one model or of several.
        most: lines of each file and direction; larger ones are sampled.
        report: the page with plots; None for build/reports/NAME.html.
        no_report: whether to draw none.
    """

    test: Paths = ()
    columns: Codes = ()
    source: Codes = ()
    target: Codes = ()
    model: Path = Path("layers/models/translation")
    most: Annotated[int, Field(ge=1)] = 300
    report: Path | None = None
    no_report: bool = False
