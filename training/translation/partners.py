"""Processes that share the batches of each step, with one thread each.

A small model's step is many short operations, which two threads hardly do quicker than one; two
batches beside each other take little longer than one of them.
"""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import torch
from torch import Tensor, nn

from training.errors import DataError
from training.translation.batches import Batch

Learn = Callable[[Batch], tuple[float, int]]  # leaves gradients; the likelihood and the tokens


class Drawn:
    """Batches without end, of lessons that are begun anew as often as need be."""

    def __init__(self, lessons: Sequence[Any], budget: int, seed: int) -> None:
        self._lessons, self._budget, self.seed = lessons, budget, seed
        self._part, self._epoch = -1, -1
        self._left: list[Any] = []

    def next(self, part: int, epoch: int) -> Batch:
        """A batch of a part of the training, of this epoch or a later one."""
        if part != self._part or epoch > self._epoch:
            self._begin(part, max(epoch, self._epoch))
        while not self._left:
            self._begin(part, self._epoch + 1)
        return self._lessons[part].batch(self._left.pop().tolist())

    def _begin(self, part: int, epoch: int) -> None:
        self._part, self._epoch = part, epoch
        self._left = list(self._lessons[part].begin(epoch, self._budget, self.seed))


def _work(
    asked: Connection,
    asking: Sequence[Connection],
    drawn: Drawn,
    learn: Learn,
    weights: list[nn.Parameter],
    given: list[Tensor],
) -> None:
    """Answer each (part, epoch) with the likelihood and the tokens of a batch of it.

    Ends with the process that asks, in whatever way that one ends: no other one holds the pipe's
    other end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that asks tells of it
    for pipe in asking:
        pipe.close()
    torch.set_num_threads(1)
    torch.manual_seed(drawn.seed)
    while True:
        try:
            wanted = asked.recv()
        except EOFError:
            return
        told = learn(drawn.next(*wanted))
        for weight, place in zip(weights, given, strict=True):
            if weight.grad is None:
                place.zero_()
            else:
                place.copy_(weight.grad)
                weight.grad = None
        asked.send(told)


@contextmanager
def _all_there() -> Iterator[None]:
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise DataError(
            "A process of the training ended; what it said stands above. Go on with --resume, or "
            "with --threads 1, which starts none."
        ) from error


class Partners:
    """Processes that compute gradients of the same weights, which they share with this one.

    Args:
        live: the model that computes; its weights are moved into shared memory.
        lessons: for each process, of each part of the training.
        learn: computes the gradients of a batch.
        budget: padded tokens of a batch.
        seed: of the order of batches and of dropout.
    """

    def __init__(
        self,
        live: nn.Module,
        lessons: Sequence[Sequence[Any]],
        learn: Learn,
        budget: int,
        seed: int,
    ) -> None:
        self._weights = list(live.share_memory().parameters())
        self._given: list[list[Tensor]] = []
        self._pipes: list[Connection] = []
        context = get_context("fork")  # the pairs, a gigabyte, are not copied
        for number, own in enumerate(lessons, 1):
            mine, theirs = context.Pipe()
            given = [torch.zeros_like(weight).share_memory_() for weight in self._weights]
            drawn = Drawn(own, budget, seed + number)
            self._pipes.append(mine)
            self._given.append(given)
            arguments = (theirs, self._pipes, drawn, learn, self._weights, given)
            context.Process(target=_work, args=arguments, daemon=True).start()
            theirs.close()

    def begin(self, part: int, epoch: int) -> None:
        """Let each process learn from one batch.

        Raises:
            DataError: a process ended.
        """
        with _all_there():
            for pipe in self._pipes:
                pipe.send((part, epoch))

    def join(self, likelihood: float, tokens: int) -> tuple[float, int]:
        """Put the gradients of all batches together, each by its tokens.

        Args:
            likelihood: of this process's batch, whose gradients the weights have.
            tokens: of it.

        Returns:
            The same of all batches.

        Raises:
            DataError: a process ended.
        """
        with _all_there():
            told = [pipe.recv() for pipe in self._pipes]
        whole = tokens + sum(count for _, count in told)
        for place, weight in enumerate(self._weights):
            if weight.grad is not None:
                weight.grad.mul_(tokens / whole)
                for (_, count), given in zip(told, self._given, strict=True):
                    weight.grad.add_(given[place], alpha=count / whole)
        total = likelihood * tokens + sum(value * count for value, count in told)
        return total / whole, whole

    def end(self) -> None:
        """Let the processes go."""
        for pipe in self._pipes:
            pipe.close()
