"""The arithmetic of the benchmarks of load and of growth, and what their report makes of it."""

import asyncio
import json
import os
import socket
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import arrivals, intent_scale, load, load_process, load_report
from benchmarks.arrivals import Failed, Pool, Timing, arrival_times, md1_mean_ms, queued_ms

SERVICES = st.lists(st.floats(0.01, 100), min_size=1, max_size=50)


def timing(due_s: float, turn_s: float, done_s: float, number: int = 0) -> Timing:
    return Timing(number, due_s, due_s, turn_s, done_s)


class Sleeper:
    """A connection that takes 1 ms for each request and keeps their order."""

    def __init__(self, failing: int | None = None) -> None:
        self.asked: list[int] = []
        self.busy = 0
        self._failing = failing

    async def ask(self, number: int) -> None:
        self.asked.append(number)
        self.busy += 1
        assert self.busy == 1
        await asyncio.sleep(0.001)
        self.busy -= 1
        if number == self._failing:
            raise Failed("500: no")


@given(st.floats(1, 1_000), st.floats(0.1, 20), st.integers(0, 100))
def test_arrivals_have_the_rate_are_in_order_and_within_the_run(
    rate_per_s: float, seconds: float, seed: int
) -> None:
    times = arrival_times(rate_per_s, seconds, seed)
    assert len(times) == max(1, round(rate_per_s * seconds))
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < seconds


def test_arrivals_of_a_seed_are_the_same_and_of_another_are_not() -> None:
    assert arrival_times(50, 2, seed=1) == arrival_times(50, 2, seed=1)
    assert arrival_times(50, 2, seed=1) != arrival_times(50, 2, seed=2)


def test_gaps_between_arrivals_are_exponential() -> None:
    gaps = [after - before for before, after in pairwise(arrival_times(1_000, 20, seed=3))]
    mean = fmean(gaps)
    assert mean == pytest.approx(1e-3, rel=0.02)
    # Of an exponential distribution; 0 where they came at a steady rate.
    assert fmean((gap - mean) ** 2 for gap in gaps) ** 0.5 == pytest.approx(mean, rel=0.05)
    assert sum(gap > mean for gap in gaps) / len(gaps) == pytest.approx(0.368, abs=0.02)


def test_latency_counts_from_when_a_request_was_due_and_service_from_its_turn() -> None:
    timings = [timing(1.0, 1.0, 1.5), timing(1.1, 1.5, 2.0)]
    assert arrivals.latencies_ms(timings) == pytest.approx([500, 900])
    assert arrivals.services_ms(timings) == pytest.approx([500, 500])


def test_figures_of_two_requests() -> None:
    timings = [timing(1.0, 1.0, 1.5), Timing(1, 1.1, 1.2, 1.5, 2.0, "500: no")]
    found = arrivals.figures(timings)
    assert (found["mean_ms"], found["p50_ms"], found["p99_ms"]) == (700, 500, 900)
    assert (found["per_s"], found["late_p99_ms"]) == (2.0, 100)
    assert (found["calls"], found["errors"]) == (2, 1)


def test_rate_of_answers_is_over_the_whole_run_where_they_end_before_it() -> None:
    assert arrivals.figures([timing(0.0, 0.0, 0.5)], seconds=4)["per_s"] == 0.25


def test_mean_latency_of_an_md1_queue() -> None:
    assert md1_mean_ms(0.8, 2.0) == pytest.approx(6.0)  # 2 + 0.8 * 2 / (2 * 0.2)
    assert md1_mean_ms(0.5, 10.0) == pytest.approx(15.0)
    assert md1_mean_ms(0.0, 3.0) == 3.0
    assert md1_mean_ms(1.05, 3.0) is None


def test_queue_of_three_requests() -> None:
    # The second comes while the first is served, the third when nobody is.
    assert queued_ms([0.0, 0.001, 0.010], [3, 4, 2]) == pytest.approx([3, 6, 2])


def test_simulated_queue_comes_to_the_formula() -> None:
    times = arrival_times(350, 600, seed=5)
    mean = fmean(queued_ms(times, [2.0] * len(times)))
    assert mean == pytest.approx(md1_mean_ms(0.7, 2.0), rel=0.03)


@given(SERVICES)
def test_nobody_waits_in_a_queue_where_each_comes_after_the_last(services: list[float]) -> None:
    times = [0.2 * place for place in range(len(services))]
    assert queued_ms(times, services) == pytest.approx(services, abs=1e-6)


def test_pool_of_one_connection_takes_requests_first_in_first_out() -> None:
    connection = Sleeper()
    times = [0.0001 * place for place in range(20)]
    timings = arrivals.run(arrivals.open_arrivals(Pool([connection]).ask, times))
    assert connection.asked == list(range(20))
    for before, after in pairwise(timings):
        assert after.turn_s >= before.turn_s + 0.001
        assert after.due_s == pytest.approx(before.due_s + 0.0001)
    # All were due within 2 ms, so the last one waited for the others.
    assert arrivals.latencies_ms(timings)[-1] > 15


def test_open_arrivals_do_not_wait_for_answers() -> None:
    async def never_before_all_came(number: int) -> float:
        turn_s = time.perf_counter()
        came.append(number)
        async with asyncio.timeout(10):
            while len(came) < 5:
                await asyncio.sleep(0.001)
        return turn_s

    came: list[int] = []
    timings = arrivals.run(
        arrivals.open_arrivals(never_before_all_came, [0.01 * n for n in range(5)])
    )
    assert [found.number for found in timings] == [0, 1, 2, 3, 4]
    assert all(found.came_s >= found.due_s for found in timings)


def test_clients_of_a_closed_loop_wait_for_their_answers() -> None:
    connections = [Sleeper() for _ in range(3)]
    timings = arrivals.run(arrivals.closed_loop(Pool(connections).ask, 2, 0.05))
    numbers = sorted(number for connection in connections for number in connection.asked)
    assert numbers == list(range(len(timings)))
    assert not connections[0].asked  # two clients never need a third connection
    for found in timings:
        assert found.done_s - found.due_s >= 0.001


def test_a_request_that_failed_stops_the_run() -> None:
    timings = arrivals.run(arrivals.open_arrivals(Pool([Sleeper(failing=1)]).ask, [0.0, 0.001]))
    assert [found.error for found in timings] == [None, "500: no"]
    with pytest.raises(Failed, match=r"intent server, 95 %: 1 of 2 requests failed.*500: no"):
        load.checked("intent server, 95 %", timings)
    assert load.checked("intent server", timings[:1]) == timings[:1]


def answer(status: str, body: str = "{}", header: str = "x-more: yes") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{header}\r\n\r\n{body}".encode()


async def ask_server(answers: Sequence[bytes | None]) -> tuple[list[str], list[list[bytes]]]:
    """What asking as often as there are answers came to, and the bodies by connection.

    Where the answer is None there is none, and the connection stays open.
    """
    found: list[list[bytes]] = []
    left = iter(answers)
    serving: list[asyncio.Task[Any] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())
        found.append([])
        while await reader.read(1):
            await reader.readuntil(b"\r\n\r\n")
            found[-1].append(await reader.readexactly(1))
            if (answered := next(left)) is None:
                continue
            writer.write(answered)
            if b"x-more: yes" not in answered:
                break
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, load_process.HOST, 0)
    requests = [load_process.http_request("/v1/intent", body) for body in (b"0", b"1")]
    connection = load_process.HttpConnection(server.sockets[0].getsockname()[1], requests)
    outcomes = []
    for number in range(len(answers)):
        try:
            async with asyncio.timeout(0.2):
                await connection.ask(number)
            outcomes.append("answered")
        except (Failed, TimeoutError) as failed:
            outcomes.append(str(failed))
        await asyncio.sleep(0.02)  # for the end of a connection to be seen
    await connection.close()
    server.close()
    await server.wait_closed()
    await asyncio.gather(*filter(None, serving))  # Python 3.11's server does not wait for these
    return outcomes, found


def test_http_connection_is_kept_alive_and_its_requests_begin_anew() -> None:
    outcomes, found = arrivals.run(ask_server([answer("200 OK")] * 3))
    assert outcomes == ["answered"] * 3
    assert found == [[b"0", b"1", b"0"]]


@pytest.mark.parametrize("header", ["connection: close", "x-more: no"])
def test_http_connection_that_was_closed_is_opened_again(header: str) -> None:
    answers = [answer("200 OK", header=header), answer("200 OK")]
    outcomes, found = arrivals.run(ask_server(answers))
    assert outcomes == ["answered"] * 2
    assert found == [[b"0"], [b"1"]]


def test_connection_that_ends_without_an_answer_is_a_failure_and_opened_again() -> None:
    outcomes, found = arrivals.run(ask_server([b"", answer("200 OK")]))
    assert outcomes[0].startswith("RemoteProtocolError")
    assert outcomes[1] == "answered"
    assert found == [[b"0"], [b"1"]]


def test_connection_that_owes_an_answer_is_not_used_again() -> None:
    outcomes, found = arrivals.run(ask_server([answer("200 OK"), None, answer("200 OK")]))
    assert outcomes == ["answered", "", "answered"]
    assert found == [[b"0", b"1"], [b"0"]]


def test_http_connection_that_was_idle_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_process, "IDLE_S", 0.01)
    outcomes, found = arrivals.run(ask_server([answer("200 OK")] * 2))
    assert outcomes == ["answered"] * 2
    assert found == [[b"0"], [b"1"]]


def test_answer_that_is_an_error_is_a_failure_and_the_next_is_not() -> None:
    answers = [answer("503 Service Unavailable", "busy"), answer("200 OK")]
    outcomes, found = arrivals.run(ask_server(answers))
    assert outcomes == ["503: busy", "answered"]
    assert len(found) == 1


def test_nobody_listening_is_a_failure() -> None:
    with socket.socket() as bound:
        bound.bind((load_process.HOST, 0))
        connection = load_process.HttpConnection(bound.getsockname()[1], [[]])
        with pytest.raises(Failed, match="ConnectionRefusedError"):
            arrivals.run(connection.ask(0))


HANDLER = """
print("a line of the log")
def handler(event, context):
    print(context.aws_request_id)
    if event["status"] == 0:
        raise SystemExit(1)
    return {"statusCode": event["status"], "body": "no"}
"""


def test_handler_process_answers_events_whatever_it_prints(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(HANDLER)
    events = [json.dumps({"status": status}).encode() for status in (200, 429, 200, 0)]

    async def ask_all() -> list[str]:
        env = {**os.environ, "PYTHONPATH": str(tmp_path)}
        outcomes = []
        async with load_process.handler_process("own.handler", env, str(tmp_path)) as child:
            connection = load_process.HandlerConnection(child, events)
            for number in range(4):
                try:
                    await connection.ask(number)
                    outcomes.append("answered")
                except Failed as failed:
                    outcomes.append(str(failed))
        assert child.returncode is not None
        return outcomes

    ended = "the handler's process ended"
    assert arrivals.run(ask_all()) == ["answered", "429: no", "answered", ended]


@pytest.mark.parametrize("service", ["intent", "translation", "recommendation"])
def test_requests_of_a_service_are_many_and_different(service: str) -> None:
    bodies = load_process.bodies(service)
    assert len(bodies) >= 64
    assert len({json.dumps(body) for body in bodies}) >= 0.9 * len(bodies)


def test_theory_takes_the_times_that_requests_took_alone() -> None:
    alone = [timing(0.0, 0.0, 0.002, 0), timing(0.1, 0.1, 0.104, 1), timing(0.2, 0.2, 0.204, 2)]
    # Requests 0 and 1 again, at once: the second waits for the first; each took 10 ms here.
    opened = [timing(5.0, 5.0, 5.010, 0), timing(5.0, 5.010, 5.020, 1)]
    measured = load.Measured({1: alone}, 250.0, {50: opened, 105: opened})
    theory = load.theory_of(measured, requests=2)
    # Number 2 is request 0 too, which took 2 and 4 ms: 3, and then 3 + 4.
    assert theory["50"] == {"service_p50_ms": 10.0, "md1_mean_ms": 6.0, "queued_mean_ms": 5.0}
    assert theory["105"]["md1_mean_ms"] is None


def test_result_states_what_was_offered_and_what_came_of_it() -> None:
    timings = [timing(0.0, 0.0, 0.5), timing(1.0, 1.0, 1.5)]
    result = load.result_of(load.Measured({1: timings}, 3.0, {70: timings}), seconds=4)
    assert result["saturation_per_s"] == 3.0
    assert result["closed"]["1"]["per_s"] == 1.33
    assert (result["open"]["70"]["offered_per_s"], result["open"]["70"]["per_s"]) == (0.5, 0.5)


@pytest.mark.parametrize("words", intent_scale.WORDS)
def test_texts_have_the_words_that_are_asked_for(words: int) -> None:
    texts = [intent_scale.text_of(words, start) for start in (0, 1, 200)]
    assert [len(text.split()) for text in texts] == [words] * 3
    assert len(set(texts)) > 1
    assert all(len(text) <= 2_000 for text in texts)


def test_batches_are_of_different_messages() -> None:
    for (kind, number), body in intent_scale.requests(start=100).items():
        assert kind == "words" or len(set(body["texts"])) == number


def test_texts_that_are_too_long_are_counted_and_not_timed() -> None:
    assert intent_scale.figures([None, None], texts=1) == {"too_long": 2}
    found = intent_scale.figures([2.0, None, 2.0], texts=4)
    assert (found["too_long"], found["calls"], found["texts_per_s"]) == (1, 2, 2_000)


def level(**other: object) -> dict[str, object]:
    figures = {"per_s": 99.5, "mean_ms": 4.0, "p50_ms": 2.0, "p90_ms": 5.0, "p99_ms": 12.34}
    return {**figures, "late_p99_ms": 0.25, "calls": 1_000, "errors": 0, **other}


def theory(offered_per_s: float, **other: object) -> dict[str, object]:
    return level(offered_per_s=offered_per_s, service_p50_ms=1.9, **other)


LOAD = {
    "command": "python -m benchmarks.load",
    "seconds": 10.0,
    "seed": 7,
    "services": {
        "intent": {
            "requests": 106,
            "server": {
                "saturation_per_s": 200.0,
                "closed": {"1": level(), "32": level(per_s=1_200.4)},
                "open": {"50": level(offered_per_s=100.0, late_p99_ms=1.5)},
            },
            "handler": {
                "saturation_per_s": 200.0,
                "closed": {"1": level()},
                "open": {
                    "95": theory(190.0, md1_mean_ms=21.0, queued_mean_ms=3.5),
                    "105": theory(210.0, md1_mean_ms=None, queued_mean_ms=30.0),
                },
            },
        }
    },
}
SCALE = {
    "scale": {
        "words": {
            "8": {"too_long": 0, "p50_ms": 2.5, "p99_ms": 3.0, "calls": 50, "texts_per_s": 400.0},
            "96": {"too_long": 2, "p50_ms": 19.0, "p99_ms": 24.0, "calls": 48, "texts_per_s": 52.6},
            "256": {"too_long": 50},
        },
        "texts": {
            "64": {"too_long": 0, "p50_ms": 130, "p99_ms": 180, "calls": 50, "texts_per_s": 492.3},
        },
    }
}


def test_report_on_load() -> None:
    lines = load_report.load(LOAD, lambda result: f"measured by {result['command']}")
    assert "| server | 32 | 1,200 | 2.00 | 12.3 |" in lines
    server = "| server | 50 % | 100.0 | 99.5 | 1,000 | 2.00 | 5.00 | 12.3 | 4.00 |  |  |  |"
    handler = (
        "| handler | 95 % | 190.0 | 99.5 | 1,000 | 2.00 | 5.00 | 12.3 | 4.00 | 21.0 | 3.50 | 1.90 |"
    )
    assert server in lines
    assert handler in lines
    assert any(line.endswith("| 4.00 | no end | 30.0 | 1.90 |") for line in lines)
    text = "\n".join(lines)
    assert "up to 1.5 ms" in text
    assert "measured by python -m benchmarks.load" in text


def test_report_on_the_growth_of_an_intent() -> None:
    lines = load_report.intent_scale(SCALE, lambda _: "measured")
    assert "| 8 | 2.50 | 3.00 | 400 |" in lines
    assert "| 96 (2 of 50 too long) | 19.0 | 24.0 | 53 |" in lines
    assert "| 256 | too long |  |  |" in lines
    assert "| 64 | 130.0 | 180.0 | 492 |" in lines


def test_tables_have_as_many_cells_in_each_row() -> None:
    for lines in (
        load_report.load(LOAD, lambda _: ""),
        load_report.intent_scale(SCALE, lambda _: ""),
    ):
        for before, after in pairwise(lines):
            if before.startswith("|") and after.startswith("|"):
                assert before.count("|") == after.count("|")


@pytest.mark.parametrize(
    ("plot", "result"),
    [(load_report.plot_load, LOAD), (load_report.plot_intent_scale, SCALE)],
)
def test_equal_figures_give_equal_plots(
    plot: Callable[[dict[str, object], Path], None], result: dict[str, object], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib", reason="the benchmarks' packages are not installed")
    for name in ("a.svg", "b.svg"):
        plot(result, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
