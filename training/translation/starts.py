"""What a training begins with: a new model, one of a pretrained encoder, or a former one."""

import json
import random
from pathlib import Path

from tokenizers import Tokenizer

from shared.models.folder import SPEC_FILE, TOKENIZER_FILE
from training.errors import DataError
from training.translation import vocabulary
from training.translation.config import ModelConfig, Options
from training.translation.data import Data
from training.translation.from_encoder import new_translator
from training.translation.model import from_folder, new_model
from training.translation.placeholder_rows import give_placeholders
from training.translation.served import read_served
from training.translation.shapes import Model, model_of

VOCABULARY_LINES = 400_000  # of text, that a new vocabulary is made from


def start(data: Data, options: Options) -> tuple[Model, Tokenizer]:
    """The model to train: one to go on from, one of a base, or a new one with a new vocabulary.

    Raises:
        DataError: ``base`` or ``start`` is no model for these languages.
    """
    if options.start or options.base:
        return former(options) or new_translator(str(options.base), options.target)
    print("training a vocabulary")
    lines = [text for pair in data.train for text in (pair.source, pair.target)]
    sample = random.Random(options.seed).sample(lines, min(VOCABULARY_LINES, len(lines)))
    languages = [*options.source, *options.target]
    tokenizer = vocabulary.train(sample, options.vocabulary, languages)
    return new_model(ModelConfig(), tokenizer.get_vocab_size()), tokenizer


def former(options: Options) -> tuple[Model, Tokenizer] | None:
    """The translation model of ``start`` or ``base``; None where neither is one.

    A served folder is one: its int8 weights are multiplied out.
    """
    option, folder = ("start", options.start) if options.start else ("base", options.base)
    if folder is None or (option == "base" and not _has_translator(folder)):
        return None
    if not (folder / TOKENIZER_FILE).exists():
        raise DataError(f"--{option} {folder} has no {TOKENIZER_FILE}; give a folder with one.")
    plain = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    vocabulary.check_tags(plain, options.target)
    if (folder / SPEC_FILE).exists():
        served = read_served(folder)
        return model_of(served.config, served.weights), plain
    if _kind(folder) == "bart":
        model = from_folder(folder, plain.get_vocab_size())
        return model, give_placeholders(model, plain, {})
    tokenizer = vocabulary.load(folder)
    return from_folder(folder, tokenizer.get_vocab_size()), tokenizer


def _has_translator(folder: Path) -> bool:
    return folder.is_dir() and ((folder / SPEC_FILE).exists() or _kind(folder) != "bert")


def _kind(folder: Path) -> str:
    """The architecture that a folder's config.json names; nothing where there is none."""
    path = folder / "config.json"
    return str(json.loads(path.read_text()).get("model_type", "")) if path.exists() else ""


def start_or_resume(data: Data, options: Options, saved: Path) -> tuple[Model, Tokenizer]:
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
