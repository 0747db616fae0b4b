"""The steps of one training run, from pairs to a published folder."""

import random
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import BartForConditionalGeneration

from training.command import checkpoints_of, models_folder
from training.errors import DataError
from training.evaluating import with_report
from training.folders import check_out
from training.processors import use_threads
from training.published import Published, joint_licence
from training.reports.page import Page
from training.translation import golden
from training.translation.config import MODULE, Options, TrainConfig
from training.translation.data import Data
from training.translation.evaluate import TestSet
from training.translation.evaluation import by_hop, measured
from training.translation.folder import Facts
from training.translation.model import keep_some
from training.translation.pairs import Pair
from training.translation.parts import FOR_ALL_DIRECTIONS, drawn_parts, fixed_parts
from training.translation.publish import Candidate, publish
from training.translation.quantize import pieces_of
from training.translation.shapes import Model
from training.translation.starts import former, start_or_resume
from training.translation.trainer import Trainer

GOLDEN_FROM_TEST = 3
CALIBRATION_FROM = 20_000  # pairs
WRITTEN_POOLS = 20  # of drawn pairs, whose pieces the output layers hold ...
WRITTEN_TIMES = 2  # ... that occur so often, ...
WRITTEN_MOST = 0.6  # ... in at most such a share of the vocabulary
# The encoder is pretrained: it learns at half the rate, and dropout keeps what it knows in use.
# Most of its 22,000 pieces are left out of each step, which takes a fifth less time so.
FOR_BART: dict[str, Any] = {
    "other_pieces": 4_096,
    "dropout": 0.1,
    "encoder_rate": 0.5,
    "finish_share": 0.2,
    "validate_minutes": 20.0,
}
GOING_ON: dict[str, Any] = {"warmup_steps": 100}  # weights that are trained need no longer start


def fit(data: Data, options: Options, config: TrainConfig, folder: Path) -> tuple[Trainer, Any]:
    """Train, or go on from the checkpoint in ``folder``; keeps the fp32 weights there.

    Returns:
        The finished training, and the model on the CPU.
    """
    saved = folder / "model"
    model, tokenizer = start_or_resume(data, options, saved)
    if isinstance(model, BartForConditionalGeneration):
        config = replace(config, **FOR_BART, **(GOING_ON if options.start else {}))
        parts = drawn_parts(data, options, config, tokenizer)
    else:
        parts = fixed_parts(data, config, tokenizer)
    trainer = Trainer(model, tokenizer, parts, data.held_out, config, folder)
    if options.resume and trainer.checkpoint.resume(trainer, trainer.device):
        print(f"resumed after {trainer.seconds / 60:.0f} minutes")
    model = trainer.run().cpu()
    model.save_pretrained(saved)
    before = former(options) if options.keep else None
    if before:
        keep_some(model, before[0], options.keep)
    return trainer, model


def first_of(test: dict[str, list[Pair]]) -> list[golden.Example]:
    """Examples for a model that no golden sentence suits: the first of each set."""
    return [
        golden.Example(pair.source, pair.source_language, pair.target_language, ())
        for pairs in test.values()
        for pair in pairs[:GOLDEN_FROM_TEST]
    ]


def training_record(
    data: Data, options: Options, config: TrainConfig, trainer: Trainer
) -> dict[str, Any]:
    """How the weights came about, for spec.json."""
    known = sum(map(len, data.domains.values())) or len(trainer.learned())
    return {
        "command": options.made_by,
        "base_model": options.base.name if options.base else "none",
        **({"started_from": options.start.name} if options.start else {}),
        "kept_of_base": options.keep,
        "seed": config.seed,
        "minutes": round(trainer.seconds / 60, 1),
        "steps": trainer.step,
        "epochs": round(trainer.epochs, 2),
        "learning_rate": config.learning_rate,
        "batch_tokens": config.batch_tokens,
        "label_smoothing": config.label_smoothing,
        "computed_in": trainer.computed_in,
        "averaging": f"exponential, decay {config.ema_decay}",
        "train_pairs": known,
    }


def candidate_of(data: Data, trainer: Trainer, model: Model, facts: Facts) -> Candidate:
    """The trained model with what it is quantized by and measured on."""
    learned = trainer.learned(WRITTEN_POOLS)
    texts: dict[str, list[str]] = {target: [] for target in facts.targets}
    for pair in learned:
        texts[pair.target_language].append(pair.target)
    of_drawn = partial(pieces_of, least=WRITTEN_TIMES, most=WRITTEN_MOST)
    return Candidate(
        model,
        trainer.tokenizer,
        of_drawn(trainer.tokenizer, texts) if data.domains else pieces_of(trainer.tokenizer, texts),
        random.Random(0).sample(learned, min(len(learned), CALIBRATION_FROM)),
        [TestSet(name, "tuning", pairs) for name, pairs in data.test.items()],
        facts,
    )


def run(data: Data, options: Options) -> Published:
    """Train, then publish.

    Raises:
        DataError: an option cannot be used.
        GateError: no precision is faithful; nothing was published.
    """
    torch.manual_seed(options.seed)
    if not 0 <= options.keep < 1:
        raise DataError(f"--keep is {options.keep}; it must be at least 0 and below 1.")
    use_threads(options.threads)
    if options.keep and former(options) is None:
        raise DataError("--keep needs --start, or --base with the folder of a translation model.")
    if data.domains and not (options.base or options.start):
        raise DataError(FOR_ALL_DIRECTIONS)
    if options.base and options.start:
        raise DataError("Give --base for a new model or --start to go on from one, not both.")
    name = options.name or f"marian-{'-'.join(options.source)}-{'-'.join(options.target)}"
    out = options.out or models_folder(name)
    check_out(out)
    config = TrainConfig(
        minutes=options.minutes,
        learning_rate=options.learning_rate,
        end_rate=options.end_rate,
        batch_tokens=options.batch_tokens,
        seed=options.seed,
    )
    path = options.golden or golden.DEFAULT
    examples = golden.read_golden(path, options.source, options.target) + first_of(data.test)
    trainer, model = fit(data, options, config, options.work_dir or checkpoints_of(name))
    facts = Facts(
        name=name,
        licence=options.licence or joint_licence(data.sources),
        languages=options.source,
        targets=options.target,
        training=training_record(data, options, config, trainer),
        data=tuple(data.sources),
        golden=examples,
        dictionary_weight=options.dictionary_weight,
    )
    candidate = candidate_of(data, trainer, model, facts)
    published = publish(candidate, out, options.card or out / "README.md")
    if options.no_report:
        return published
    again = f"python -m {MODULE} evaluate --model {out} --test FILE"
    return with_report(published, options.report, again, partial(_page, out, data.test))


def _page(folder: Path, test: dict[str, list[Pair]]) -> Page:
    """What is seen of the published model on the pairs that it was measured on."""
    _, make = measured(folder, by_hop(test))
    return make()
