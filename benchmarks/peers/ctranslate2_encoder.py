"""The intent classifier on CTranslate2's BERT encoder, int8, with pooling and head in numpy."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.converters.transformers import BertLoader
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers.models.bert.modeling_bert import BertPooler

from training.intent.model import SCALE, BertIntentClassifier


def convert(model: BertIntentClassifier, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the int8 encoder."""
    bert = copy.deepcopy(model.bert)  # quantizing works on the weights in their place
    bert.pooler = BertPooler(model.config)  # the loader wants one; its output is not used
    spec = BertLoader().get_model_spec(bert)
    spec.register_vocabulary(
        [tokenizer.id_to_token(number) for number in range(model.config.vocab_size)]
    )
    known = tokenizer.get_vocab()
    spec.config.unk_token = next(token for token in ("[UNK]", "<unk>") if token in known)
    spec.config.layer_norm_epsilon = model.config.layer_norm_eps
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


def classifier(
    model: BertIntentClassifier, tokenizer: Tokenizer, folder: Path
) -> Callable[[list[str]], NDArray[np.float32]]:
    """What gives the logits (B, C) of texts, on one thread."""
    convert(model, tokenizer, folder)
    encoder = ctranslate2.Encoder(
        str(folder), device="cpu", compute_type="int8", intra_threads=1, inter_threads=1
    )
    centred = model.config.centred
    scale = 1 if centred else SCALE
    weight = scale * model.classifier.weight.detach().numpy().T  # (H, C)
    bias = model.classifier.bias.detach().numpy()  # (C,)
    mean, deviation = (getattr(model, f"pooled_{x}").numpy() for x in ("mean", "deviation"))  # (H,)

    def logits(texts: list[str]) -> NDArray[np.float32]:
        ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
        states: Any = np.array(encoder.forward_batch(ids).last_hidden_state)  # (B, T, H)
        mask = np.arange(states.shape[1]) < np.array([len(row) for row in ids])[:, None]  # (B, T)
        pooled = (states * mask[:, :, None]).sum(axis=1)  # (B, H)
        if centred:
            pooled = (pooled / mask.sum(axis=1, keepdims=True) - mean) / deviation
        else:
            pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
        found: NDArray[np.float32] = pooled @ weight + bias
        return found

    return logits
