"""What is priced: one invocation of each service, by HTTP and by queue, as it was measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from benchmarks.opus_size import TEXTS as OPUS_TEXTS
from benchmarks.translation_blocks import COUNT, texts
from layers.transform import TEMPLATE

MILLION, THOUSAND = 1_000_000, 1_000
MESSAGES_OF_A_REQUEST = 10  # that SQS gives or deletes at most
HTTP = {"lambda_request": 1.0, "http_api_request": 1.0}
ASSUMED: dict[str, float] = {
    # An intent and a sentence fit into one unit of 1 KB, 10 items with titles need two.
    "result_writes_intent": 1,
    "result_writes_translation": 1,
    "result_writes_recommendation": 2,
    "claim_writes": 2,  # where the job is known, and the claim
    "result_reads": 1,
    # Two rounds of concurrent writes; more than the single-digit ms that DynamoDB's pages state.
    "store_wait_ms": 100,
    # Of one answer by HTTP: the line and the metrics, without Lambda's own three lines.
    "own_log_bytes": 930,
}
PEERS = {
    "intent": ("Lex", "lex_text_request"),
    "translation": ("Translate", "translate_character"),
    "recommendation": ("Personalize", "personalize_recommendation"),
}
UNITS = {
    "intent": ("million intents", MILLION),
    "translation": ("million characters", MILLION),
    "recommendation": ("thousand recommendations", THOUSAND),
}


@dataclass(frozen=True, slots=True)
class Load:
    """One invocation.

    Attributes:
        service: which.
        way: how the requests come.
        answers: of what is priced, in one invocation: intents, characters or recommendations.
        unit: what is priced, such as a million characters.
        unit_size: how many answers that is.
        core_ms: time of one full core, as measured.
        figure: where that was read, in benchmarks/results.
        waits_ms: time in which the function waits for others.
        start_ms: from process start to the first answer on one full core.
        requests: what it takes of other services and of Lambda, by the name of its price.
        peer: who sells the same.
        peer_price: the name of the peer's price of one answer.
    """

    service: str
    way: str
    answers: float
    unit: str
    unit_size: int
    core_ms: float
    figure: str
    waits_ms: float
    start_ms: float
    requests: Mapping[str, float]
    peer: str
    peer_price: str


@cache
def _template() -> dict[str, Any]:
    found: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return found


def template_memory_mb() -> int:
    """Default memory of a function, in MB."""
    return int(_template()["Parameters"]["MemorySizeMb"]["Default"])


def function_count() -> int:
    """Functions of the template."""
    kinds = [resource["Type"] for resource in _template()["Resources"].values()]
    return kinds.count("AWS::Serverless::Function")


def batch_size(service: str) -> int:
    """Messages that the template gives a service's worker at once."""
    events = _template()["Resources"][f"{service.capitalize()}Worker"]["Properties"]["Events"]
    queue = f"{service.capitalize()}Queue"
    (size,) = (
        event["Properties"]["BatchSize"]
        for event in events.values()
        if event["Properties"]["Queue"] == {"Fn::GetAtt": [queue, "Arn"]}
    )
    return int(size)


def peak_memory_mb(memory: Mapping[str, Any]) -> float:
    """Most that any of the functions held."""
    return max(float(entry["peak_mb"]) for entry in memory["resident"].values())


def sentence_characters() -> float:
    """Mean length of the sentences on which translation was timed."""
    return sum(map(len, texts())) / COUNT


def queue_requests(service: str, batch: int) -> dict[str, float]:
    """What a batch of messages takes: each sent alone, received and deleted ten at a time."""
    written = ASSUMED["claim_writes"] + ASSUMED[f"result_writes_{service}"]
    return {
        "lambda_request": 1.0,
        "sqs_request": batch + 2.0 * ceil(batch / MESSAGES_OF_A_REQUEST),
        "dynamodb_write_unit": batch * written,
        "dynamodb_read_unit": batch * ASSUMED["result_reads"],
    }


def loads(results: Mapping[str, Any]) -> list[Load]:
    """Everything that is priced.

    Args:
        results: the documents of benchmarks/results, by name.
    """
    found = [*_intent(results), *_translation(results), *_recommendation(results)]
    starts = results["cold_start"]["ways"]
    served = [
        Load(
            service,
            way,
            answers,
            *UNITS[service],
            core_ms,
            figure,
            ASSUMED["store_wait_ms"] if "sqs_request" in requests else 0.0,
            starts[f"{service} {'worker' if 'sqs_request' in requests else 'api'}"]["p50_ms"],
            requests,
            *PEERS[service],
        )
        for service, way, answers, core_ms, figure, requests in found
    ]
    return [*served, *_opus_sized(results)]


Found = tuple[str, str, float, float, str, Mapping[str, float]]


def _queued(service: str, answers: float, core_ms: float, figure: str) -> list[Found]:
    """The same work by queue, in full batches and each message alone."""
    batch = batch_size(service)
    return [
        (
            service,
            f"queue, {size} a batch",
            size * answers,
            size * core_ms,
            f"{figure}, times {size}",
            queue_requests(service, size),
        )
        for size in (batch, 1)
    ]


def _intent(results: Mapping[str, Any]) -> list[Found]:
    ways = results["latency"]["texts"]
    found: list[Found] = [
        (
            "intent",
            f"HTTP, {size} {'text' if size == 1 else 'texts'} a request",
            size,
            ways[str(size)]["handler"]["p50_ms"],
            f"latency.json: texts, {size}, handler, p50_ms",
            HTTP,
        )
        for size in (1, 32)
    ]
    alone = ways["1"]["service"]["p50_ms"]
    return found + _queued("intent", 1, alone, "latency.json: texts, 1, service, p50_ms")


def _translation(results: Mapping[str, Any]) -> list[Found]:
    characters = sentence_characters()
    found: list[Found] = []
    for beams, search in ((4, "beam 4"), (1, "greedy")):
        for size in (1, 32):
            way = results["translation"]["threads"]["1"][str(beams)][str(size)]
            sentences = "sentence" if size == 1 else "sentences"
            found.append(
                (
                    "translation",
                    f"HTTP, {size} {sentences} a request, {search}",
                    size * characters,
                    size * 1e3 / way["this project, handler"]["sentences_per_s"],
                    f"translation.json: threads, 1, {beams}, {size}, handler, sentences_per_s",
                    HTTP,
                )
            )
    _, _, answers, core_ms, figure, _ = found[0]
    return found + _queued("translation", answers, core_ms, figure)


def _opus_sized(results: Mapping[str, Any]) -> list[Load]:
    """A sentence by a translation model of OPUS-MT's size, where one was measured."""
    measured = results.get("opus_size")
    if measured is None:
        return []
    service, queued = "translation", queue_requests("translation", batch_size("translation"))
    characters = sum(map(len, OPUS_TEXTS)) / len(OPUS_TEXTS)
    found = []
    for weights, title in (("int8", "int8"), ("as imported", "fp32")):
        figures = measured[f"ours, {weights}"]
        for way, size, requests in (
            ("HTTP, 1 sentence a request", 1, HTTP),
            (f"queue, {batch_size(service)} a batch", batch_size(service), queued),
        ):
            found.append(
                Load(
                    service,
                    f"{way}, OPUS-MT's size, {title}",
                    size * characters,
                    *UNITS[service],
                    size * figures["sentence_ms"],
                    f"opus_size.json: ours, {weights}, sentence_ms",
                    ASSUMED["store_wait_ms"] if "sqs_request" in requests else 0.0,
                    figures["first_translation_s"] * 1e3,
                    requests,
                    *PEERS[service],
                )
            )
    return found


def _recommendation(results: Mapping[str, Any]) -> list[Found]:
    alone = results["recommendation"]["users"]["1"]["service"]["p50_ms"]
    intent = results["latency"]["texts"]["1"]
    by_http = intent["handler"]["p50_ms"] - intent["service"]["p50_ms"]
    figure = "recommendation.json: users, 1, service, p50_ms"
    through = "latency.json: texts, 1, handler less service, p50_ms"
    http: Found = (
        "recommendation",
        "HTTP, 1 shopper a request",
        1,
        round(alone + by_http, 3),
        f"{figure} + {through}",
        HTTP,
    )
    return [http, *_queued("recommendation", 1, alone, figure)]
