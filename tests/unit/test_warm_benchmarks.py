"""What is made of the measurements of warm processes, and that their children measure at all."""

import json
import time
from collections import Counter

import pytest

from benchmarks import endurance_process, queue_batches_process, warm_report
from benchmarks.cost import read_prices
from benchmarks.cost_loads import batch_size
from benchmarks.endurance import bodies, endless, grown, tail
from benchmarks.endurance_process import NUMBER, RARE, STEPS, Caller, check, growth, latency
from benchmarks.queue_batches import SIZES, different, figures, knee, request_usd
from functions.intent.schemas import IntentRequest
from functions.recommendation.schemas import RecommendationRequest
from functions.translation.schemas import TranslateRequest
from shared.settings import Settings
from shared.stores.records import Records
from shared.stores.sqlite_records import SqliteRecords

PRICES = read_prices()
KB, MB = 1_000, 1_000_000
EVENT = {"headers": {"accept": "*/*"}, "requestContext": {"stage": "$default"}, "body": ""}
EVENTS_SEEN = []


def answering(event, context):
    """Stands for a handler: refuses what has a field too many, as the services do."""
    EVENTS_SEEN.append((event, context))
    return {"statusCode": 422 if "unknown" in json.loads(event["body"]) else 200}


@pytest.fixture
def caller():
    EVENTS_SEEN.clear()
    return Caller(f"{__name__}.answering", EVENT)


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.setattr(
        endurance_process, "import_module", lambda name: type("M", (), {"answering": answering})
    )


def readings(*mb, calls=1_000):
    return [[calls * place, round(size * MB)] for place, size in enumerate(mb)]


def test_the_tail_by_hand():
    found = tail([1.0] * 980 + [2.5] * 20)
    assert found["p50_ms"] == found["p90_ms"] == 1.0
    assert found["p99_ms"] == found["max_ms"] == 2.5
    assert (found["p99_over_p50"], found["calls"]) == (2.5, 1_000)
    assert tail([float(n) for n in range(1_001)])["p99.9_ms"] == 999


def test_growth_counts_from_the_settled_process_on():
    # 10 MB more at once, which is not counted, then 0.1 MB with every 1,000 calls.
    found = grown(readings(100, 110, 110.1, 110.2, 110.3, 110.4))
    assert found["grown_mb"] == pytest.approx(0.4)
    assert found["kb_per_1000_calls"] == pytest.approx(100)
    assert found["resident_mb"] == {
        "0": 100.0, "1000": 110.0, "2000": 110.1, "3000": 110.2, "4000": 110.3, "5000": 110.4
    }  # fmt: skip


def test_a_process_that_gives_memory_back_has_a_slope_below_nothing():
    found = grown(readings(100, 120, 118, 116, 114, 112))
    assert (found["grown_mb"], found["kb_per_1000_calls"]) == (-8.0, -2_000.0)


def test_the_slope_is_that_of_all_readings_and_not_of_the_ends():
    # A step that comes and goes: the ends are alike, as are least squares over the middle.
    found = grown(readings(100, 100, 100, 103, 100, 100))
    assert (found["grown_mb"], found["kb_per_1000_calls"]) == (0.0, 0.0)
    assert grown(readings(100, 100, 100, 100, 103, 100))["kb_per_1000_calls"] > 0


def test_latency_takes_turns_and_leaves_out_what_warms_up(caller):
    work = {"bodies": ['{"a": 1}', '{"a": 2}'], "repeated": '{"r": 1}', "warm_up": 4, "calls": 10}
    done = []
    times = latency(caller, work, done.append)["ms"]
    assert {way: len(ms) for way, ms in times.items()} == {
        "different": 5, "repeated": 5, "control": 5
    }  # fmt: skip
    assert min(map(min, times.values())) > 0
    assert caller.statuses == Counter({200: 10})
    sent = [event["body"] for event, _ in EVENTS_SEEN[4:]]
    assert sent[:4] == ['{"a": 1}', '{"r": 1}', '{"a": 2}', '{"r": 1}']
    assert done == [2, 4, 6, 8, 10]


def test_growth_reads_at_every_twentieth_and_makes_rare_calls(caller):
    body = json.dumps({"text": f"order {NUMBER}"})
    work = {"bodies": [body], "invalid": '{"unknown": 1}', "calls": 4 * RARE}
    found = growth(caller, work, lambda done: None)["resident_bytes"]
    assert [calls for calls, _ in found] == [4 * RARE * step // STEPS for step in range(STEPS + 1)]
    assert all(size > MB for _, size in found)
    assert caller.statuses == Counter({200: 4 * RARE - 4, 422: 4})
    keys = [e["headers"]["idempotency-key"] for e, _ in EVENTS_SEEN if len(e["headers"]) > 1]
    assert len(keys) == len(set(keys)) == 4
    texts = [event["body"] for event, _ in EVENTS_SEEN if "text" in event["body"]]
    assert len(set(texts)) == len(texts)
    assert not any(NUMBER in text for text in texts)
    ids = {event["requestContext"]["requestId"] for event, _ in EVENTS_SEEN}
    assert len(ids) == len(EVENTS_SEEN)
    assert all(context.aws_request_id in ids for _, context in EVENTS_SEEN)
    assert EVENT["headers"] == {"accept": "*/*"}


@pytest.mark.parametrize(
    "statuses", [{200: 98, 422: 1}, {200: 97, 422: 2, 500: 1}, {200: 100}, {500: 98, 422: 2}]
)
def test_answers_that_should_not_be_are_an_error(statuses):
    check(Counter({200: 97, 422: 2, 400: 1}), 3)
    with pytest.raises(RuntimeError, match="2 requests were invalid"):
        check(Counter(statuses), 2)


def test_requests_are_what_the_services_take():
    for service, model in (("intent", IntentRequest), ("translation", TranslateRequest)):
        for make in (bodies, endless):
            requests = [model.model_validate(body) for body in make(service)]
            assert len(requests) > 30
        assert all(NUMBER in body["text"] for body in endless(service))
    longest = max(len(body["text"].split()) for body in endless("translation"))
    assert longest == 7  # six words and the number


def test_shoppers_have_histories_of_every_length():
    requests = [RecommendationRequest.model_validate(body) for body in bodies("recommendation")]
    lengths = [len(request.history) for request in requests]
    assert set(lengths) == set(range(1, 51))
    assert len({request.model_dump_json() for request in requests}) == len(requests) >= 64
    assert endless("recommendation") == bodies("recommendation")


@pytest.mark.parametrize("service", ["intent", "translation"])
def test_the_largest_batch_has_no_message_twice(service):
    texts = [body["text"] for body in different(service)]
    assert len(set(texts)) == len(texts) >= max(SIZES)


def test_messages_have_ids_of_their_own_also_over_the_same_bodies():
    found = queue_batches_process.records({"messageId": "", "eventSource": "aws:sqs"}, ["a", "b"])
    three = [next(found) for _ in range(3)]
    assert [record["body"] for record in three] == ["a", "b", "a"]
    assert len({record["messageId"] for record in three}) == 3
    assert three[0]["eventSource"] == "aws:sqs"


def test_a_stopwatch_counts_every_call_once_and_passes_on_what_comes_of_it():
    watch = queue_batches_process.Stopwatch()
    double = watch.timing(lambda number: 2 * number)
    assert [double(3), double(4)] == [6, 8]
    assert watch.read() > 0
    assert watch.read() == 0
    with pytest.raises(ZeroDivisionError):
        watch.timing(lambda: 1 / 0)()
    assert watch.read() > 0


def test_a_distant_store_takes_its_time_for_several_at_once_and_keeps_the_same(
    monkeypatch, tmp_path
):
    for name in queue_batches_process.REQUESTS:
        monkeypatch.setattr(SqliteRecords, name, getattr(SqliteRecords, name))
    monkeypatch.setattr(Records, "each", Records.each)
    monkeypatch.setenv("RESULTS_DB", str(tmp_path / "results.db"))
    records = Records(Settings(), "job", 60)
    keys = [{"key": str(number)} for number in range(8)]
    queue_batches_process.make_distant(0.05)
    start = time.perf_counter()
    assert records.each(lambda key: records.claim(key, 1_000)[0], keys) == ["mine"] * 8
    assert 0.05 <= time.perf_counter() - start < 8 * 0.05
    assert records.each(lambda key: records.claim(key, 1_000)[0], keys) == ["running"] * 8
    assert records.each(lambda key: records.claim(key, 1_000)[0], keys[:1]) == ["running"]


@pytest.mark.parametrize(
    ("rates", "size"),
    [
        ({1: 50.0, 10: 94.9, 20: 95.0, 100: 100.0}, 20),
        ({1: 99.0, 10: 100.0, 100: 60.0}, 1),
        ({100: 100.0, 10: 96.0, 1: 10.0}, 10),
    ],
)
def test_the_knee_is_the_smallest_size_that_is_good_enough(rates, size):
    assert knee(rates) == size


def test_requests_of_a_million_messages_by_hand():
    # Alone: an invocation, and sent, received and deleted; in tens: a tenth of all but the sending.
    assert request_usd("intent", 1, PRICES) == pytest.approx(0.20 + 3 * 0.40)
    assert request_usd("intent", 10, PRICES) == pytest.approx(0.02 + 1.2 * 0.40)
    assert request_usd("intent", 100, PRICES) == pytest.approx(0.002 + 1.2 * 0.40)


def measured_batches():
    """Of one message in 10 ms, 8 of them in the store; of ten in 40 ms, 20 of them in the store."""
    return {
        1: {"ms": [10.0] * 4, "store_ms": [8.0] * 4, "peak_bytes": [100 * MB, 101.0 * MB]},
        10: {"ms": [30.0, 50.0], "store_ms": [10.0, 30.0], "peak_bytes": [120.0 * MB]},
    }


def test_the_figures_of_batches_by_hand():
    found = figures("translation", measured_batches(), PRICES)
    alone, ten = found["sizes"]["1"], found["sizes"]["10"]
    assert (alone["messages_per_s"], ten["messages_per_s"]) == (100.0, 250.0)
    assert (alone["store_share"], ten["store_share"]) == (0.8, 0.5)
    assert alone["messages_per_s_without_store"] == 500.0
    assert ten["messages_per_s_without_store"] == 500.0
    assert (alone["peak_mb"], ten["peak_mb"]) == (101.0, 120.0)
    assert (found["knee"], found["knee_without_store"]) == (10, 1)
    assert found["template"] == batch_size("translation")


def tails(ratio):
    return tail([2.0] * 900 + [2.0 * ratio] * 100)


@pytest.fixture
def endured():
    def service(ratio, *mb):
        ways = {"different": tails(ratio), "repeated": tails(1.5), "control": tails(1.2)}
        return {"latency": ways, "growth": grown(readings(*mb, calls=50))}

    # 20 % are at the second reading of six.
    return {
        "services": {
            "intent": service(2.0, 150, 160, 160.2, 160.4, 160.6, 161),
            "translation": service(2.01, 160, 170, 170, 170, 171, 171.01),
        }
    }


def test_the_report_judges_the_tail_and_the_growth(endured):
    text = "\n".join(warm_report.endurance(endured, lambda result: "as measured"))
    assert "intent 2.00, reached; translation 2.01, **missed**" in text
    assert "intent reached; translation **missed**" in text
    assert "| intent | 250 | 150.0 | 160.0 |" in text
    assert "| +1.00 |" in text
    assert "1,000 of one request, repeated | 2.00 | 2.00 | 3.00 |" in text
    assert text.endswith("as measured\n")


def test_the_tables_of_the_report_have_as_many_cells_as_their_heads(endured):
    batches = {"store": "SQLite", "prices": "p.json", "enough": 0.95}
    batches["services"] = {"intent": figures("intent", measured_batches(), PRICES)}
    lines = warm_report.endurance(endured, str) + warm_report.queue_batches(batches, str)
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == (2 + 6) + (2 + 2) + (2 + 2)
    widths = Counter()
    for number, line in enumerate(lines):
        if line.startswith("|---"):
            width = lines[number - 1].count("|")
            assert line.count("|") == width
            widths[width] += 1
        elif line.startswith("|") and not lines[number + 1].startswith("|---"):
            assert line.count("|") == width
    assert widths == Counter({9: 2, 10: 1})


@pytest.mark.parametrize(
    ("template", "told"),
    [
        (10, "BatchSize is 10: 100 % of the best, and the most without a batching window."),
        (1, "BatchSize is 1: 40 % of the best."),
        (7, "BatchSize is 7, which was not measured."),
    ],
)
def test_the_report_sets_the_template_beside_the_knee(template, told):
    entry = figures("intent", measured_batches(), PRICES) | {"template": template}
    result = {"store": "SQLite", "prices": "p.json", "enough": 0.95, "services": {"intent": entry}}
    text = "\n".join(warm_report.queue_batches(result, lambda result: "as measured"))
    assert told in text
    assert "has 10 messages, or 1 without the store's time" in text
    assert "| 10 | 30.0 | 50.0 | 250 | 50 % | 500 | 120 | 0.50 |" in text
    assert text.endswith("as measured\n")
