"""A language of a dozen words, word for word, that a tiny Marian model learns in seconds."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BartConfig, BartForConditionalGeneration, MarianConfig, MarianMTModel

from training.translation import vocabulary
from training.translation.batches import collate, encode_pairs
from training.translation.config import ModelConfig
from training.translation.model import new_model
from training.translation.pairs import Pair
from training.translation.trainer import batch_loss

WORDS = {
    "red": "rot",
    "blue": "blau",
    "green": "gruen",
    "small": "klein",
    "large": "gross",
    "shoes": "Schuhe",
    "shirts": "Hemden",
    "bags": "Taschen",
    "and": "und",
    "new": "neu",
    "old": "alt",
    "cheap": "billig",
}
TINY = ModelConfig(hidden=32, heads=2, feed_forward=64, encoder_layers=2,
                   decoder_layers=1, positions=64)  # fmt: skip


def pairs() -> list[tuple[str, str]]:
    """Every sentence of three different words, with its translation."""
    return [
        (" ".join(words), " ".join(WORDS[word] for word in words))
        for words in itertools.permutations(WORDS, 3)
    ]


def write_pairs(path: Path) -> Path:
    path.write_text("".join(f"{a}\t{b}\n" for a, b in pairs()), encoding="utf-8")
    return path


def base(folder: Path) -> Path:
    """A random tiny model with a vocabulary for the language, to be trained from."""
    lines = [text for pair in pairs() for text in pair]
    tokenizer: Tokenizer = vocabulary.train(lines, 340, ["de", "fr"])
    torch.manual_seed(0)
    model: MarianMTModel = new_model(TINY, tokenizer.get_vocab_size())
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def opus_config(tokens: int) -> MarianConfig:
    """The shape of OPUS-MT's models, tiny: swish, and padding as the last token."""
    return MarianConfig(
        vocab_size=tokens,
        decoder_vocab_size=tokens,
        d_model=64,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=128,
        decoder_ffn_dim=128,
        max_position_embeddings=64,
        activation_function="swish",
        scale_embedding=True,
        static_position_embeddings=True,
        pad_token_id=tokens - 1,
        eos_token_id=0,
        decoder_start_token_id=tokens - 1,
        forced_eos_token_id=None,
        dropout=0.0,
    )


def bart_config(tokens: int) -> BartConfig:
    """The shape of a BART that starts from a BERT: more heads in the encoder, gelu, unscaled."""
    return BartConfig(
        vocab_size=tokens,
        d_model=48,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=2,
        encoder_ffn_dim=96,
        decoder_ffn_dim=96,
        max_position_embeddings=64,
        activation_function="gelu",
        scale_embedding=False,
        dropout=0.0,
        pad_token_id=2,
        bos_token_id=0,
        eos_token_id=0,
        decoder_start_token_id=2,
        forced_eos_token_id=None,
        forced_bos_token_id=None,
    )


def bart(folder: Path, languages: Sequence[str]) -> Path:
    """A BART with a tag for each language, which has begun to learn the toy language as German.

    A random one would write one piece over and over.
    """
    tokenizer = vocabulary.train([text for pair in pairs() for text in pair], 340, languages)
    torch.manual_seed(0)
    model = BartForConditionalGeneration(bart_config(tokenizer.get_vocab_size()))
    learnt = [Pair(*pair, "en", "de") for pair in pairs()[::4]]
    sources, targets = encode_pairs(tokenizer, learnt)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for step in range(220):
        batch = collate(sources, targets, range(step % 6, len(learnt), 6))
        loss, _ = batch_loss(model, batch, 0.0)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert float(loss.detach()) < 2.0
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
