"""The knobs of a training."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainConfig:
    """Knobs of a training; the defaults suit a Marian model of 10 million parameters.

    Attributes:
        minutes: of training; the learning rate falls to zero over them.
        batch_tokens: most padded tokens of a batch, the longer of its two sides.
        learning_rate: peak, after `warmup_steps`.
        label_smoothing: share of the target's probability spread over the vocabulary.
        dropout: of the model while it trains.
        ema_decay: of the averaged weights, which are the ones kept.
        max_words: longer sentences are left out of training.
        finish_share: of the minutes, the last of which are on the data's finishing pairs.
        placeholder_share: share of pairs that get placeholder tokens.
        validate_minutes: between two validations, each of which saves a checkpoint.
    """

    minutes: float = 120.0
    batch_tokens: int = 2_000
    learning_rate: float = 8e-4
    warmup_steps: int = 300
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    dropout: float = 0.0
    ema_decay: float = 0.998
    max_words: int = 32
    finish_share: float = 0.6
    placeholder_share: float = 0.08
    validate_minutes: float = 8.0
    seed: int = 0


@dataclass(frozen=True)
class ModelConfig:
    """Shape of a model that is trained from nothing."""

    hidden: int = 256
    heads: int = 4
    feed_forward: int = 1_024
    encoder_layers: int = 6
    decoder_layers: int = 2
    positions: int = 256
