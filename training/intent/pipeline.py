"""The steps of one training run, from a data set to a published folder."""

from functools import partial
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from training.command import checkpoints_of
from training.evaluating import with_report
from training.intent.card import model_card
from training.intent.config import MODULE, Options, TrainConfig, config_for
from training.intent.evaluate import per_intent_f1
from training.intent.evaluation import held_out, measured
from training.intent.examples import Dataset
from training.intent.gate import INT8_FILE, MAX_TOKENS, Candidate, Faithful, quantize_faithfully
from training.intent.model import BertIntentClassifier, load_base, load_former
from training.intent.preflight import read_golden, read_labels
from training.intent.publish import Facts, publish
from training.intent.quantize import describe
from training.intent.trainer import Trainer
from training.published import Published
from training.reports.page import Page

GOLDEN_FROM_VALIDATION = 24


def fine_tune(
    dataset: Dataset, options: Options, config: TrainConfig, folder: Path
) -> tuple[BertIntentClassifier, Tokenizer]:
    """Train, or go on from the checkpoint in ``folder``; keeps the fp32 weights there."""
    model, tokenizer = _starting_model(dataset, options)
    trainer = Trainer(
        model, tokenizer, dataset, config, folder, has_heads=options.start is not None
    )
    if options.resume and trainer.checkpoint.resume(trainer, trainer.device):
        print(f"resumed after epoch {trainer.epoch}")
    model = trainer.run()
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return model.cpu(), tokenizer


def _starting_model(dataset: Dataset, options: Options) -> tuple[BertIntentClassifier, Tokenizer]:
    if options.start is not None:
        return load_former(options.start, dataset.labels, dataset.slots)
    return load_base(
        options.base,
        dataset.labels,
        dataset.slots,
        denies=dataset.denies,
        layers=options.layers,
    )


def golden_texts(path: Path | None, dataset: Dataset) -> list[str]:
    """The texts of a file, or the first validation text of each class."""
    if path:
        return read_golden(path)
    first: dict[int, str] = {}
    for text, label in zip(dataset.validation.texts, dataset.validation.labels, strict=True):
        first.setdefault(label, text)
    return [first[label] for label in sorted(first)][:GOLDEN_FROM_VALIDATION]


def training_record(dataset: Dataset, options: Options, config: TrainConfig) -> dict[str, Any]:
    """How the weights came about, for spec.json."""
    return {
        "command": options.made_by,
        "base_model": options.base,
        "seed": options.seed,
        "epochs": config.epochs,
        "batch_size": config.batch_size,
        "learning_rate": config.learning_rate,
        "train_rows": len(dataset.train),
        "validation_rows": len(dataset.validation),
    }


def facts_of(
    name: str, dataset: Dataset, options: Options, training: dict[str, Any], faithful: Faithful
) -> Facts:
    """What spec.json states of the model."""
    return Facts(
        name=name,
        licence=options.licence,
        languages=tuple(filter(None, options.languages.split(","))),
        labels=read_labels(options.labels, dataset.labels),
        rule=faithful.rule,
        max_tokens=MAX_TOKENS,
        quantization=describe(faithful.scheme),
        training=training,
        data=dataset.sources,
        metrics=faithful.metrics,
        fidelity=faithful.fidelity,
        golden_texts=faithful.golden,
        slots=faithful.slots,
    )


def run(dataset: Dataset, options: Options) -> Published:
    """Train, quantize, choose the rule, pass the gate, publish.

    Raises:
        DataError: the checkpoint or the base cannot be used.
        GateError: no int8 model is faithful; nothing was published.
    """
    name = options.name or f"intent-{dataset.name}"
    folder = options.work_dir or checkpoints_of(name)
    folder.mkdir(parents=True, exist_ok=True)
    config = config_for(options)
    model, tokenizer = fine_tune(dataset, options, config, folder)
    golden = golden_texts(options.golden, dataset)
    faithful = quantize_faithfully(
        Candidate(model, tokenizer, dataset, golden, options.threshold_cost, folder)
    )
    record = training_record(dataset, options, config)
    facts = facts_of(name, dataset, options, record, faithful)
    spec, previous = publish(folder / INT8_FILE, tokenizer, facts, options.out)
    f1 = {x.name: per_intent_f1(x.int8, x.split, dataset.labels) for x in faithful.sets}
    card = options.card or options.out / "README.md"
    published = Published(options.out, card, spec, previous).with_card(model_card(spec, f1))
    if options.no_report:
        return published
    again = f"python -m {MODULE} evaluate --model {options.out} --test FILE"
    make = partial(_page, options.out, dataset)
    return with_report(published, options.report, again, make)


def _page(folder: Path, dataset: Dataset) -> Page:
    """What is seen of the published model on the messages that it was measured on."""
    _, make = measured(folder, held_out(dataset))
    return make()
