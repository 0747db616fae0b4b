"""Training of a sequence model: softmax over many items, early stopping on validation NDCG."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from training.errors import DataError
from training.recommendation.aligning import Baskets
from training.recommendation.batches import Batch, case_batches, training_batches, windows
from training.recommendation.config import ModelConfig, TrainConfig
from training.recommendation.initial import initial_vectors
from training.recommendation.interactions import Case, History, last_baskets
from training.recommendation.measures import Scorer, ranking_metrics, rankings
from training.recommendation.model import SequenceModel, age_buckets

FULL_SOFTMAX_ITEMS = 6_000  # up to so many, every item is a negative
MOST_BASKETS, CASES = 5_000, 256  # by which texts are aligned, and of a batch of them
MOST_REPEATED_ITEMS = 50_000  # the same where items are had again, which needs all of them


def repeats(model: SequenceModel, batch: Batch, kept: Tensor, states: Tensor) -> Tensor:
    """`SequenceModel.repeat_scores` for the states at ``kept`` (B, T), (M, N)."""
    rows, places = kept.nonzero(as_tuple=True)  # (M,)
    ages = age_buckets((batch.queries[rows, places][:, None] - batch.times[rows]).float())
    if not model.config.timed:
        ages = torch.zeros_like(ages)
    steps = torch.arange(batch.items.shape[1])
    seen = (steps[None] <= places[:, None]) & (batch.items[rows] != model.config.items)  # (M, T)
    return model.repeat_scores(states, batch.items[rows], ages, seen)


def batch_loss(model: SequenceModel, batch: Batch, negatives: int) -> Tensor:
    """Cross-entropy of the drawn next items, over all items or over drawn ones."""
    kept = batch.targets >= 0
    states = model.states(batch.items, batch.events, batch.queries, batch.times)[kept]  # (M, H)
    targets = batch.targets[kept]  # (M,)
    items = model.config.items
    if items <= (MOST_REPEATED_ITEMS if model.config.repeats else FULL_SOFTMAX_ITEMS):
        logits = states @ model.vectors().T + model.bias  # (M, N)
        if model.config.repeats:
            logits = logits + repeats(model, batch, kept, states)
        return functional.cross_entropy(logits, targets)
    drawn = torch.randint(items, (negatives,))
    positive = (states * model.vectors(targets)).sum(1) + model.bias[targets]  # (M,)
    others = states @ model.vectors(drawn).T + model.bias[drawn]  # (M, K)
    others = others.masked_fill(drawn[None] == targets[:, None], float("-inf"))
    # The drawn ones stand for all the others.
    others = others + float(np.log(items / negatives))
    logits = torch.cat([positive[:, None], others], dim=1)
    return functional.cross_entropy(logits, torch.zeros(len(targets), dtype=torch.int64))


def scorer(model: SequenceModel) -> Scorer:
    """The model's scores of cases."""

    @torch.no_grad()
    def score(cases: Sequence[Case]) -> NDArray[np.float32]:
        items = model.config.items
        (batch,) = case_batches(cases, model.config.length, len(cases), items)
        state = model.states(batch.items, batch.events, batch.queries, batch.times)[:, -1]
        logits = state @ model.vectors().T + model.bias
        if model.config.repeats:
            last = torch.zeros_like(batch.items, dtype=torch.bool)
            last[:, -1] = True
            logits = logits + repeats(model, batch, last, state)
        return logits.numpy()

    return score


@torch.no_grad()
def baskets_of(model: SequenceModel, histories: Sequence[History]) -> Baskets:
    """The last baskets of histories, of `MOST_BASKETS` drawn at random where there are more."""
    cases = last_baskets(histories)
    if len(cases) > MOST_BASKETS:
        drawn = np.random.default_rng(0).choice(len(cases), MOST_BASKETS, replace=False)
        cases = [cases[place] for place in np.sort(drawn)]
    states = [np.zeros((0, model.config.hidden), np.float32)]
    for batch in case_batches(cases, model.config.length, CASES, model.config.items):
        found = model.states(batch.items, batch.events, batch.queries, batch.times)[:, -1]
        states.append(found.numpy())
    return Baskets(np.concatenate(states), [case.basket for case in cases])


@dataclass
class Trained:
    """The best weights, and how the training went."""

    model: SequenceModel
    epochs: int
    history: list[dict[str, Any]]


def make_optimizer(model: SequenceModel, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW; the few numbers that stand for ages and places go faster than the vectors."""
    few = [model.repeat_age, model.repeat_power, model.age_bias, model.place_bias]
    known = {id(parameter) for parameter in few}
    others = [p for p in model.parameters() if p.requires_grad and id(p) not in known]
    return torch.optim.AdamW(
        [{"params": others}, {"params": few, "lr": 10 * config.learning_rate, "weight_decay": 0.0}],
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
    )


def _train_epoch(
    model: SequenceModel,
    average: AveragedModel | None,
    optimizer: torch.optim.Optimizer,
    pieces: Sequence[History],
    config: TrainConfig,
    epoch: int,
) -> float:
    """Once over all histories; the mean loss."""
    model.train()
    losses = []
    seed = config.seed * 10_000 + epoch
    for batch in training_batches(pieces, config.batch_size, model.config.items, seed):
        if not (batch.targets >= 0).any():
            continue
        loss = batch_loss(model, batch, config.negatives)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if average is not None:
            average.update_parameters(model)
        losses.append(float(loss.detach()))
    model.eval()
    return float(np.mean(losses))


def _average(model: SequenceModel, decay: float) -> AveragedModel | None:
    """What follows the weights, where they are to be averaged."""
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay)) if decay else None


def _kept(model: SequenceModel, average: AveragedModel | None) -> SequenceModel:
    """The model whose weights count."""
    return model if average is None else average.module.eval()


def _start(
    shape: ModelConfig, histories: Sequence[History], config: TrainConfig
) -> tuple[SequenceModel, torch.optim.Optimizer, list[History]]:
    """A new model, its optimizer, and the histories in pieces."""
    torch.manual_seed(config.seed)
    model = SequenceModel(shape)
    start = initial_vectors(histories, shape.items, shape.hidden, config.seed)
    with torch.no_grad():
        model.item.weight[:-1] = torch.from_numpy(start)
    pieces = [p for p in windows(histories, shape.length, config.overlap) if len(p) > 1]
    return model, make_optimizer(model, config), pieces


class Best:
    """The weights of the best validation so far, and how many came after it.

    Args:
        model: whose weights are watched.
        metric: that is to rise.
    """

    def __init__(self, model: SequenceModel, metric: str) -> None:
        self._model, self._metric = model, metric
        self.weights = copy.deepcopy(model.state_dict())
        self.value, self.epoch, self.waited = -1.0, 0, 0

    def update(self, epoch: int, values: Mapping[str, float]) -> None:
        """Keep the model's weights if they are better than all before."""
        if values[self._metric] > self.value:
            self.value, self.epoch, self.waited = values[self._metric], epoch, 0
            self.weights = copy.deepcopy(self._model.state_dict())
        else:
            self.waited += 1


def train(
    shape: ModelConfig,
    histories: Sequence[History],
    validation: Sequence[Case],
    config: TrainConfig,
    *,
    exclude_seen: bool,
) -> Trained:
    """Train until validation no longer gets better.

    Raises:
        DataError: there is nothing to learn from or to validate on.
    """
    model, optimizer, pieces = _start(shape, histories, config)
    if not pieces or not validation:
        raise DataError(
            "Too little to train on: users need at least three purchases at different times for "
            "one to be validated on and one to be tested on."
        )
    average = _average(model, config.averaging)
    kept = _kept(model, average)
    best, history = Best(kept, config.metric), list[dict[str, Any]]()
    with tqdm(total=config.epochs, desc="training", unit="epoch") as bar:
        for epoch in range(1, config.epochs + 1):
            loss = _train_epoch(model, average, optimizer, pieces, config, epoch)
            bar.update()
            if epoch % config.validate_epochs and epoch != config.epochs:
                continue
            ranked = rankings(scorer(kept), validation, exclude_seen=exclude_seen)
            values = ranking_metrics(ranked, validation)
            history.append({"epoch": epoch, "loss": round(loss, 4), **values})
            shown = ", ".join(f"{name} {values[name]:.4f}" for name in ("hr@10", config.metric))
            tqdm.write(f"epoch {epoch}: loss {loss:.3f}, {shown}")
            best.update(epoch, values)
            if best.waited >= config.patience:
                break
    model.load_state_dict(best.weights)
    return Trained(model.eval(), best.epoch, history)


def refit(
    shape: ModelConfig, histories: Sequence[History], epochs: int, config: TrainConfig
) -> SequenceModel:
    """Train anew for a number of epochs that validation chose, on its baskets too.

    What is served should know the newest purchases, which are those that validation held out.
    """
    model, optimizer, pieces = _start(shape, histories, config)
    average = _average(model, config.averaging)
    for epoch in tqdm(range(1, epochs + 1), desc="refitting", unit="epoch"):
        _train_epoch(model, average, optimizer, pieces, config, epoch)
    return _kept(model, average).eval()
