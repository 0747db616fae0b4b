"""How does latency depend on load, for the local server and for one built handler?

    python -m benchmarks.load [--seconds 10] [--service intent translation recommendation]

Closed loops of 1 to 32 clients find the rate at which a process is saturated; Poisson arrivals at
shares of that rate show the latency, from when each request was due. The handler takes one event
at a time, as in Lambda: others wait first in, first out. Server and handler are child processes
with one thread for inference, this one is the client, and all share this machine's cores.
"""

import argparse
import gc
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from benchmarks import load_process
from benchmarks.arrivals import (
    Ask,
    Failed,
    Pool,
    Timing,
    arrival_times,
    closed_loop,
    figures,
    md1_mean_ms,
    open_arrivals,
    queued_ms,
    run,
    services_ms,
)
from benchmarks.built import BUILD, SERVICES, environment, handler_and_event, with_stores
from benchmarks.latency import ONE_THREAD
from benchmarks.machine import write

CLIENTS = (1, 2, 4, 8, 16, 32)
LOADS = (10, 30, 50, 70, 80, 90, 95, 105)  # percent of the rate of saturation
CONNECTIONS = 128  # to the server at once; what comes beyond them waits in the client
SEED = 7
WARM_UP_S = 1.0

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """The requests of one process.

    Attributes:
        closed: by the number of clients.
        saturation_per_s: most answers a second in a closed loop.
        opened: by the load in percent of that, in the order in which they came.
    """

    closed: dict[int, list[Timing]]
    saturation_per_s: float
    opened: dict[int, list[Timing]]


def checked(what: str, timings: list[Timing]) -> list[Timing]:
    """The same, where every request was answered.

    Raises:
        Failed: one was not, so that the figures would be of something else.
    """
    if errors := [timing.error for timing in timings if timing.error is not None]:
        failed = f"{len(errors)} of {len(timings)} requests failed; the first: {errors[0]}"
        raise Failed(f"{what}: {failed}")
    return timings


async def under_load(what: str, ask: Ask, clients: Sequence[int], seconds: float) -> Measured:
    """Every request of one process.

    Args:
        what: the process.
        ask: sends a request to it.
        clients: numbers of clients of the closed loops.
        seconds: of each loop, and of the arrivals of each load.
    """
    checked(what, await closed_loop(ask, 1, min(WARM_UP_S, seconds)))
    gc.freeze()  # what is there now is never searched while a request is timed
    closed = {
        number: checked(f"{what}, {number} clients", await closed_loop(ask, number, seconds))
        for number in clients
    }
    saturation_per_s = max(figures(timings)["per_s"] for timings in closed.values())
    print(f"{what}: saturated at {saturation_per_s:.0f} a second", flush=True)
    opened = {}
    for percent in LOADS:
        times_s = arrival_times(saturation_per_s * percent / 100, seconds, SEED)
        timings = await open_arrivals(ask, times_s)
        opened[percent] = checked(f"{what}, {percent} % of saturation", timings)
    return Measured(closed, saturation_per_s, opened)


def result_of(measured: Measured, seconds: float) -> Result:
    """Figures of a process."""
    return {
        "saturation_per_s": measured.saturation_per_s,
        "closed": {str(number): figures(found) for number, found in measured.closed.items()},
        "open": {
            str(percent): {"offered_per_s": round(len(found) / seconds, 2)}
            | figures(found, seconds)
            for percent, found in measured.opened.items()
        },
    }


def theory_of(measured: Measured, requests: int) -> dict[str, Result]:
    """What queueing alone makes of each load, where a process takes one request at a time.

    ``queued_mean_ms`` is the mean latency of the same arrivals where each request takes the time
    that it took in the closed loop, and ``service_p50_ms`` what they took under load.

    Args:
        measured: of the process; its closed loop of one client has requests that never waited.
        requests: how many different ones there are.
    """
    alone = measured.closed[1]
    found: dict[int, list[float]] = {}
    for timing, service_ms in zip(alone, services_ms(alone), strict=True):
        found.setdefault(timing.number % requests, []).append(service_ms)
    typical_ms = median(services_ms(alone))
    theory: dict[str, Result] = {}
    for percent, timings in measured.opened.items():
        services = [fmean(found.get(t.number % requests, [typical_ms])) for t in timings]
        queued = queued_ms([timing.due_s for timing in timings], services)
        md1_ms = md1_mean_ms(percent / 100, typical_ms)
        theory[str(percent)] = {
            "service_p50_ms": round(median(services_ms(timings)), 3),
            "md1_mean_ms": None if md1_ms is None else round(md1_ms, 3),
            "queued_mean_ms": round(fmean(queued), 3),
        }
    return theory


async def measure_server(service: str, requests: Sequence[Result], seconds: float) -> Result:
    """The local server under the requests of a service."""
    path = json.loads(handler_and_event(f"{service} api")[1].read_bytes())["rawPath"]
    posts = [load_process.http_request(path, json.dumps(body).encode()) for body in requests]
    with tempfile.TemporaryDirectory() as folder:
        env = with_stores({**os.environ, **ONE_THREAD}, Path(folder))
        with load_process.local_server(env) as port:
            connections = [load_process.HttpConnection(port, posts) for _ in range(CONNECTIONS)]
            found = await under_load(f"{service} server", Pool(connections).ask, CLIENTS, seconds)
            for connection in connections:
                await connection.close()
    return result_of(found, seconds)


async def measure_handler(service: str, requests: Sequence[Result], seconds: float) -> Result:
    """The built handler of a service's API, and what queueing theory expects of it."""
    handler, path = handler_and_event(f"{service} api")
    event = json.loads(path.read_bytes())
    events = [json.dumps(event | {"body": json.dumps(body)}).encode() for body in requests]
    with tempfile.TemporaryDirectory() as folder:
        env = with_stores(environment(f"{service} api"), Path(folder))
        async with load_process.handler_process(handler, env, folder) as child:
            ask = Pool([load_process.HandlerConnection(child, events)]).ask
            found = await under_load(f"{service} handler", ask, (1,), seconds)
    result = result_of(found, seconds)
    for percent, expected in theory_of(found, len(requests)).items():
        result["open"][percent] |= expected
    return result


def main(argv: list[str] | None = None) -> None:
    """Measure and write results/load.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load (%(default)s)")
    parser.add_argument("--service", nargs="+", choices=SERVICES, default=SERVICES)
    args = parser.parse_args(argv)
    if not BUILD.is_dir():
        raise SystemExit("the built artifacts are not there: run 'make build' first")
    services: Result = {}
    try:
        for service in args.service:
            requests = load_process.bodies(service)
            services[service] = {
                "requests": len(requests),
                "server": run(measure_server(service, requests, args.seconds)),
                "handler": run(measure_handler(service, requests, args.seconds)),
            }
    except Failed as failed:
        raise SystemExit(str(failed)) from failed
    result = {"seconds": args.seconds, "seed": SEED, "services": services}
    command = f"python -m benchmarks.load --seconds {args.seconds:g}"
    path = write("load", command, result)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
