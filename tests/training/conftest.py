"""A tiny base model and a small CSV, so that a whole training takes seconds."""

import itertools
from pathlib import Path

import pytest
import torch
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel, BertTokenizerFast

from training.intent.quantize import EMBEDDING_MIN_ROWS

torch.set_num_threads(1)  # threads that spin at barriers cost a busy machine minutes

WORDS = {
    "track_order": ["where", "package", "parcel", "arrived", "courier"],
    "get_refund": ["money", "refund", "return", "back", "reimburse"],
    "reset_password": ["password", "login", "forgot", "locked", "account"],
    "out_of_scope": ["weather", "joke", "football", "music", "poem"],
}
FILLERS = ["my", "the", "please", "now", "today", "about"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def sentences(intent: str) -> list[str]:
    """Every pair of an intent's words with one filler."""
    pairs = itertools.permutations(WORDS[intent], 2)
    return [f"{a} {FILLERS[i % len(FILLERS)]} {b}" for i, (a, b) in enumerate(pairs)]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT, 2 layers of width 32, with a table large enough to be quantized."""
    folder = tmp_path_factory.mktemp("base")
    vocabulary = [*SPECIAL, *FILLERS, *itertools.chain.from_iterable(WORDS.values())]
    vocabulary += [f"[unused{i}]" for i in range(EMBEDDING_MIN_ROWS + 8 - len(vocabulary))]
    tokenizer = BertWordPieceTokenizer({word: i for i, word in enumerate(vocabulary)})
    BertTokenizerFast(tokenizer_object=tokenizer._tokenizer).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=160,
    )
    model = BertModel(config)
    # Without noise from positions, class centroids tell the words apart before any training.
    model.embeddings.position_embeddings.weight.data.zero_()
    model.embeddings.token_type_embeddings.weight.data.zero_()
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV of the user's, 20 texts an intent."""
    path = tmp_path_factory.mktemp("data") / "mine.csv"
    lines = [f"{text},{intent}" for intent in WORDS for text in sentences(intent)]
    path.write_text("\n".join(["text,intent", *lines]) + "\n", encoding="utf-8")
    return path
