"""Fine-tuning: cross-entropy, pseudo-outliers, averaged weights, early stopping, resume."""

import copy
import hashlib
import math
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from training.checkpoints import Checkpoint
from training.intent.batches import Batch, MarkedBatches, encode, shuffled
from training.intent.config import TrainConfig
from training.intent.examples import Dataset
from training.intent.losses import batch_loss
from training.intent.messages import Message
from training.intent.model import BertIntentClassifier
from training.intent.noise import Noise, characters_of
from training.intent.shop import TALK
from training.intent.starts import predict, start_from_centroids, start_from_regression
from training.processors import pick_device

LOSS_SHARE = 0.01
SAVED_PARTS = ("model", "average", "optimizer", "schedule")
SAVED_PROGRESS = ("epoch", "trained_s", "best_epoch", "best_score", "best_state")


def sample_order(
    labels: Sequence[int], out_of_scope: int | None, config: TrainConfig, rng: random.Random
) -> list[int]:
    """One epoch's indices: every example once, then small classes again up to their share."""
    by_class: dict[int, list[int]] = {}
    for index, label in enumerate(labels):
        by_class.setdefault(label, []).append(index)
    largest = max(len(rows) for label, rows in by_class.items() if label != out_of_scope)
    order: list[int] = []
    for label, rows in by_class.items():
        wanted = largest * (len(rows) / largest) ** config.balance
        if label == out_of_scope:
            wanted = len(labels) * config.out_of_scope_share
        extra = max(0, round(wanted) - len(rows))
        order += rows + rng.choices(rows, k=extra)
    rng.shuffle(order)
    return order


def fingerprint(ids: Sequence[list[int]], labels: Sequence[int]) -> str:
    """Which examples a training learns from."""
    return hashlib.sha256(repr((ids, labels)).encode()).hexdigest()


def parameter_groups(model: BertIntentClassifier, config: TrainConfig) -> list[dict[str, Any]]:
    """Parameters with learning rates that fall from the heads to the embeddings."""
    layers = list(model.bert.encoder.layer)
    heads = (model.classifier, model.denied, model.token_head)
    rates = [(head, config.learning_rate * config.head_factor) for head in heads if head]
    for depth, layer in enumerate(reversed(layers)):
        if depth >= len(layers) - config.frozen_layers:
            layer.requires_grad_(False)
        else:
            rates.append((layer, config.learning_rate * config.layer_decay**depth))
    lowest = config.learning_rate * config.layer_decay ** len(layers)
    if config.freeze_embeddings:
        model.bert.embeddings.requires_grad_(False)
    else:
        rates.append((model.bert.embeddings, lowest))
    return [
        {"params": list(module.parameters()), "lr": rate, "weight_decay": config.weight_decay}
        for module, rate in rates
    ]


class Trainer:
    """One training with its state, which `Trainer.run` saves after every epoch.

    Args:
        model: to be fine-tuned, in place.
        tokenizer: of its encoder.
        dataset: examples to learn from, and those to choose the epoch by.
        config: knobs.
        folder: where the checkpoint is kept.
        has_heads: whether the model's heads are trained already.
    """

    def __init__(
        self,
        model: BertIntentClassifier,
        tokenizer: Tokenizer,
        dataset: Dataset,
        config: TrainConfig,
        folder: Path,
        *,
        has_heads: bool = False,
    ) -> None:
        self.device = pick_device()
        self.config = config
        train, validation = dataset.train, dataset.validation
        self.dataset, self.out_of_scope = dataset, dataset.out_of_scope
        self.marked = MarkedBatches(tokenizer, dataset.labels, dataset.slots, config.max_tokens)
        self.model = model.to(self.device)
        self.train_ids = encode(tokenizer, train.texts, config.max_tokens)
        self.train_labels = train.labels
        self.validation_ids = encode(tokenizer, validation.texts, config.max_tokens)
        self.validation_labels = np.asarray(validation.labels)
        self.epoch, self.best_epoch, self.best_score = 0, 0, -math.inf
        self.trained_s = 0.0
        self.best_state: dict[str, Tensor] = {}
        if not has_heads:
            start = start_from_regression if model.config.centred else start_from_centroids
            start(self.model, self.train_ids, self.train_labels, self.device)
        self.average = AveragedModel(self.model, avg_fn=self._averaged, use_buffers=False)
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.model, config), betas=(0.9, 0.98), fused=True
        )
        self.schedule = self._make_schedule()
        data = fingerprint(self.train_ids, self.train_labels)
        self.checkpoint = Checkpoint(folder, data, SAVED_PARTS, SAVED_PROGRESS)

    def _averaged(self, average: Tensor, present: Tensor, updates: Tensor | int) -> Tensor:
        """The running mean of a weight, which follows fast at first: few texts make few steps."""
        count = float(updates)
        decay = min(self.config.ema_decay, (1 + count) / (10 + count))
        return average + (1 - decay) * (present - average)

    def _make_schedule(self) -> torch.optim.lr_scheduler.LambdaLR:
        """A linear rise to the peak, then a linear fall to zero at the end."""
        steps, warmup = self.config.epochs * self._steps(), self.config.warmup_fraction

        def factor(step: int) -> float:
            done = max((step + 1) / (steps + 1), self._share_of_time())
            return min(done / warmup, max(0.0, (1 - done) / (1 - warmup)))

        return torch.optim.lr_scheduler.LambdaLR(self.optimizer, factor)

    def _share_of_time(self) -> float:
        """How much of the time allowed has gone by; 0 where there is no limit."""
        return self.trained_s / (60 * self.config.minutes)

    def _order(self, epoch: int) -> list[int]:
        rng = random.Random(f"{self.config.seed}-{epoch}")
        return sample_order(self.train_labels, self.out_of_scope, self.config, rng)

    def _messages(self, epoch: int) -> list[Message] | None:
        """The messages of an epoch, None where texts are learned as they are."""
        rng = random.Random(f"{self.config.seed}-{epoch}")
        if self.dataset.epochs:
            return self.dataset.epochs(rng)
        train = self.dataset.train
        if train.messages is None and not self.config.noise:
            return None
        labels = self.dataset.labels
        messages = train.messages or [
            Message(text, labels[label], plain=True)
            for text, label in zip(train.texts, train.labels, strict=True)
        ]
        return [messages[index] for index in self._order(epoch)]

    def _steps(self) -> int:
        """Batches of an epoch; about, where chance makes them."""
        texts = self._messages(0) or self._order(0)
        return math.ceil(len(texts) / self.config.batch_size)

    def _batches(self, rng: random.Random) -> Iterator[Batch]:
        """The batches of the present epoch."""
        size, messages = self.config.batch_size, self._messages(self.epoch)
        if messages is None:
            order = self._order(self.epoch)
            return shuffled(self.train_ids, self.train_labels, order, size, self.device, rng)
        noise = Noise(rng, self.config.noise)
        rows = [noise.apply(message, is_talk=message.intent in TALK) for message in messages]
        return self.marked.shuffled(messages, rows, size, self.device, rng)

    def _score(self) -> float:
        """Mean of per-class recalls on the validation set, and the slots' where it has any."""
        logits, _ = predict(self.average.module, self.validation_ids, self.device)
        hits = logits.argmax(axis=1) == self.validation_labels
        recalls = [hits[self.validation_labels == c].mean() for c in set(self.validation_labels)]
        return float(np.mean(recalls)) + self._slot_recall()

    def _slot_recall(self) -> float:
        """Share of the validation tokens of slots that get their tag; 0 where there are none."""
        messages = self.dataset.validation.messages
        if not messages or not self.dataset.slots:
            return 0.0
        rows = [characters_of(message) for message in messages]
        rng = random.Random(0)
        right = marked = 0
        model = self.average.module.eval()
        with torch.inference_mode():
            for batch in self.marked.shuffled(messages, rows, 64, self.device, rng):
                assert batch.tags is not None
                outputs = model(batch.input_ids, batch.attention_mask)
                inside = batch.tags > 0  # (B, T)
                tags = outputs.tokens[..., : model.tags].argmax(-1)  # (B, T)
                right += int((tags == batch.tags)[inside].sum())
                marked += int(inside.sum())
        return right / marked if marked else 0.0

    def _train_epoch(self) -> float:
        self.model.train()
        rng = random.Random(f"{self.config.seed}-batches-{self.epoch}")
        torch.manual_seed(self.config.seed * 1_000 + self.epoch)
        batches = self._batches(rng)
        total, count = 0.0, 0
        steps, started = self._steps(), time.monotonic() - self.trained_s
        for batch in tqdm(batches, total=steps, desc=f"epoch {self.epoch + 1}", unit="batch"):
            loss = batch_loss(self.model, batch, self.out_of_scope, self.config)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.trained_s = time.monotonic() - started
            self.schedule.step()
            self.optimizer.zero_grad()
            self.average.update_parameters(self.model)
            total, count = total + float(loss.detach()), count + 1
            if self._share_of_time() >= 1:
                break
        return total / count

    def run(self) -> BertIntentClassifier:
        """Train until the last epoch, the end of the time, or validation that stops improving.

        Returns:
            The averaged weights of the best epoch.
        """
        while self.epoch < self.config.epochs and self._share_of_time() < 1:
            if self.epoch - self.best_epoch >= self.config.patience:
                print(f"stopped: no better validation score for {self.config.patience} epochs")
                break
            loss = self._train_epoch()
            self.epoch += 1
            # With slots to learn, a falling loss still tells where the recalls stand still.
            score = self._score() - (LOSS_SHARE * loss if self.dataset.slots else 0.0)
            if score > self.best_score:
                self.best_score, self.best_epoch = score, self.epoch
                self.best_state = copy.deepcopy(self.average.module.state_dict())
            self.checkpoint.save(self)
            print(f"epoch {self.epoch}: loss {loss:.4f}, validation mean recall {score:.4f}")
        self.model.load_state_dict(self.best_state)
        return self.model.eval()
