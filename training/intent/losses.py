"""What a training makes small: cross-entropies of the text, of its tokens, of what it denies."""

import torch
from torch import Tensor
from torch.nn import functional

from training.intent.batches import IGNORED, Batch
from training.intent.config import TrainConfig
from training.intent.model import BertIntentClassifier, Outputs


def pseudo_outliers(embeddings: Tensor, labels: Tensor, count: int) -> Tensor:
    """Mixtures, (<= count, H), of pairs of embeddings (B, H) with different labels (B,)."""
    first = torch.randint(len(labels), (count,), device=labels.device)
    second = torch.randint(len(labels), (count,), device=labels.device)
    apart = labels[first] != labels[second]
    share = torch.empty(int(apart.sum()), 1, device=labels.device).uniform_(0.35, 0.65)
    mixed = share * embeddings[first[apart]] + (1 - share) * embeddings[second[apart]]
    return functional.normalize(mixed, dim=-1)


def _with_outliers(
    embeddings: Tensor, labels: Tensor, out_of_scope: int | None, config: TrainConfig
) -> tuple[Tensor, Tensor]:
    """Embeddings and labels with those of pseudo-outliers behind them."""
    count = round(len(labels) * config.pseudo_outliers) if out_of_scope is not None else 0
    inside = labels != out_of_scope
    if not count or int(inside.sum()) < 2:
        return embeddings, labels
    mixed = pseudo_outliers(embeddings[inside], labels[inside], count)
    outside = labels.new_full((len(mixed),), out_of_scope)
    return torch.cat([embeddings, mixed]), torch.cat([labels, outside])


def _marked_loss(outputs: Outputs, batch: Batch, config: TrainConfig) -> Tensor:
    """Of slots and the denied intent, as far as the model has heads for them."""
    loss = batch.input_ids.new_zeros((), dtype=torch.float32)
    marked = batch.tags is not None and bool((batch.tags != IGNORED).any())
    if outputs.tokens is not None and batch.tags is not None and marked:
        scores = outputs.tokens.flatten(0, 1)  # (B * T, S)
        slots = functional.cross_entropy(scores, batch.tags.flatten())
        loss = loss + config.slot_weight * slots
    if outputs.denied is None or batch.denied is None or bool((batch.denied == IGNORED).all()):
        return loss
    return loss + config.denied_weight * functional.cross_entropy(outputs.denied, batch.denied)


def batch_loss(
    model: BertIntentClassifier, batch: Batch, out_of_scope: int | None, config: TrainConfig
) -> Tensor:
    """The smoothed cross-entropy of a batch, of its pseudo-outliers, and of what is marked."""
    mask = batch.attention_mask
    embeddings, outputs = model.heads(model.hidden(batch.input_ids, mask), mask)
    if batch.shares is not None:
        text = functional.cross_entropy(
            outputs.logits, batch.shares, label_smoothing=config.label_smoothing
        )
        return text + _marked_loss(outputs, batch, config)
    embeddings, labels = _with_outliers(embeddings, batch.labels, out_of_scope, config)
    logits = model.logits_of(embeddings)
    return functional.cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
