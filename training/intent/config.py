"""The knobs of a training."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainConfig:
    """Knobs of a training; the defaults suit a MiniLM-sized encoder.

    Attributes:
        epochs: at most so many passes.
        patience: passes without a better validation score before training stops.
        learning_rate: peak of the top encoder layer; each lower one gets `layer_decay` of it.
        head_factor: the head's learning rate relative to that.
        balance: exponent of class frequency in sampling (1 = as they come, 0 = all alike).
        out_of_scope_share: least share of out-of-scope examples in an epoch.
        pseudo_outliers: share of a batch added as out-of-scope mixtures of two intents'
            embeddings (Zhan et al., 2021, arXiv:2106.08616).
        ema_decay: of the averaged weights, which are the ones kept.
    """

    epochs: int = 12
    patience: int = 4
    batch_size: int = 32
    learning_rate: float = 2e-4
    layer_decay: float = 0.85
    head_factor: float = 5.0
    weight_decay: float = 0.01
    warmup_fraction: float = 0.1
    label_smoothing: float = 0.1
    balance: float = 0.5
    out_of_scope_share: float = 0.05
    pseudo_outliers: float = 0.1
    ema_decay: float = 0.995
    max_tokens: int = 64
    freeze_embeddings: bool = True
    seed: int = 0
