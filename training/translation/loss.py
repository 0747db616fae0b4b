"""Output layer and label-smoothed cross-entropy in one, a slice of rows at a time.

With most of a large vocabulary left out, by chance and anew at each step, the output layer, which
is a large part of a small model's step, takes a fraction of its time (Jean et al. 2015, "On using
very large target vocabulary").
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

ROWS = 512  # logits of so many positions stay in the processor's cache
# Positions and pieces are filled up to a multiple of this: products of a shape that was not had
# before are first compiled for it.
ALIGNED = 256


class _SmoothedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor,
        targets: Tensor,
        smoothing: float,
        shares: Tensor,
    ) -> tuple[Tensor, Tensor]:
        count = len(targets)
        loss, likelihood = (torch.zeros((), device=hidden.device) for _ in range(2))
        grad_hidden = torch.empty_like(hidden)  # (N, H)
        grad_weight = torch.zeros_like(weight, dtype=torch.float32)  # (V, H)
        raised = bias + (shares / shares.min()).log()  # (V,): a piece stands for so many
        centre = shares @ weight.float()  # (H,)
        for start in range(0, count, ROWS):
            rows = slice(start, start + ROWS)
            chosen = targets[rows, None]  # (R, 1)
            real = len(chosen)
            states = pad(hidden[rows], (0, 0, 0, -real % ALIGNED))
            logits = (states @ weight.T)[:real].float().add_(raised)  # (R, V)
            picked = logits.gather(1, chosen)[:, 0]
            mean = hidden[rows].float() @ centre + shares @ bias.float()
            peak = logits.amax(1)
            total = logits.sub_(peak[:, None]).exp_().sum(1)
            log_sum = total.log() + peak
            likelihood += (log_sum - picked).sum()
            loss += (log_sum - (1 - smoothing) * picked - smoothing * mean).sum()
            gradient = logits.div_((total * count)[:, None])
            gradient.scatter_add_(
                1, chosen, gradient.new_full(chosen.shape, -(1 - smoothing) / count)
            )
            gradient = pad(gradient.to(hidden.dtype), (0, 0, 0, -real % ALIGNED))
            grad_hidden[rows] = (gradient @ weight)[:real].sub_(smoothing / count * centre)
            if hidden.dtype == torch.float32:
                grad_weight.addmm_(gradient.T, states)
            else:
                grad_weight += gradient.T @ states
        grad_weight.addr_(shares, hidden.float().sum(0), alpha=-smoothing / count)
        ctx.save_for_backward(grad_hidden, grad_weight.to(weight.dtype))
        likelihood /= count
        ctx.mark_non_differentiable(likelihood)
        return loss / count, likelihood

    @staticmethod
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        grad_hidden, grad_weight = ctx.saved_tensors
        return grad_hidden * grad, grad_weight * grad, None, None, None, None


def smoothed_cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor,
    targets: Tensor,
    smoothing: float,
    others: int = 0,
) -> tuple[Tensor, Tensor]:
    """Label-smoothed cross-entropy of a tied output layer.

    Equal to `torch.nn.functional.cross_entropy` over ``hidden @ weight.T + bias``, without
    ever holding all logits; with ``others``, an estimate of it.

    Args:
        hidden: (N, H) decoder states, float32 or bfloat16.
        weight: (V, H) embedding, of the same type.
        bias: (V,), not trained.
        targets: (N,) int64 token ids.
        smoothing: share of probability spread over the vocabulary.
        others: pieces, at least, that are drawn of those that are no target, each to stand for as
            many as were left out; 0 for all.

    Returns:
        The loss to train on, and the plain negative log-likelihood a token, in nats.
    """
    size = len(weight)
    wanted, places = torch.unique(targets, return_inverse=True)  # (U,), (N,)
    rest = size - len(wanted)
    if not 0 < others < rest:
        shares = torch.full((size,), 1 / size, device=hidden.device)
        return _SmoothedCrossEntropy.apply(hidden, weight, bias, targets, smoothing, shares)
    others = min(rest, others + -(len(wanted) + others) % ALIGNED)
    unwanted = torch.ones(size, dtype=torch.bool, device=hidden.device)
    unwanted[wanted] = False
    drawn = unwanted.nonzero()[torch.randperm(rest, device=hidden.device)[:others], 0]
    kept = torch.cat([wanted, drawn])  # (K,)
    shares = torch.full((len(kept),), 1 / size, device=hidden.device)
    shares[len(wanted) :] *= rest / others
    part = weight.index_select(0, kept)  # its backward puts the rows' gradients in their places
    return _SmoothedCrossEntropy.apply(hidden, part, bias[kept], places, smoothing, shares)
