"""The steps of one training run, from a data set to a published folder."""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from tokenizers import Tokenizer

from functions.intent.decision import Rule
from shared.models.spec import Fidelity, Metric
from training.errors import GateError
from training.intent.calibrate import Costs, choose_rule
from training.intent.card import model_card
from training.intent.config import TrainConfig
from training.intent.data import Dataset, Split
from training.intent.evaluate import compare, metric, per_intent_f1
from training.intent.export import Graph, to_fused_fp32
from training.intent.graph import supports
from training.intent.model import BertIntentClassifier, load_base
from training.intent.preflight import read_golden, read_labels
from training.intent.publish import Facts, publish
from training.intent.quantize import SCHEMES, Scheme, describe, quantize
from training.intent.train import Trainer

ALLOWED_FLIPS = 0.003
MAX_TOKENS = 128
FP32_FILE, INT8_FILE = "fp32.onnx", "int8.onnx"


@dataclass(frozen=True)
class Logits:
    """Logits of both precisions, (N, C) float32 each, on one set."""

    name: str
    split: Split
    fp32: NDArray[np.float32]
    int8: NDArray[np.float32]


def train_model(
    dataset: Dataset, args: argparse.Namespace, folder: Path
) -> tuple[BertIntentClassifier, Tokenizer, TrainConfig]:
    """Fine-tune, or go on from the checkpoint in ``folder``; keeps the fp32 weights there."""
    model, tokenizer = load_base(args.base, dataset.labels)
    defaults = TrainConfig()
    config = TrainConfig(seed=args.seed, epochs=args.epochs or defaults.epochs)
    trainer = Trainer(
        model, tokenizer, dataset.train, dataset.validation, dataset.out_of_scope, config, folder
    )
    if args.resume and trainer.resume():
        print(f"resumed after epoch {trainer.epoch}")
    model = trainer.run()
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return model.cpu(), tokenizer, config


def both_precisions(folder: Path, tokenizer: Tokenizer, sets: dict[str, Split]) -> list[Logits]:
    """Logits of the fp32 and the int8 graph in ``folder`` on every set."""
    fp32, int8 = Graph(folder / FP32_FILE, tokenizer), Graph(folder / INT8_FILE, tokenizer)
    return [
        Logits(
            name,
            split,
            fp32.logits(split.texts, MAX_TOKENS),
            int8.logits(split.texts, MAX_TOKENS),
        )
        for name, split in sets.items()
    ]


def check_gate(fidelity: list[Fidelity], golden: Fidelity) -> None:
    """Refuse an int8 model that flips too much.

    Raises:
        GateError: more than `ALLOWED_FLIPS` of all decisions differ, or a golden one.
    """
    compared = sum(entry.compared for entry in fidelity)
    differing = sum(entry.differing for entry in fidelity)
    if differing > max(1.0, ALLOWED_FLIPS * compared):
        raise GateError(
            f"int8 decides {differing} of {compared} texts otherwise than fp32 "
            f"({differing / compared:.2%}, at most {ALLOWED_FLIPS:.1%}). "
            "Train longer, so that fewer texts lie on the border, or add examples."
        )
    if golden.differing:
        raise GateError(f"int8 flips {golden.differing} golden texts.")


def golden_texts(args: argparse.Namespace, dataset: Dataset) -> list[str]:
    """The texts of ``--golden``, or the first validation text of each class."""
    if args.golden:
        return read_golden(args.golden)
    first: dict[int, str] = {}
    for text, label in zip(dataset.validation.texts, dataset.validation.labels, strict=True):
        first.setdefault(label, text)
    return [first[label] for label in sorted(first)][:24]


def training_record(
    dataset: Dataset, args: argparse.Namespace, config: TrainConfig, command: str
) -> dict[str, Any]:
    """How the weights came about, for spec.json."""
    return {
        "command": command,
        "base_model": args.base,
        "seed": args.seed,
        "epochs": config.epochs,
        "batch_size": config.batch_size,
        "learning_rate": config.learning_rate,
        "train_rows": len(dataset.train),
        "validation_rows": len(dataset.validation),
    }


def measure(sets: list[Logits], rule: Rule) -> tuple[list[Metric], list[Fidelity]]:
    """Figures of both precisions, and how far they agree, per set."""
    metrics = [
        metric(item.name, precision, logits, item.split, rule)
        for item in sets
        for precision, logits in (("fp32", item.fp32), ("int8", item.int8))
    ]
    fidelity = [compare(x.name, x.fp32, x.int8, rule, ALLOWED_FLIPS) for x in sets]
    return metrics, fidelity


def report(metrics: list[Metric], fidelity: list[Fidelity], rule: Rule) -> None:
    """Print what was reached."""
    print(f"rule: {rule}")
    for entry in metrics:
        print(f"{entry.dataset} ({entry.precision}): {json.dumps(entry.values)}")
    for flips in fidelity:
        print(f"{flips.dataset}: {flips.differing} of {flips.compared} decisions differ")


@dataclass(frozen=True)
class Faithful:
    """An int8 model that passed the gate, and what was measured on the way."""

    scheme: Scheme
    rule: Rule
    sets: list[Logits]
    metrics: list[Metric]
    fidelity: list[Fidelity]


def try_scheme(
    scheme: Scheme,
    model: BertIntentClassifier,
    tokenizer: Tokenizer,
    dataset: Dataset,
    golden: list[str],
    args: argparse.Namespace,
    folder: Path,
) -> Faithful:
    """Quantize by ``scheme`` into ``folder``, measure, and pass the gate.

    Raises:
        GateError: the int8 model is not faithful.
    """
    fused = to_fused_fp32(model)
    onnx.save(fused, folder / FP32_FILE)
    texts = dataset.train.texts
    quantize(model, fused, texts, tokenizer, MAX_TOKENS, folder / INT8_FILE, scheme)
    kept, validation, *tests = both_precisions(
        folder,
        tokenizer,
        {
            "golden": Split(golden, [0] * len(golden)),
            "validation": dataset.validation,
            **dataset.test,
        },
    )
    # By fp32: a rule fitted to broken int8 logits abstains everywhere, and hides it from the gate.
    rule = choose_rule(
        validation.fp32,
        np.asarray(validation.split.labels),
        dataset.out_of_scope,
        Costs(threshold=args.threshold_cost),
    )
    sets = tests or [validation]
    metrics, fidelity = measure(sets, rule)
    report(metrics, fidelity, rule)
    flips = compare("golden", kept.fp32, kept.int8, rule, 0.0)
    check_gate(fidelity, flips)
    return Faithful(scheme, rule, sets, metrics, [*fidelity, flips])


def quantize_faithfully(
    model: BertIntentClassifier,
    tokenizer: Tokenizer,
    dataset: Dataset,
    golden: list[str],
    args: argparse.Namespace,
    folder: Path,
) -> Faithful:
    """The fastest scheme that passes the gate.

    Raises:
        GateError: none does; the last one's reason.
    """
    for scheme in SCHEMES[:-1] if supports(model) else ():
        try:
            return try_scheme(scheme, model, tokenizer, dataset, golden, args, folder)
        except GateError as error:
            print(f"scheme {scheme.name}: {error} Trying a slower, more faithful one.")
    return try_scheme(SCHEMES[-1], model, tokenizer, dataset, golden, args, folder)


def run(dataset: Dataset, args: argparse.Namespace, command: str) -> None:
    """Train, quantize, choose the rule, pass the gate, publish.

    Raises:
        GateError: no int8 model is faithful; nothing was published.
    """
    name = args.name or f"intent-{dataset.name}"
    folder = args.work_dir or Path("build/checkpoints") / name
    folder.mkdir(parents=True, exist_ok=True)
    model, tokenizer, config = train_model(dataset, args, folder)
    golden = golden_texts(args, dataset)
    found = quantize_faithfully(model, tokenizer, dataset, golden, args, folder)
    facts = Facts(
        name=name,
        licence=args.licence,
        languages=tuple(filter(None, args.languages.split(","))),
        labels=read_labels(args.labels, dataset.labels),
        rule=found.rule,
        max_tokens=MAX_TOKENS,
        quantization=describe(found.scheme),
        training=training_record(dataset, args, config, command),
        data=dataset.sources,
        metrics=found.metrics,
        fidelity=found.fidelity,
        golden_texts=golden,
    )
    spec, previous = publish(folder / INT8_FILE, tokenizer, facts, args.out)
    f1 = {x.name: per_intent_f1(x.int8, x.split, dataset.labels) for x in found.sets}
    card = args.card or args.out / "README.md"
    card.parent.mkdir(parents=True, exist_ok=True)
    card.write_text(model_card(spec, f1), encoding="utf-8")
    print(f"published {spec.identifier} at {args.out}, card {card}")
    if previous:
        print(f"the former model is at {previous}; to restore it: mv {previous} {args.out}")
