"""What enters the linear layers of a classifier's encoder, over texts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from training.graph_builder import Array
from training.intent.model import BertIntentClassifier

ROWS = 1_024  # tokens that are multiplied at once
TAKE_THE_QUERYS = (".key", ".value")


@dataclass(frozen=True)
class Inputs:
    """Of one layer.

    Attributes:
        maxima: largest absolute value of each channel, (K,).
        moments: mean of x x^T over the tokens' inputs x, (K, K).
    """

    maxima: Array
    moments: Array


@dataclass
class _Record:
    """Inputs (K,) of tokens that were seen, and sums over those already multiplied."""

    waiting: list[Tensor] = field(default_factory=list)
    maxima: Array | None = None
    products: Array | None = None
    count: int = 0

    def add(self, values: Tensor) -> None:
        """Take inputs of some tokens, (N, K)."""
        self.waiting.append(values)
        if sum(map(len, self.waiting)) >= ROWS:
            self._multiply()

    def _multiply(self) -> None:
        rows = torch.cat(self.waiting).numpy()  # (N, K)
        products, maxima = rows.T @ rows, np.abs(rows).max(axis=0)
        self.products = products if self.products is None else self.products + products
        self.maxima = maxima if self.maxima is None else np.maximum(self.maxima, maxima)
        self.count += len(rows)
        self.waiting.clear()

    def inputs(self) -> Inputs:
        if self.waiting:
            self._multiply()
        assert self.maxima is not None
        assert self.products is not None
        return Inputs(self.maxima, self.products / self.count)


def layer_inputs(model: BertIntentClassifier, texts: Sequence[Sequence[int]]) -> dict[str, Inputs]:
    """Inputs of each linear layer by its name; keys and values take the query's.

    Args:
        model: fp32, on the CPU.
        texts: token ids; one is run at a time, for padding is no input.
    """
    records: dict[str, _Record] = {}

    def remember(record: _Record) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        return lambda _, inputs: record.add(inputs[0].flatten(0, -2))

    hooks = [
        module.register_forward_pre_hook(remember(records.setdefault(name, _Record())))
        for name, module in model.bert.encoder.named_modules(prefix="bert.encoder")
        if isinstance(module, nn.Linear) and not name.endswith(TAKE_THE_QUERYS)
    ]
    try:
        with torch.inference_mode():
            for ids in texts:
                row = torch.tensor([list(ids)])
                model(input_ids=row, attention_mask=torch.ones_like(row))
    finally:
        for hook in hooks:
            hook.remove()
    return {name: record.inputs() for name, record in records.items()}
