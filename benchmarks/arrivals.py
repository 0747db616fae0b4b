"""When requests come, how long each takes from when it was due, and what queueing theory expects.

A clock that starts when a request is sent hides the time for which a slow answer kept it from
being sent (coordinated omission); here it starts when the request was due.
"""

import asyncio
import selectors
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol, TypeVar

import numpy as np

from benchmarks.blocks import percentile

LEAD_S = 0.05  # to plan all arrivals
TIMEOUT_S = 30

T = TypeVar("T")
Ask = Callable[[int], Awaitable[float]]  # `Pool.ask`


class Failed(Exception):
    """A request that was not answered, or not with success."""


class Connection(Protocol):
    """Takes one request at a time."""

    async def ask(self, number: int) -> None:
        """Send the request of a number, which begin anew after the last one, and take its answer.

        Raises:
            Failed: it is none, or tells of an error.
        """


class Pool:
    """Connections, the last that was free first; who finds none waits first in, first out."""

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._free = list(connections)
        self._turns = asyncio.Semaphore(len(connections))

    async def ask(self, number: int) -> float:
        """As a connection's; tells when its turn had come, in seconds by `time.perf_counter`."""
        async with self._turns:
            connection = self._free.pop()
            turn_s = time.perf_counter()
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    await connection.ask(number)
            except TimeoutError as error:
                raise Failed(f"no answer in {TIMEOUT_S} s") from error
            finally:
                self._free.append(connection)
        return turn_s


@dataclass(frozen=True, slots=True)
class Timing:
    """One request; its times are seconds by `time.perf_counter`.

    Attributes:
        number: which request.
        due_s: when it was to come.
        came_s: when it did, late where the client is short of time.
        turn_s: when its turn had come.
        done_s: when it was answered.
        error: why it has no good answer.
    """

    number: int
    due_s: float
    came_s: float
    turn_s: float
    done_s: float
    error: str | None = None


def arrival_times(rate_per_s: float, seconds: float, seed: int) -> list[float]:
    """Seconds from the start at which the requests of a Poisson process are due, in order.

    Given how many come, the arrivals of a Poisson process are independent and uniform. The number
    is the one that is expected, so that the load is exactly the one that is asked for.
    """
    number = max(1, round(rate_per_s * seconds))
    times = np.random.default_rng(seed).uniform(0, seconds, number)
    return [float(at_s) for at_s in np.sort(times)]


async def _timed(ask: Ask, number: int, due_s: float) -> Timing:
    came_s = turn_s = time.perf_counter()
    error = None
    try:
        turn_s = await ask(number)
    except Failed as failed:
        error = str(failed)
    return Timing(number, due_s, came_s, turn_s, time.perf_counter(), error)


async def closed_loop(ask: Ask, clients: int, seconds: float) -> list[Timing]:
    """Clients that each send the next request when the last one was answered."""
    numbers = count()
    end_s = time.perf_counter() + seconds
    timings = []

    async def client() -> None:
        while (due_s := time.perf_counter()) < end_s:
            timings.append(await _timed(ask, next(numbers), due_s))

    await asyncio.gather(*(client() for _ in range(clients)))
    return timings


async def open_arrivals(ask: Ask, times_s: Sequence[float]) -> list[Timing]:
    """Requests that come when they are due, however many are still waiting; in that order."""
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[Timing]] = []
    all_came = asyncio.Event()
    begin_s = time.perf_counter() + LEAD_S
    ahead_s = loop.time() - time.perf_counter()  # of the loop's clock

    def come(number: int, due_s: float) -> None:
        tasks.append(loop.create_task(_timed(ask, number, due_s)))
        if len(tasks) == len(times_s):
            all_came.set()

    for number, at_s in enumerate(times_s):
        loop.call_at(begin_s + at_s + ahead_s, come, number, begin_s + at_s)
    await all_came.wait()
    return await asyncio.gather(*tasks)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop that waits by select(); epoll's rounds up to whole milliseconds."""
    selector = selectors.SelectSelector()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        return runner.run(main)


def latencies_ms(timings: Sequence[Timing]) -> list[float]:
    """From when each request was due to its answer."""
    return [(timing.done_s - timing.due_s) * 1e3 for timing in timings]


def services_ms(timings: Sequence[Timing]) -> list[float]:
    """From when the turn of each request had come to its answer."""
    return [(timing.done_s - timing.turn_s) * 1e3 for timing in timings]


def figures(timings: Sequence[Timing], seconds: float = 0.0) -> dict[str, Any]:
    """Latency, and the rate of answers over the time to the last one, or ``seconds`` where longer.

    ``late_p99_ms`` is how late the client itself was, which is within the latency.
    """
    latencies = latencies_ms(timings)
    late = [(timing.came_s - timing.due_s) * 1e3 for timing in timings]
    took_s = max(timing.done_s for timing in timings) - min(timing.due_s for timing in timings)
    return {
        "per_s": round(len(timings) / max(seconds, took_s), 2),
        "mean_ms": round(sum(latencies) / len(latencies), 3),
        "p50_ms": round(percentile(latencies, 0.5), 3),
        "p90_ms": round(percentile(latencies, 0.9), 3),
        "p99_ms": round(percentile(latencies, 0.99), 3),
        "late_p99_ms": round(percentile(late, 0.99), 3),
        "calls": len(timings),
        "errors": sum(timing.error is not None for timing in timings),
    }


def md1_mean_ms(utilisation: float, service_ms: float) -> float | None:
    """Mean latency of an M/D/1 queue, service included; None where the queue grows for ever.

    Poisson arrivals, one server, the same time D for each: the mean wait is rho D / (2 (1 - rho)),
    by the Pollaczek-Khinchine formula.
    """
    if utilisation >= 1:
        return None
    return service_ms + utilisation * service_ms / (2 * (1 - utilisation))


def queued_ms(times_s: Sequence[float], services: Sequence[float]) -> list[float]:
    """Latencies, in ms, where one server takes requests first in, first out (Lindley's recursion).

    Args:
        times_s: when they come, in order.
        services: milliseconds that each takes.
    """
    free_ms = 0.0
    latencies = []
    for at_s, service_ms in zip(times_s, services, strict=True):
        free_ms = max(free_ms, at_s * 1e3) + service_ms
        latencies.append(free_ms - at_s * 1e3)
    return latencies
