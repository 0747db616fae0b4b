"""Where the heads of a classifier start: at what the encoder knows already."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.intent.batches import in_order
from training.intent.model import BertIntentClassifier

REGRESSION_STEPS = 40
REGRESSION_DECAY = 1e-3
TOKEN_STEP = 7  # every so many-th token stands for all


def predict(
    model: BertIntentClassifier, ids: Sequence[list[int]], device: torch.device
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits (N, C) and sentence embeddings (N, H) of tokenized texts, in their order."""
    model.eval()
    logits = np.zeros((len(ids), model.config.num_labels), dtype=np.float32)
    embeddings = np.zeros((len(ids), model.config.hidden_size), dtype=np.float32)
    with torch.inference_mode():
        for rows, batch in in_order(ids, 128, device):
            hidden = model.embed(batch.input_ids, batch.attention_mask)  # (B, H)
            embeddings[rows] = hidden.cpu().numpy()
            logits[rows] = model.logits_of(hidden).cpu().numpy()
    return logits, embeddings


def start_from_centroids(
    model: BertIntentClassifier,
    ids: Sequence[list[int]],
    labels: Sequence[int],
    device: torch.device,
) -> None:
    """Set the head to the classes' mean embeddings."""
    _, embeddings = predict(model, ids, device)
    sums = np.zeros((model.config.num_labels, embeddings.shape[1]), dtype=np.float32)  # (C, H)
    np.add.at(sums, np.asarray(labels), embeddings)
    centroids = functional.normalize(torch.from_numpy(sums), dim=-1)
    with torch.no_grad():
        model.classifier.weight.copy_(centroids.to(device))
        model.classifier.bias.zero_()


def _measure_scales(
    model: BertIntentClassifier, ids: Sequence[list[int]], device: torch.device
) -> Tensor:
    """Set the scales of what enters the heads; the pooled states, (N, H)."""
    pooled = torch.zeros(len(ids), model.config.hidden_size, device=device)
    tokens = []
    with torch.inference_mode():
        for rows, batch in in_order(ids, 64, device):
            hidden = model.hidden(batch.input_ids, batch.attention_mask)  # (B, T, H)
            mask = batch.attention_mask.unsqueeze(-1).to(hidden.dtype)  # (B, T, 1)
            pooled[rows] = (hidden * mask).sum(1) / mask.sum(1)
            tokens.append(hidden[batch.attention_mask.bool()][::TOKEN_STEP])
    for name, values in (("pooled", pooled), ("token", torch.cat(tokens))):
        getattr(model, f"{name}_mean").copy_(values.mean(0))
        getattr(model, f"{name}_deviation").copy_(values.std(0) + 1e-6)
    return pooled


def start_from_regression(
    model: BertIntentClassifier,
    ids: Sequence[list[int]],
    labels: Sequence[int],
    device: torch.device,
) -> None:
    """Scale what enters the heads, and set the text's to a logistic regression."""
    model.eval()
    pooled = _measure_scales(model, ids, device)
    inputs = (pooled - model.pooled_mean) / model.pooled_deviation  # (N, H)
    targets = torch.tensor(labels, device=device)
    weight = torch.zeros_like(model.classifier.weight, requires_grad=True)
    bias = torch.zeros_like(model.classifier.bias, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=REGRESSION_STEPS)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = functional.cross_entropy(inputs @ weight.T + bias, targets)
        loss = loss + REGRESSION_DECAY * weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        model.classifier.weight.copy_(weight)
        model.classifier.bias.copy_(bias)
