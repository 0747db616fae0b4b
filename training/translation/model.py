"""Marian models in torch: new ones, those of a folder, and mixtures."""

from pathlib import Path

import torch
from torch import nn
from transformers import AutoConfig, BartForConditionalGeneration, MarianConfig, MarianMTModel

from training.errors import DataError
from training.translation.config import ModelConfig
from training.translation.shapes import Model
from training.translation.vocabulary import END, PAD


def new_model(config: ModelConfig, tokens: int) -> MarianMTModel:
    """A Marian model with random weights over a joint vocabulary of ``tokens`` entries."""
    return MarianMTModel(
        MarianConfig(
            vocab_size=tokens,
            decoder_vocab_size=tokens,
            d_model=config.hidden,
            encoder_attention_heads=config.heads,
            decoder_attention_heads=config.heads,
            encoder_ffn_dim=config.feed_forward,
            decoder_ffn_dim=config.feed_forward,
            encoder_layers=config.encoder_layers,
            decoder_layers=config.decoder_layers,
            max_position_embeddings=config.positions,
            activation_function="relu",
            scale_embedding=True,
            static_position_embeddings=True,
            share_encoder_decoder_embeddings=True,
            pad_token_id=PAD,
            eos_token_id=END,
            bos_token_id=END,
            decoder_start_token_id=PAD,
            forced_eos_token_id=None,
        )
    )


def from_folder(folder: Path, tokens: int) -> Model:
    """The model of a folder, with embeddings for the tokens that the tokenizer has gained.

    Raises:
        DataError: the folder has no Marian or BART weights, or more tokens than the tokenizer.
    """
    try:
        bart = AutoConfig.from_pretrained(folder).model_type == "bart"
        kind = BartForConditionalGeneration if bart else MarianMTModel
        model = kind.from_pretrained(folder).float()
    except (OSError, ValueError) as error:
        raise DataError(
            f"{folder} has no Marian or BART model that transformers can load: {error}"
        ) from error
    have = model.config.vocab_size
    if have > tokens:
        raise DataError(f"{folder}: {have} embeddings, but its tokenizer.json has {tokens} tokens.")
    if have < tokens:
        model.resize_token_embeddings(tokens)
    return model


def set_dropout(model: nn.Module, share: float) -> None:
    """Marian's layers keep the value in an attribute of their own."""
    for module in model.modules():
        if isinstance(getattr(module, "dropout", None), float):
            module.dropout = share


def keep_some(model: Model, base: Model, share: float) -> None:
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
