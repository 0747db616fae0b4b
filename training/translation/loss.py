"""Output layer and label-smoothed cross-entropy in one, a slice of rows at a time."""

from typing import Any

import torch
from torch import Tensor

ROWS = 512  # logits of so many positions stay in the processor's cache


class _SmoothedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, smoothing: float
    ) -> tuple[Tensor, Tensor]:
        count, vocabulary = len(targets), len(weight)
        spread = smoothing / vocabulary / count
        loss, likelihood = (torch.zeros((), device=hidden.device) for _ in range(2))
        grad_hidden = torch.empty_like(hidden)  # (N, H)
        grad_weight = torch.zeros_like(weight, dtype=torch.float32)  # (V, H)
        column_sum = weight.sum(0)  # (H,)
        for start in range(0, count, ROWS):
            rows = slice(start, start + ROWS)
            logits = (hidden[rows] @ weight.T).float().add_(bias)  # (R, V)
            chosen = targets[rows, None]  # (R, 1)
            picked = logits.gather(1, chosen)[:, 0]
            mean = logits.mean(1)
            peak = logits.amax(1)
            total = logits.sub_(peak[:, None]).exp_().sum(1)
            log_sum = total.log() + peak
            likelihood += (log_sum - picked).sum()
            loss += (log_sum - (1 - smoothing) * picked - smoothing * mean).sum()
            gradient = logits.div_((total * count)[:, None])
            gradient.scatter_add_(
                1, chosen, gradient.new_full(chosen.shape, -(1 - smoothing) / count)
            )
            gradient = gradient.to(hidden.dtype)
            grad_hidden[rows] = (gradient @ weight).sub_(spread * column_sum)
            if hidden.dtype == torch.float32:
                grad_weight.addmm_(gradient.T, hidden[rows])
            else:
                grad_weight += gradient.T @ hidden[rows]
        grad_weight.sub_(spread * hidden.sum(0))
        ctx.save_for_backward(grad_hidden, grad_weight.to(weight.dtype))
        likelihood /= count
        ctx.mark_non_differentiable(likelihood)
        return loss / count, likelihood

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        grad_hidden, grad_weight = ctx.saved_tensors
        return grad_hidden * grad, grad_weight * grad, None, None, None


def smoothed_cross_entropy(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, smoothing: float
) -> tuple[Tensor, Tensor]:
    """Label-smoothed cross-entropy of a tied output layer.

    Equal to `torch.nn.functional.cross_entropy` over ``hidden @ weight.T + bias``, without
    ever holding all logits.

    Args:
        hidden: (N, H) decoder states, float32 or bfloat16.
        weight: (V, H) embedding, of the same type.
        bias: (V,), not trained.
        targets: (N,) int64 token ids.
        smoothing: share of probability spread over the vocabulary.

    Returns:
        The loss to train on, and the plain negative log-likelihood a token, in nats.
    """
    return _SmoothedCrossEntropy.apply(hidden, weight, bias, targets, smoothing)
