"""A training from data to a published folder."""

import argparse
import random
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import MarianMTModel

from shared.models.spec import ModelSpec
from training.errors import DataError
from training.folders import check_out
from training.translation import golden, vocabulary
from training.translation.augment import augment
from training.translation.config import ModelConfig, TrainConfig
from training.translation.data import Data
from training.translation.pairs import Pair
from training.translation.pipeline import TestSet, publish
from training.translation.publish import Facts
from training.translation.quantize import pieces_of
from training.translation.train import Trainer, from_folder, new_model

VOCABULARY_LINES = 400_000  # of text, that a new vocabulary is made from
GOLDEN_FROM_TEST = 3


def start(data: Data, args: argparse.Namespace) -> tuple[MarianMTModel, Tokenizer]:
    """The model of ``--base``, or a new one with a vocabulary of its own."""
    if args.base:
        if not (args.base / "tokenizer.json").exists():
            raise DataError(f"--base {args.base} has no tokenizer.json; give a folder with one.")
        tokenizer = vocabulary.load(args.base)
        vocabulary.check_tags(tokenizer, args.target)
        return from_folder(args.base, tokenizer.get_vocab_size()), tokenizer
    print("training a vocabulary")
    lines = [text for pair in data.train for text in (pair.source, pair.target)]
    sample = random.Random(args.seed).sample(lines, min(VOCABULARY_LINES, len(lines)))
    tokenizer = vocabulary.train(sample, args.vocabulary, [*args.source, *args.target])
    return new_model(ModelConfig(), tokenizer.get_vocab_size()), tokenizer


def keep_some(model: MarianMTModel, base: MarianMTModel, share: float) -> None:
    """Mix a share of the base's weights into a model that was trained on from them.

    Wortsman et al. 2022, "Robust fine-tuning of zero-shot models": the mixture keeps most of what
    was learned anew and most of what was known before.
    """
    before = base.state_dict()
    # A new value for every name, since several names can be of one tensor.
    mixed = {
        name: torch.lerp(weight, before[name], share) if weight.is_floating_point() else weight
        for name, weight in model.state_dict().items()
    }
    model.load_state_dict(mixed)


def run(data: Data, args: argparse.Namespace, command: str) -> ModelSpec:
    """Train, then publish.

    Raises:
        DataError: an option cannot be used.
        GateError: the int8 model is not faithful; nothing was published.
    """
    torch.manual_seed(args.seed)
    if not 0 <= args.keep < 1:
        raise DataError(f"--keep is {args.keep}; it must be at least 0 and below 1.")
    if args.threads:
        torch.set_num_threads(args.threads)
    name = args.name or f"marian-{'-'.join(args.source)}-{'-'.join(args.target)}"
    folder = args.work_dir or Path("build/checkpoints") / name
    out = args.out or Path("build/models") / name
    check_out(out)
    saved = folder / "model"
    config = TrainConfig(
        minutes=args.minutes,
        learning_rate=args.learning_rate,
        batch_tokens=args.batch_tokens,
        seed=args.seed,
    )
    examples = golden.read_golden(args.golden or golden.DEFAULT, args.source, args.target)
    examples += _first_of(data.test)
    if args.resume and (saved / "tokenizer.json").exists():
        tokenizer = vocabulary.load(saved)
        model = from_folder(saved, tokenizer.get_vocab_size())
    else:
        model, tokenizer = start(data, args)
        tokenizer.save(str(_made(saved) / "tokenizer.json"))
        model.save_pretrained(saved)
    pairs = augment(data.train, config.placeholder_share, config.seed)
    finish = augment(data.finish, config.placeholder_share, config.seed)
    trainer = Trainer(model, tokenizer, pairs, finish, data.held_out, config, folder)
    if args.resume and trainer.resume():
        print(f"resumed after {trainer.seconds / 60:.0f} minutes")
    model = trainer.run().cpu()
    model.save_pretrained(saved)
    if args.base and args.keep:
        keep_some(model, from_folder(args.base, tokenizer.get_vocab_size()), args.keep)
    texts: dict[str, list[str]] = {target: [] for target in args.target}
    for pair in data.train:
        texts[pair.target_language].append(pair.target)
    facts = Facts(
        name=name,
        licence=args.licence or " AND ".join(sorted({s.licence for s in data.sources})),
        languages=tuple(args.source),
        targets=tuple(args.target),
        training=_record(args, command, config, trainer),
        data=tuple(data.sources),
        golden=examples,
    )
    return publish(
        model,
        tokenizer,
        pieces_of(tokenizer, texts),
        random.Random(0).sample(pairs, len(pairs)),
        [TestSet(name, "tuning", found) for name, found in data.test.items()],
        facts,
        out,
        args.card or out / "README.md",
    )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _first_of(test: dict[str, list[Pair]]) -> list[golden.Example]:
    """Examples for a model that no golden sentence suits: the first of each set."""
    return [
        golden.Example(pair.source, pair.source_language, pair.target_language, ())
        for pairs in test.values()
        for pair in pairs[:GOLDEN_FROM_TEST]
    ]


def _record(
    args: argparse.Namespace, command: str, config: TrainConfig, trainer: Trainer
) -> dict[str, Any]:
    """How the weights came about, for spec.json."""
    return {
        "command": command,
        "base_model": args.base.name if args.base else "none",
        "kept_of_base": args.keep if args.base else 0.0,
        "seed": config.seed,
        "minutes": round(trainer.seconds / 60, 1),
        "steps": trainer.step,
        "epochs": round(trainer.epochs, 2),
        "learning_rate": config.learning_rate,
        "batch_tokens": config.batch_tokens,
        "label_smoothing": config.label_smoothing,
        "averaging": f"exponential, decay {config.ema_decay}",
        "train_pairs": trainer.pairs,
    }
