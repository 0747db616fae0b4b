"""Training of a translation model: label smoothing, averaged weights, validation BLEU, resume."""

import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from training.checkpoints import Checkpoint
from training.errors import DataError
from training.processors import pick_device
from training.translation.batches import PADDING, Batch
from training.translation.config import TrainConfig
from training.translation.evaluate import Scores, score_pairs
from training.translation.halves import Halved, is_quicker
from training.translation.lessons import DrawnLessons, Lessons
from training.translation.loss import smoothed_cross_entropy
from training.translation.masks import pooled_dropout
from training.translation.model import set_dropout
from training.translation.pairs import Pair
from training.translation.partners import Partners
from training.translation.shapes import Model

HISTORY_FILE = "history.jsonl"
STEP_LIMIT_S = 30.0  # a step that took longer was a pause, and does not count as training
SAVED_PARTS = ("model", "average", "optimizer")
SAVED_PROGRESS = ("step", "seconds", "epoch", "place", "history")


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW, without decay of biases and norms; the encoder's rate may be another."""
    groups: dict[tuple[bool, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            share = 1.0 if ".decoder." in name else config.encoder_rate
            groups.setdefault((parameter.ndim > 1, share), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": found,
                "weight_decay": config.weight_decay if decays else 0.0,
                "rate": share,
            }
            for (decays, share), found in groups.items()
        ],
        lr=config.learning_rate,
        betas=(0.9, 0.98),
        fused=True,
    )


def averaging(decay: float) -> Callable[[Any, Any, Tensor | int], None]:
    """An exponential average that reaches back less far while there have been few steps."""

    def update(averaged: Any, current: Any, steps: Tensor | int) -> None:
        share = min(decay, (1 + int(steps)) / (10 + int(steps)))
        get_ema_multi_avg_fn(share)(averaged, current, steps)

    return update


def batch_loss(
    model: Model, batch: Batch, smoothing: float, others: int = 0
) -> tuple[Tensor, Tensor]:
    """Smoothed cross-entropy and plain negative log-likelihood a target token.

    Args:
        model: that is trained.
        batch: of one step.
        smoothing: share of probability spread over the vocabulary.
        others: as of `smoothed_cross_entropy`.
    """
    states = model.model(
        input_ids=batch.input_ids,
        attention_mask=batch.attention_mask,
        decoder_input_ids=batch.decoder_input_ids,
        use_cache=False,
    ).last_hidden_state  # (B, T, H)
    kept = batch.labels != PADDING  # (B, T)
    return smoothed_cross_entropy(
        states[kept],
        model.lm_head.weight,
        model.final_logits_bias[0],
        batch.labels[kept],
        smoothing,
        others,
    )


class Trainer:
    """One training with its state, which is saved at every validation.

    Args:
        model: to be trained, in place.
        tokenizer: its joint vocabulary.
        parts: what to learn from, and in the last part of the training where that is other.
        validation: named pairs that BLEU is told of.
        config: knobs.
        folder: of the checkpoint and the history.
    """

    def __init__(
        self,
        model: Model,
        tokenizer: Tokenizer,
        parts: Sequence[Lessons],
        validation: dict[str, list[Pair]],
        config: TrainConfig,
        folder: Path,
    ) -> None:
        self.device = pick_device()
        self.model, self.tokenizer = model.to(self.device), tokenizer
        self.validation, self.config, self.folder = validation, config, folder
        self._parts = parts
        self.batch_tokens = config.batch_tokens  # of each process
        self.step, self.seconds, self.epoch, self.place = 0, 0.0, 0, 0
        self.average = AveragedModel(
            self.model, multi_avg_fn=averaging(config.ema_decay), use_buffers=False
        )
        self.optimizer = make_optimizer(self.model, config)
        self.history: list[dict[str, Any]] = []
        self._halved: Halved | None = None
        self._partners: Partners | None = None
        data = " ".join(part.fingerprint() for part in parts)
        self.checkpoint = Checkpoint(folder, data, SAVED_PARTS, SAVED_PROGRESS)
        self._plan: list[Any] = []
        self._window: list[tuple[float, int, float]] = []
        self._next_validation = 0.0

    @property
    def computed_in(self) -> str:
        """The type of the numbers that steps compute with."""
        return "bfloat16, weights in fp32" if self._halved else "fp32"

    def learned(self, pools: int = 1) -> Sequence[Pair]:
        """Pairs that stand for what is learned; see `Lessons.sample`."""
        return self._parts[0].sample(pools)

    @property
    def epochs(self) -> float:
        """Passes over the data so far."""
        return self.epoch + (self.place / len(self._plan) if self._plan else 0.0)

    @property
    def progress(self) -> float:
        """Share of the training that is done, by time."""
        return min(1.0, self.seconds / 60 / self.config.minutes)

    @property
    def part(self) -> int:
        """0 for the first part of the training, 1 for its last where that has its own pairs."""
        return int(len(self._parts) > 1 and self.progress >= 1 - self.config.finish_share)

    def _save(self) -> None:
        self.checkpoint.save(self)
        with (self.folder / HISTORY_FILE).open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(entry) + "\n" for entry in self.history)

    def _set_rate(self) -> None:
        """Linear warm-up by steps, then a linear fall over the given minutes."""
        end = self.config.end_rate
        share = min(1.0, (self.step + 1) / self.config.warmup_steps)
        share *= end + (1 - end) * (1 - self.progress)
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * group["rate"] * max(share, 1e-3)

    def _train_step(self, rows: Sequence[int]) -> tuple[float, int]:
        self._set_rate()
        if self._partners:
            self._partners.begin(self.part, self.epoch)
        told = self._learn(self._parts[self.part].batch(rows).to(self.device))
        if self._partners:
            told = self._partners.join(*told)
        if self._halved:
            self._halved.hand_back()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self._halved:
            self._halved.follow()
        self.average.update_parameters(self.model)
        return told

    def _learn(self, batch: Batch) -> tuple[float, int]:
        """Gradients of one batch; its negative log-likelihood a token, and its tokens."""
        config = self.config
        live = self._halved.live if self._halved else self.model
        loss, likelihood = batch_loss(live, batch, config.label_smoothing, config.other_pieces)
        loss.backward()
        return float(likelihood.detach()), int((batch.labels != PADDING).sum())

    def _share_steps(self) -> int:
        """Where there are several processors, let a process on each of them learn from batches.

        Returns:
            The threads that torch had before.
        """
        threads = torch.get_num_threads()
        count = threads if self.device.type == "cpu" else 1
        parts = [part for part in self._parts if isinstance(part, DrawnLessons)]
        if count > 1 and len(parts) == len(self._parts):
            self._parts, *others = zip(*(part.shared(count) for part in parts), strict=True)
            self.batch_tokens = max(1, self.config.batch_tokens // count)
            live = self._halved.live if self._halved else self.model
            seed = self.config.seed
            self._partners = Partners(live, others, self._learn, self.batch_tokens, seed)
            torch.set_num_threads(1)
        return threads

    def _validate(self) -> dict[str, Scores]:
        averaged = self.average.module
        averaged.eval()
        return {
            name: score_pairs(averaged, self.tokenizer, pairs)
            for name, pairs in self.validation.items()
        }

    def _report(self, likelihood: float, tokens_per_s: float) -> None:
        scores = self._validate()
        entry = {
            "minutes": round(self.seconds / 60, 1),
            "steps": self.step,
            "epoch": self.epoch,
            "train_nll": round(likelihood, 4),
            "target_tokens_per_s": round(tokens_per_s),
            **{name: vars(value) for name, value in scores.items()},
        }
        self.history.append(entry)
        told = ", ".join(
            f"{name} {value.bleu:.1f} BLEU, nll {value.nll:.3f}" for name, value in scores.items()
        )
        tqdm.write(
            f"{entry['minutes']:.0f} min, step {self.step}: train nll {likelihood:.3f}, "
            f"{tokens_per_s:.0f} tokens/s; {told}"
        )
        self._save()

    def _account(self, likelihood: float, tokens: int, spent: float) -> tuple[float, float]:
        """Count a step; the mean likelihood and the tokens a second of the last ones."""
        if not math.isfinite(likelihood):
            raise DataError("The loss is not finite: lower --learning-rate and --resume.")
        self.step, self.place = self.step + 1, self.place + 1
        self.seconds += min(spent, STEP_LIMIT_S)
        self._window = [*self._window[-199:], (likelihood * tokens, tokens, spent)]
        total, count, time_s = (sum(column) for column in zip(*self._window, strict=True))
        return total / count, count / time_s

    def _train_epoch(self, bar: tqdm) -> None:
        """Go over the rest of the current epoch, or as far as it is wanted."""
        part = self.part
        self._plan = self._parts[part].begin(self.epoch, self.batch_tokens, self.config.seed)
        for rows in self._plan[self.place :]:
            start = time.monotonic()
            likelihood, tokens = self._train_step(rows.tolist())
            mean, rate = self._account(likelihood, tokens, time.monotonic() - start)
            told = f"step {self.step}, nll {mean:.3f}, {rate:.0f} tokens/s"
            bar.set_postfix_str(told, refresh=False)
            bar.update(self.progress * 100 - bar.n)
            if self.seconds >= self._next_validation or self.progress >= 1:
                self._report(mean, rate)
                self._next_validation = self.seconds + self.config.validate_minutes * 60
            if self.progress >= 1:
                return
            if self.part != part:
                break
        self.epoch, self.place = self.epoch + 1, 0

    def run(self) -> Model:
        """Train until the minutes are over.

        Returns:
            The averaged weights.
        """
        self.model.train()
        set_dropout(self.model, self.config.dropout)
        if self.device.type == "cpu":  # the fused kernel's backward is the slower one there
            self.model.set_attn_implementation("eager")
        if is_quicker(self.device):
            self._halved = Halved(self.model)
        tqdm.write(f"computing in {self.computed_in}")
        self._next_validation = self.seconds + self.config.validate_minutes * 60
        form = "{l_bar}{bar}| {postfix}"
        kind = torch.bfloat16 if self._halved else torch.float32
        with (
            pooled_dropout(kind),
            tqdm(total=100, desc="training", unit="%", bar_format=form) as bar,
        ):
            threads = self._share_steps()
            while self.progress < 1:
                self._train_epoch(bar)
        if self._partners:
            self._partners.end()
        torch.set_num_threads(threads)
        return self.average.module.eval()
