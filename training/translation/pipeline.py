"""The steps of one training run, from pairs to a published folder."""

import random
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import MarianMTModel

from training.command import checkpoints_of, models_folder
from training.errors import DataError
from training.evaluating import with_report
from training.folders import check_out
from training.processors import use_threads
from training.published import Published, joint_licence
from training.reports.page import Page
from training.translation import golden, vocabulary
from training.translation.augment import augment
from training.translation.config import MODULE, ModelConfig, Options, TrainConfig
from training.translation.data import Data
from training.translation.evaluate import TestSet
from training.translation.evaluation import by_hop, measured
from training.translation.model import from_folder, keep_some, new_model
from training.translation.pairs import Pair
from training.translation.publish import Candidate, Facts, publish
from training.translation.quantize import pieces_of
from training.translation.trainer import Trainer

VOCABULARY_LINES = 400_000  # of text, that a new vocabulary is made from
GOLDEN_FROM_TEST = 3


def start(data: Data, options: Options) -> tuple[MarianMTModel, Tokenizer]:
    """The model to train: that of ``base``, or a new one with a vocabulary of its own.

    Raises:
        DataError: ``base`` is no model for these languages.
    """
    if options.base:
        if not (options.base / "tokenizer.json").exists():
            raise DataError(f"--base {options.base} has no tokenizer.json; give a folder with one.")
        tokenizer = vocabulary.load(options.base)
        vocabulary.check_tags(tokenizer, options.target)
        return from_folder(options.base, tokenizer.get_vocab_size()), tokenizer
    print("training a vocabulary")
    lines = [text for pair in data.train for text in (pair.source, pair.target)]
    sample = random.Random(options.seed).sample(lines, min(VOCABULARY_LINES, len(lines)))
    languages = [*options.source, *options.target]
    tokenizer = vocabulary.train(sample, options.vocabulary, languages)
    return new_model(ModelConfig(), tokenizer.get_vocab_size()), tokenizer


def start_or_resume(data: Data, options: Options, saved: Path) -> tuple[MarianMTModel, Tokenizer]:
    """The model of an interrupted training, where it is to be resumed; else one to start with.

    Args:
        data: to make a vocabulary of.
        options: of the training.
        saved: folder that the model's shape and tokenizer are kept in.
    """
    if options.resume and (saved / "tokenizer.json").exists():
        tokenizer = vocabulary.load(saved)
        return from_folder(saved, tokenizer.get_vocab_size()), tokenizer
    model, tokenizer = start(data, options)
    saved.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(saved / "tokenizer.json"))
    model.save_pretrained(saved)
    return model, tokenizer


def fit(data: Data, options: Options, config: TrainConfig, folder: Path) -> tuple[Trainer, Any]:
    """Train, or go on from the checkpoint in ``folder``; keeps the fp32 weights there.

    Returns:
        The finished training, and the model on the CPU.
    """
    saved = folder / "model"
    model, tokenizer = start_or_resume(data, options, saved)
    pairs = augment(data.train, config.placeholder_share, config.seed)
    finish = augment(data.finish, config.placeholder_share, config.seed)
    trainer = Trainer(model, tokenizer, pairs, finish, data.held_out, config, folder)
    if options.resume and trainer.resume():
        print(f"resumed after {trainer.seconds / 60:.0f} minutes")
    model = trainer.run().cpu()
    model.save_pretrained(saved)
    if options.base and options.keep:
        keep_some(model, from_folder(options.base, tokenizer.get_vocab_size()), options.keep)
    return trainer, model


def first_of(test: dict[str, list[Pair]]) -> list[golden.Example]:
    """Examples for a model that no golden sentence suits: the first of each set."""
    return [
        golden.Example(pair.source, pair.source_language, pair.target_language, ())
        for pairs in test.values()
        for pair in pairs[:GOLDEN_FROM_TEST]
    ]


def training_record(options: Options, config: TrainConfig, trainer: Trainer) -> dict[str, Any]:
    """How the weights came about, for spec.json."""
    return {
        "command": options.made_by,
        "base_model": options.base.name if options.base else "none",
        "kept_of_base": options.keep if options.base else 0.0,
        "seed": config.seed,
        "minutes": round(trainer.seconds / 60, 1),
        "steps": trainer.step,
        "epochs": round(trainer.epochs, 2),
        "learning_rate": config.learning_rate,
        "batch_tokens": config.batch_tokens,
        "label_smoothing": config.label_smoothing,
        "averaging": f"exponential, decay {config.ema_decay}",
        "train_pairs": len(trainer.learned),
    }


def candidate_of(data: Data, trainer: Trainer, model: MarianMTModel, facts: Facts) -> Candidate:
    """The trained model with what it is quantized by and measured on."""
    texts: dict[str, list[str]] = {target: [] for target in facts.targets}
    for pair in data.train:
        texts[pair.target_language].append(pair.target)
    return Candidate(
        model,
        trainer.tokenizer,
        pieces_of(trainer.tokenizer, texts),
        random.Random(0).sample(trainer.learned, len(trainer.learned)),
        [TestSet(name, "tuning", pairs) for name, pairs in data.test.items()],
        facts,
    )


def run(data: Data, options: Options) -> Published:
    """Train, then publish.

    Raises:
        DataError: an option cannot be used.
        GateError: the int8 model is not faithful; nothing was published.
    """
    torch.manual_seed(options.seed)
    if not 0 <= options.keep < 1:
        raise DataError(f"--keep is {options.keep}; it must be at least 0 and below 1.")
    use_threads(options.threads)
    name = options.name or f"marian-{'-'.join(options.source)}-{'-'.join(options.target)}"
    out = options.out or models_folder(name)
    check_out(out)
    config = TrainConfig(
        minutes=options.minutes,
        learning_rate=options.learning_rate,
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
        training=training_record(options, config, trainer),
        data=tuple(data.sources),
        golden=examples,
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
