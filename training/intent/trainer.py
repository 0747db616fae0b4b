"""Fine-tuning: cross-entropy, pseudo-outliers, averaged weights, early stopping, resume."""

import copy
import hashlib
import math
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from training.checkpoints import Checkpoint
from training.intent.batches import Batch, encode, in_order, shuffled
from training.intent.config import TrainConfig
from training.intent.examples import Split
from training.intent.model import BertIntentClassifier
from training.processors import pick_device

SAVED_PARTS = ("model", "average", "optimizer", "schedule")
SAVED_PROGRESS = ("epoch", "best_epoch", "best_score", "best_state")


def predict(
    model: BertIntentClassifier, ids: Sequence[list[int]], device: torch.device
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits (N, C) and unit embeddings (N, H) of tokenized texts, in their order."""
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
    """Parameters with learning rates that fall from the head to the embeddings."""
    layers = list(model.bert.encoder.layer)
    rates = [(model.classifier, config.learning_rate * config.head_factor)]
    for depth, layer in enumerate(reversed(layers)):
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


def pseudo_outliers(embeddings: Tensor, labels: Tensor, count: int) -> Tensor:
    """Mixtures, (<= count, H), of pairs of embeddings (B, H) with different labels (B,)."""
    first = torch.randint(len(labels), (count,), device=labels.device)
    second = torch.randint(len(labels), (count,), device=labels.device)
    apart = labels[first] != labels[second]
    share = torch.empty(int(apart.sum()), 1, device=labels.device).uniform_(0.35, 0.65)
    mixed = share * embeddings[first[apart]] + (1 - share) * embeddings[second[apart]]
    return functional.normalize(mixed, dim=-1)


def batch_loss(
    model: BertIntentClassifier, batch: Batch, out_of_scope: int | None, config: TrainConfig
) -> Tensor:
    """Smoothed cross-entropy over the batch and its pseudo-outliers."""
    embeddings = model.embed(batch.input_ids, batch.attention_mask)  # (B, H)
    labels = batch.labels  # (B,)
    count = round(len(labels) * config.pseudo_outliers) if out_of_scope is not None else 0
    if count:
        inside = labels != out_of_scope
        if int(inside.sum()) > 1:
            mixed = pseudo_outliers(embeddings[inside], labels[inside], count)
            embeddings = torch.cat([embeddings, mixed])
            labels = torch.cat([labels, labels.new_full((len(mixed),), out_of_scope)])
    return functional.cross_entropy(
        model.logits_of(embeddings), labels, label_smoothing=config.label_smoothing
    )


class Trainer:
    """One training with its state, which `Trainer.run` saves after every epoch.

    Args:
        model: to be fine-tuned, in place.
        tokenizer: of its encoder.
        train: examples to learn from.
        validation: examples to choose the epoch by.
        out_of_scope: index of that class, or None.
        config: knobs.
        folder: where the checkpoint is kept.
    """

    def __init__(
        self,
        model: BertIntentClassifier,
        tokenizer: Tokenizer,
        train: Split,
        validation: Split,
        out_of_scope: int | None,
        config: TrainConfig,
        folder: Path,
    ) -> None:
        self.device = pick_device()
        self.config = config
        self.out_of_scope = out_of_scope
        self.model = model.to(self.device)
        self.train_ids = encode(tokenizer, train.texts, config.max_tokens)
        self.train_labels = train.labels
        self.validation_ids = encode(tokenizer, validation.texts, config.max_tokens)
        self.validation_labels = np.asarray(validation.labels)
        self.epoch, self.best_epoch, self.best_score = 0, 0, -math.inf
        self.best_state: dict[str, Tensor] = {}
        start_from_centroids(model, self.train_ids, self.train_labels, self.device)
        self.average = AveragedModel(
            self.model, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay), use_buffers=False
        )
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.model, config), betas=(0.9, 0.98), fused=True
        )
        self.schedule = self._make_schedule()
        data = fingerprint(self.train_ids, self.train_labels)
        parts = {name: getattr(self, name) for name in SAVED_PARTS}
        self._checkpoint = Checkpoint(folder, data, parts, self.device)

    def _make_schedule(self) -> torch.optim.lr_scheduler.LambdaLR:
        """A linear rise to the peak, then a linear fall to zero at the last step."""
        config = self.config
        steps = config.epochs * math.ceil(len(self._order(0)) / config.batch_size)
        warmup = max(1, round(steps * config.warmup_fraction))
        return torch.optim.lr_scheduler.LambdaLR(
            self.optimizer,
            lambda step: min((step + 1) / warmup, max(0.0, (steps - step) / (steps - warmup))),
        )

    def _order(self, epoch: int) -> list[int]:
        rng = random.Random(f"{self.config.seed}-{epoch}")
        return sample_order(self.train_labels, self.out_of_scope, self.config, rng)

    def resume(self) -> bool:
        """Go on from the checkpoint, where there is one.

        Raises:
            DataError: it is of a training on other data.
        """
        progress = self._checkpoint.load()
        if progress is None:
            return False
        for name in SAVED_PROGRESS:
            setattr(self, name, progress[name])
        return True

    def _save(self) -> None:
        self._checkpoint.save({name: getattr(self, name) for name in SAVED_PROGRESS})

    def _score(self) -> float:
        """Mean of per-class recalls on the validation set."""
        logits, _ = predict(self.average.module, self.validation_ids, self.device)
        hits = logits.argmax(axis=1) == self.validation_labels
        recalls = [hits[self.validation_labels == c].mean() for c in set(self.validation_labels)]
        return float(np.mean(recalls))

    def _train_epoch(self) -> float:
        self.model.train()
        rng = random.Random(f"{self.config.seed}-batches-{self.epoch}")
        torch.manual_seed(self.config.seed * 1_000 + self.epoch)
        order = self._order(self.epoch)
        batches: Iterator[Batch] = shuffled(
            self.train_ids, self.train_labels, order, self.config.batch_size, self.device, rng
        )
        total, count = 0.0, 0
        steps = math.ceil(len(order) / self.config.batch_size)
        for batch in tqdm(batches, total=steps, desc=f"epoch {self.epoch + 1}", unit="batch"):
            loss = batch_loss(self.model, batch, self.out_of_scope, self.config)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.schedule.step()
            self.optimizer.zero_grad()
            self.average.update_parameters(self.model)
            total, count = total + float(loss.detach()), count + 1
        return total / count

    def run(self) -> BertIntentClassifier:
        """Train until the last epoch or until validation stops improving.

        Returns:
            The averaged weights of the best epoch.
        """
        while self.epoch < self.config.epochs:
            if self.epoch - self.best_epoch >= self.config.patience:
                print(f"stopped: no better validation score for {self.config.patience} epochs")
                break
            loss = self._train_epoch()
            self.epoch += 1
            score = self._score()
            if score > self.best_score:
                self.best_score, self.best_epoch = score, self.epoch
                self.best_state = copy.deepcopy(self.average.module.state_dict())
            self._save()
            print(f"epoch {self.epoch}: loss {loss:.4f}, validation mean recall {score:.4f}")
        self.model.load_state_dict(self.best_state)
        return self.model.eval()
