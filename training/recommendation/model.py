"""A causal self-attention model over a user's events (SASRec, https://arxiv.org/abs/1808.09781).

One block and one head. Against the original: attention is told how far back each event lies, by
place and by time (as in HSTU, https://arxiv.org/abs/2402.17152), instead of position embeddings;
what was had before can be raised or lowered again; and the loss is a softmax over many items.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from functions.recommendation.model import AGE_BUCKETS
from training.recommendation.config import ModelConfig
from training.recommendation.interactions import EVENTS

EPSILON = 1e-6  # of the norms


def age_buckets(ages_s: Tensor) -> Tensor:
    """As `functions.recommendation.model.age_buckets`, of tensors."""
    hours = ages_s.clamp(min=1e-9) / 3_600
    return (torch.log2(hours).round().long() + 1).clamp(0, AGE_BUCKETS - 1)


class SequenceModel(nn.Module):
    """Scores of every item, from the events before."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        hidden = config.hidden
        self.item = nn.Embedding(config.items + 1, hidden, padding_idx=config.items)
        self.event = nn.Embedding(len(EVENTS), hidden)
        self.own_age = nn.Embedding(AGE_BUCKETS, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps=EPSILON)
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.output = nn.Linear(hidden, hidden)
        self.place_bias = nn.Parameter(torch.zeros(config.length, 1))
        self.age_bias = nn.Parameter(torch.zeros(AGE_BUCKETS, 1))
        self.forward_norm = nn.LayerNorm(hidden, eps=EPSILON)
        self.inner = nn.Linear(hidden, 4 * hidden)
        self.outer = nn.Linear(4 * hidden, hidden)
        self.norm = nn.LayerNorm(hidden, eps=EPSILON)
        self.bias = nn.Parameter(torch.zeros(config.items))
        self.repeat_age = nn.Parameter(torch.zeros(AGE_BUCKETS))
        self.repeat_power = nn.Parameter(torch.ones(1))
        # Not by the loss, which weighs all events alike, but by the ranking of validation.
        self.repeat_often = nn.Parameter(torch.zeros(1), requires_grad=False)
        self.repeat_gate = nn.Linear(hidden, 1)
        nn.init.normal_(self.item.weight, std=hidden**-0.5)
        nn.init.zeros_(self.event.weight)
        nn.init.zeros_(self.own_age.weight)
        nn.init.constant_(self.repeat_gate.bias, 2.0)
        with torch.no_grad():
            self.item.weight[config.items].zero_()

    def _drop(self, states: Tensor) -> Tensor:
        return functional.dropout(states, self.config.dropout, self.training)

    def _attention_bias(self, items: Tensor, queries: Tensor, times: Tensor) -> Tensor:
        """(B, T, T): how much a state looks at each event, before their content counts."""
        steps = torch.arange(items.shape[1])
        places = (steps[:, None] - steps[None, :]).clamp(min=0)  # (T, T)
        bias = functional.embedding(places, self.place_bias).squeeze(-1)  # (T, T)
        if self.config.timed:
            ages = age_buckets((queries[:, :, None] - times[:, None, :]).float())  # (B, T, T)
            bias = bias + functional.embedding(ages, self.age_bias).squeeze(-1)
        hidden = (steps[None, :] > steps[:, None])[None] | (items == self.config.items)[:, None, :]
        hidden = hidden & (steps[None, :] != steps[:, None])  # a state of padding sees itself
        return bias.expand_as(hidden).masked_fill(hidden, float("-inf"))

    def states(
        self,
        items: Tensor,
        events: Tensor,
        queries: Tensor,
        times: Tensor,
        log_weights: Tensor | None = None,
    ) -> Tensor:
        """State after each event.

        Args:
            items: (B, T) int64, padded on the left with the number of items.
            events: (B, T) int64.
            queries: (B, T) float64, the time that each state is for, seconds.
            times: (B, T) float64 of the events.
            log_weights: (B, T), how much less an event counts; none in training.

        Returns:
            (B, T, H).
        """
        bias = self._attention_bias(items, queries, times)
        if log_weights is not None:
            bias = bias + log_weights[:, None]
        states = self.vectors(items) * self.input_scale
        if self.config.typed:
            states = states + self.event(events)
        states = self._drop(states)
        normed = self.attention_norm(states)
        attended = functional.scaled_dot_product_attention(
            self.query(normed)[:, None],
            self.key(normed)[:, None],
            self.value(normed)[:, None],
            attn_mask=bias[:, None],
            dropout_p=self.config.dropout if self.training else 0.0,
        )[:, 0]  # (B, T, H)
        states = states + self._drop(self.output(attended))
        if self.config.timed:  # within a visit something else is wanted than after weeks
            states = states + self.own_age(age_buckets((queries - times).float()))
        inner = self._drop(functional.gelu(self.inner(self.forward_norm(states))))
        states = self.norm(states + self._drop(self.outer(inner)))
        return functional.normalize(states, dim=-1) if self.config.temperature else states

    @property
    def input_scale(self) -> float:
        """What an item's vector is multiplied with where it enters the encoder."""
        return self.config.hidden**0.5 * (self.config.temperature or 1.0)

    def vectors(self, rows: Tensor | None = None) -> Tensor:
        """Item vectors that scores are inner products with, (len(rows) or N, H)."""
        vectors = self.item.weight[:-1] if rows is None else self.item(rows)
        if self.config.temperature:
            vectors = functional.normalize(vectors, dim=-1) / self.config.temperature
        return vectors

    def repeat_scores(self, states: Tensor, items: Tensor, ages: Tensor, seen: Tensor) -> Tensor:
        """What is added to the scores of items for having been had before.

        gate(state) + power log c + often log (1 + n), where n counts an item's events, and c each
        by its age: what is wanted again soon differs from what is had again and again.

        Args:
            states: (M, H).
            items: (M, T) int64 events before each state.
            ages: (M, T) int64 buckets.
            seen: (M, T) bool, false for padding and for what came later; or weights of events.

        Returns:
            (M, N); zero for items that are not among the events.
        """
        none = torch.zeros(len(states), self.config.items + 1)
        counted = self.repeat_age[ages].exp() * seen
        counts = none.scatter_add(1, items, counted)[:, :-1]  # (M, N)
        times = none.scatter_add(1, items, seen.float())[:, :-1]
        raised = self.repeat_gate(states) + self.repeat_power * counts.clamp(min=1e-6).log()
        raised = raised + self.repeat_often * times.log1p()
        return torch.where(counts > 0, raised, 0.0)
