"""The steps of one training run, from histories to a published folder."""

from functools import partial
from pathlib import Path
from typing import Any

from training.command import models_folder
from training.evaluating import with_report
from training.folders import check_out
from training.processors import use_threads
from training.published import Published, joint_licence
from training.recommendation.calibration import choose_often, choose_trust
from training.recommendation.config import MODULE, ModelConfig, Options, TrainConfig
from training.recommendation.data import label_of
from training.recommendation.evaluation import measured
from training.recommendation.first_day import publish_texts
from training.recommendation.interactions import Interactions, Split, split
from training.recommendation.model import SequenceModel
from training.recommendation.publish import Candidate, Facts, publish
from training.recommendation.texts import base_of
from training.recommendation.titles import Texts
from training.recommendation.trainer import MOST_REPEATED_ITEMS, Trained, refit, train
from training.reports.page import Page


def for_new_items(data: Interactions, wanted: bool | None) -> bool:
    """Whether to train for items that a user has not had; without a wish, as the data are."""
    if wanted is not None:
        return wanted
    return all(len(set(h.items.tolist())) == len(h) for h in data.histories)


def shape_of(data: Interactions, options: Options, *, new_only: bool) -> ModelConfig:
    """The model that suits the data."""
    repeats = not new_only and len(data.catalogue) <= MOST_REPEATED_ITEMS
    if not repeats and not new_only:
        print(
            f"the catalogue has more than {MOST_REPEATED_ITEMS:,} items: having had one before is "
            "not learned from"
        )
    return ModelConfig(
        items=len(data.catalogue),
        length=options.history,
        hidden=options.hidden,
        dropout=options.dropout,
        repeats=repeats,
        timed=data.timed,
        typed=len({int(kind) for h in data.histories for kind in set(h.events.tolist())}) > 1,
    )


def fit(
    shape: ModelConfig, parts: Split, options: Options, config: TrainConfig, *, new_only: bool
) -> tuple[Trained, SequenceModel]:
    """Train; the best of the validations, and the model to publish."""
    trained = train(shape, parts.train, parts.validation, config, exclude_seen=new_only)
    if not options.refit:
        return trained, trained.model
    return trained, refit(shape, parts.refit, trained.epochs, config)


def training_record(
    options: Options, config: TrainConfig, trained: Trained, *, new_only: bool
) -> dict[str, Any]:
    """How the weights came about, for spec.json."""
    return {
        "command": options.made_by,
        "base_model": "none",
        "epochs": trained.epochs,
        "learning_rate": config.learning_rate,
        "batch_size": config.batch_size,
        "dropout": options.dropout,
        "seed": config.seed,
        "refit_with_validation": options.refit,
        "new_items_only": new_only,
        "validation": next((v for v in trained.history if v["epoch"] == trained.epochs), {}),
    }


def run(data: Interactions, options: Options) -> Published:
    """Train and publish.

    Raises:
        DataError: there is too little data, or ``out`` is taken.
        GateError: the int8 model is not faithful; nothing was published.
    """
    kind = "sasrec" if data.histories else "texts"
    name = options.name or f"{kind}-{label_of(options)}"
    out = options.out or models_folder(name)
    check_out(out)
    use_threads(options.threads)
    if not data.histories:
        return publish_texts(data, options, name, out)
    parts, base = split(data), base_of(options.text_base)
    new_only = for_new_items(data, options.new_only)
    config = TrainConfig(
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        patience=options.patience,
        averaging=options.averaging,
        seed=options.seed,
    )
    shape = shape_of(data, options, new_only=new_only)
    trained, model = fit(shape, parts, options, config, new_only=new_only)
    texts = Texts.of(data.catalogue, base)
    often = choose_often(trained.model, parts, new_only=new_only)
    for found in (trained.model, model):
        found.repeat_often.data.fill_(often)
    trust = choose_trust(trained.model, texts, parts, new_only=new_only)
    facts = Facts(
        name=name,
        licence=options.licence or joint_licence(data.sources),
        training=training_record(options, config, trained, new_only=new_only)
        | {"text_base": base, "text_trust": trust, "repeat_often": often},
        exclude_seen=new_only,
    )
    fitted = parts.refit if options.refit else parts.train
    candidate = Candidate(model, data, parts, facts, texts, fitted, trust)
    published = publish(candidate, out, options.card or out / "README.md")
    if options.no_report:
        return published
    again = f"python -m {MODULE} evaluate --model {out} --events FILE"
    return with_report(published, options.report, again, partial(_page, out, data))


def _page(folder: Path, data: Interactions) -> Page:
    """What is seen of the published model on the baskets that were held out."""
    _, make = measured(folder, data)
    return make()
