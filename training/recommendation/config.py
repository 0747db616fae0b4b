"""What a training can be told: its options, the knobs of its loop, and the model's shape."""

from dataclasses import dataclass
from pathlib import Path

from pydantic.dataclasses import dataclass as checked_dataclass

from training.command import arguments_of, recorded_command
from training.options import STRICT

MODULE = "training.recommendation"


@dataclass(frozen=True)
class TrainConfig:
    """Knobs of a training.

    Attributes:
        negatives: items drawn for a step where the catalogue is too large to take all.
        patience: validations without a better NDCG before it stops.
        validate_epochs: epochs between validations.
        overlap: share by which the pieces of long histories overlap.
        averaging: decay of the exponential average of the weights, a step; 0 for none.
    """

    epochs: int = 200
    batch_size: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    negatives: int = 2_048
    patience: int = 5
    validate_epochs: int = 2
    overlap: float = 0.5
    averaging: float = 0.0
    metric: str = "ndcg@10"
    seed: int = 0


@dataclass(frozen=True)
class ModelConfig:
    """Shape of a model.

    Attributes:
        items: rows of the catalogue.
        length: most events that it looks at.
        repeats: whether items of the history are scored for being in it.
        timed: whether events have a time.
        typed: whether there are events of several kinds.
        temperature: of the softmax over cosines; 0 for inner products without a norm.
    """

    items: int
    length: int = 50
    hidden: int = 64
    dropout: float = 0.2
    repeats: bool = True
    timed: bool = True
    typed: bool = True
    temperature: float = 0.0


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class Options:
    """What to train, on which events, and where to put it.

    Attributes:
        events: CSV of user_id, item_id, event, timestamp. Give one of this, ``sequences`` and
            ``dataset``, or ``items`` alone: a model of texts, for a shop without events.
        sequences: a file of one user a line: the user's number, then items in order.
        dataset: public data by name, of `training.recommendation.datasets.LOADERS`.
        items: CSV of item_id, title, description if there are any, and fields to filter by; with
            ``sequences`` a TSV of item_id and title.
        data_dir: folder of the public data.
        out: the served folder; None for build/models/NAME.
        name: of the model in answers; None for sasrec-DATA.
        licence: of the weights; None for that of the data.
        card: the model card; None for README.md in ``out``.
        report: the page with plots; None for report.html beside the card, or the card's name with
            .html where it is not README.md.
        no_report: whether to draw none.
        epochs: at most so many passes over the data.
        batch_size: users of a step.
        averaging: decay of an exponential average of the weights, such as 0.998; 0 for none.
        hidden: width of the model.
        history: most events that it looks at.
        patience: validations without a gain before it stops.
        threads: of torch; None for all processors.
        refit: whether to train anew for as many epochs with the validation baskets.
        new_only: whether to train and measure for items that the user has not had; None for
            where no user of the data has an item twice.
        text_base: encoder of titles and descriptions: "e5", a folder or hub id, or "none" for their
            words alone; None for E5 where its package is installed.
        command: that spec.json is to state; nothing for the one of these options.
    """

    events: Path | None = None
    sequences: Path | None = None
    dataset: str | None = None
    items: Path | None = None
    data_dir: Path | None = None
    out: Path | None = None
    name: str | None = None
    licence: str | None = None
    card: Path | None = None
    report: Path | None = None
    no_report: bool = False
    epochs: int = TrainConfig.epochs
    batch_size: int = TrainConfig.batch_size
    learning_rate: float = TrainConfig.learning_rate
    dropout: float = ModelConfig.dropout
    averaging: float = TrainConfig.averaging
    hidden: int = ModelConfig.hidden
    history: int = ModelConfig.length
    patience: int = TrainConfig.patience
    seed: int = TrainConfig.seed
    threads: int | None = None
    refit: bool = True
    new_only: bool | None = None
    text_base: str | None = None
    command: str = ""

    @property
    def made_by(self) -> str:
        """The command that makes the model, as spec.json states it."""
        return self.command or recorded_command(MODULE, arguments_of(self))


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class EvaluateOptions:
    """Which served model to evaluate, and on which events.

    Attributes:
        events, sequences, dataset, items, data_dir: as of `Options`. Each user's last basket is
            looked for, which a training on the same events has not seen.
        model: served folder.
        report: the page with plots; None for build/reports/NAME.html.
        no_report: whether to draw none.
    """

    events: Path | None = None
    sequences: Path | None = None
    dataset: str | None = None
    items: Path | None = None
    data_dir: Path | None = None
    model: Path = Path("layers/models/recommendation")
    report: Path | None = None
    no_report: bool = False

    @property
    def data(self) -> Options:
        """What says which events they are."""
        return Options(
            events=self.events,
            sequences=self.sequences,
            dataset=self.dataset,
            items=self.items,
            data_dir=self.data_dir,
        )
