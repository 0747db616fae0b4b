"""Processes that share the steps of a training."""

import gc
import os
from multiprocessing import active_children

import numpy as np
import pytest
import torch
from torch import nn

from training.errors import DataError
from training.translation.partners import Drawn, Partners

BUDGET = 3


class Numbers:
    """Lessons whose batches are numbers, other ones in each epoch, in the order of the seed."""

    def __init__(self, start):
        self._start, self._epoch = start, 0

    def begin(self, epoch, budget, seed):
        self._epoch = epoch
        return [np.array([row]) for row in np.random.default_rng(seed).permutation(budget)]

    def batch(self, rows):
        return self._start + 100 * self._epoch + rows[0]


def test_a_process_draws_each_batch_of_an_epoch_before_it_begins_the_next():
    drawn = Drawn([Numbers(0), Numbers(1000)], BUDGET, seed=1)
    assert sorted(drawn.next(0, 0) for _ in range(BUDGET)) == [0, 1, 2]
    assert sorted(drawn.next(0, 0) for _ in range(BUDGET)) == [100, 101, 102]
    assert drawn.next(0, 7) in {700, 701, 702}
    assert drawn.next(1, 0) in {1700, 1701, 1702}


def learner(model):
    """The gradient is the batch's number; it has as many tokens as its number says."""

    def learn(number):
        if number < 0:
            os._exit(3)
        (model.weight.sum() * float(number)).backward()
        return float(number), int(number)

    return learn


def partners_of(model, *starts):
    lessons = [[Numbers(start)] for start in starts]
    return Partners(model, lessons, learner(model), budget=1, seed=0)


def test_gradients_count_by_their_tokens():
    model = nn.Linear(2, 1, bias=False)
    partners = partners_of(model, 10, 30)
    partners.begin(0, 0)
    told = learner(model)(20)
    likelihood, tokens = partners.join(*told)
    partners.end()
    assert tokens == 60
    mean = (20 * 20 + 10 * 10 + 30 * 30) / 60
    assert likelihood == pytest.approx(mean)
    assert model.weight.grad.tolist() == [[pytest.approx(mean)] * 2]


def test_all_compute_with_the_weights_of_this_process():
    model = nn.Linear(2, 1, bias=False)

    def squared(number):
        (model.weight.square().sum() * float(number)).backward()
        return 0.0, 1

    partners = Partners(model, [[Numbers(1)]], squared, budget=1, seed=0)
    with torch.no_grad():
        model.weight.fill_(3.0)
    partners.begin(0, 0)
    partners.join(*squared(1))
    partners.end()
    assert model.weight.grad.tolist() == [[6.0, 6.0]]


def test_a_process_that_ends_is_told():
    model = nn.Linear(2, 1, bias=False)
    partners = partners_of(model, -5)
    partners.begin(0, 0)
    with pytest.raises(DataError, match="--resume"):
        partners.join(1.0, 1)
    with pytest.raises(DataError, match="--threads 1"):
        partners.begin(0, 0)


def test_processes_end_with_the_one_that_asks():
    model = nn.Linear(2, 1, bias=False)
    before = set(active_children())
    partners = partners_of(model, 10, 30)
    started = set(active_children()) - before
    assert len(started) == 2
    del partners  # as when the process is killed: its ends of the pipes are closed
    gc.collect()
    for process in started:
        process.join(20)
        assert process.exitcode == 0
