"""The classifier: a BERT encoder, mean-pooled, and linear heads on the text and on its tokens.

One run gives the intent of a text, the intent that it denies, and for each token the slot that it
belongs to. Sentence encoders are trained with mean pooling (Reimers & Gurevych, 2019,
arXiv:1908.10084), so the head starts as the classes' mean embeddings, or as a regression on them,
and fine-tuning starts from a classifier instead of noise.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel, BertPreTrainedModel
from transformers.utils import ModelOutput

from training.base import E5_LAYERS
from training.base.encoders import Encoder, load_encoder
from training.errors import DataError

HEADLESS: dict[str, Any] = {"centred": False, "denies": False, "slots": []}
SCALE = 16.0  # logits of unit vectors lie in [-SCALE, SCALE] when training starts


@dataclass
class Outputs(ModelOutput):
    """What one run gives.

    Attributes:
        logits: of the text's intents, (B, C).
        denied: of the intent that it denies, (B, C), where the class out of scope stands for none.
        tokens: of each token's slot, (B, T, S).
    """

    logits: Tensor | None = None
    denied: Tensor | None = None
    tokens: Tensor | None = None


class BertIntentClassifier(BertPreTrainedModel):
    """BERT with mean pooling and linear heads.

    ``config.centred`` tells what the heads take: the pooled vector at length `SCALE`, or each
    channel less its mean over the training texts and divided by its deviation, as fits encoders
    whose sentence vectors are all alike.
    """

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        for name, absent in HEADLESS.items():  # of a checkpoint with the text's head alone
            setattr(config, name, getattr(config, name, absent))
        self.bert = BertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        width, classes = config.hidden_size, config.num_labels
        self.classifier = nn.Linear(width, classes)
        self.denied = nn.Linear(width, classes) if config.denies else None
        self.tags = 2 * len(config.slots) + 1
        self.token_head = nn.Linear(width, self.tags) if config.slots else None
        for name in ("pooled", "token"):
            self.register_buffer(f"{name}_mean", torch.zeros(width))
            self.register_buffer(f"{name}_deviation", torch.ones(width))
        self.post_init()

    def hidden(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The last layer's states, (B, T, H), of (B, T) token ids and mask."""
        states: Tensor = self.bert(
            input_ids=input_ids,
            attention_mask=attention_mask,
            token_type_ids=torch.zeros_like(input_ids),
        ).last_hidden_state
        return states

    def pool(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        """Sentence embeddings, (B, H), of states (B, T, H): of unit length, or centred."""
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
        pooled = (hidden * mask).sum(dim=1) / mask.sum(dim=1)  # (B, H)
        if self.config.centred:
            return (pooled - self.pooled_mean) / self.pooled_deviation
        return functional.normalize(pooled, dim=-1)

    def embed(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Sentence embeddings, (B, H), of (B, T) token ids and mask."""
        return self.pool(self.hidden(input_ids, attention_mask), attention_mask)

    def logits_of(self, embeddings: Tensor) -> Tensor:
        """Logits, (B, C), of sentence embeddings (B, H)."""
        scale = 1.0 if self.config.centred else SCALE
        logits: Tensor = self.classifier(scale * self.dropout(embeddings))
        return logits

    def heads(self, hidden: Tensor, attention_mask: Tensor) -> tuple[Tensor, Outputs]:
        """Sentence embeddings (B, H), and all that the model gives, of states (B, T, H)."""
        embeddings = self.pool(hidden, attention_mask)
        denied = None if self.denied is None else self.denied(self.dropout(embeddings))
        tokens = None
        if self.token_head is not None:
            scaled = (hidden - self.token_mean) / self.token_deviation  # (B, T, H)
            tokens = self.token_head(self.dropout(scaled))
        return embeddings, Outputs(self.logits_of(embeddings), denied, tokens)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **_: Any) -> Outputs:
        """What the model gives for (B, T) int64 token ids and attention mask."""
        _, outputs = self.heads(self.hidden(input_ids, attention_mask), attention_mask)
        return outputs


def load_base(
    base: str,
    labels: list[str],
    slots: tuple[str, ...] = (),
    *,
    denies: bool = False,
    layers: int = E5_LAYERS,
) -> tuple[BertIntentClassifier, Any]:
    """The classifier on a pretrained encoder, and its tokenizer (``tokenizers``).

    Args:
        base: a name that `training.base.encoders.load_encoder` knows.
        labels: class names in the order of the logits.
        slots: names of the slots.
        denies: whether it tells which intent a text denies.
        layers: of e5 that are kept.

    Raises:
        DataError: there is no such model, or it is not a BERT encoder.
    """
    encoder: Encoder = load_encoder(base, layers)
    config = encoder.bert.config
    config.num_labels = len(labels)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: index for index, label in enumerate(labels)}
    config.slots, config.denies = list(slots), denies
    config.centred = encoder.centred
    model = BertIntentClassifier(config)
    model.bert.load_state_dict(encoder.bert.state_dict())
    return model, encoder.tokenizer


def load_former(
    folder: Path, labels: list[str], slots: tuple[str, ...]
) -> tuple[BertIntentClassifier, Any]:
    """The classifier that a former training left in its work folder, and its tokenizer.

    Raises:
        DataError: there is none, or it knows other intents or slots.
    """
    try:
        model = BertIntentClassifier.from_pretrained(folder)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:
        raise DataError(f"--start {folder}: no former training: {error}") from error
    known = [model.config.id2label[index] for index in range(model.config.num_labels)]
    if known != labels or tuple(model.config.slots) != tuple(slots):
        raise DataError(f"--start {folder} knows other intents or slots than the data have.")
    return model, tokenizer
