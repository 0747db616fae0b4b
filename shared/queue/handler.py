"""A worker: batches of messages from SQS, and those of bulk jobs (`shared.queue.bulk`).

A batch of messages is as few calls of the service as it has operations. Each message body is the
JSON of the HTTP body. A message is a job (`shared.queue.jobs`): it is claimed, run and its result
kept, once, however often it is delivered. A delivery that finds its job running elsewhere waits for
that one's end. A message that fails is named in ``batchItemFailures``, so that it alone is
delivered again and in the end reaches the dead-letter queue; the reason is kept under its id. Its
neighbours are not touched.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from shared.errors import InvalidRequest, ServiceError, StillRunning, UnsupportedEvent
from shared.operations import Operation, Outcome, Service, TimedRequest
from shared.problems import parse
from shared.process import telemetry
from shared.process.deadline import RESERVE_MS, remaining_ms, start_invocation
from shared.process.snapshot import on_snapshot
from shared.queue.bulk import bulk_answer
from shared.queue.jobs import get_job_store
from shared.queue.queues import JOB_ID, OPERATION

POLL_S = 0.2
Response = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One job, and the records of the batch that stand for it.

    Attributes:
        attempt: which delivery it is.
        sent_at: seconds since 1970-01-01 UTC; 0 where the record does not tell.
    """

    job_id: str
    body: str
    operation: str | None
    message_ids: tuple[str, ...]
    attempt: int
    sent_at: float


def _attribute(record: Mapping[str, Any], name: str) -> str | None:
    value: str | None = record.get("messageAttributes", {}).get(name, {}).get("stringValue")
    return value


def _deliveries(records: Iterable[Mapping[str, Any]]) -> dict[str, Delivery]:
    """Jobs of a batch by id; records under one id are one job."""
    deliveries: dict[str, Delivery] = {}
    for record in records:
        job_id = _attribute(record, JOB_ID) or record["messageId"]
        attributes = record.get("attributes", {})
        earlier = deliveries[job_id].message_ids if job_id in deliveries else ()
        deliveries[job_id] = Delivery(
            job_id,
            record["body"],
            _attribute(record, OPERATION),
            (*earlier, record["messageId"]),
            int(attributes.get("ApproximateReceiveCount", 1)),
            int(attributes.get("SentTimestamp", 0)) / 1e3,
        )
    return deliveries


def _operation(delivery: Delivery, service: Service) -> Operation:
    if delivery.operation is None:
        return service.default
    if delivery.operation not in service.posts:
        known = ", ".join(service.posts)
        raise InvalidRequest(f"The message's attribute '{OPERATION}' must be one of {known}.")
    return service.posts[delivery.operation]


def _answer(deliveries: Sequence[Delivery], service: Service) -> dict[str, Outcome]:
    """Outcomes by job id, from one call per operation."""
    outcomes: dict[str, Outcome] = {}
    groups: dict[str, tuple[Operation, dict[str, BaseModel]]] = {}
    for delivery in deliveries:
        try:
            operation = _operation(delivery, service)
            request = parse(operation.request, delivery.body)
        except ServiceError as error:
            outcomes[delivery.job_id] = error
            continue
        groups.setdefault(operation.name, (operation, {}))[1][delivery.job_id] = request
        if delivery.sent_at and isinstance(request, TimedRequest):
            request.was_sent(delivery.sent_at)
    for operation, requests in groups.values():
        answered = service.answer_all(operation, list(requests.values()))
        outcomes |= dict(zip(requests, answered, strict=True))
    return outcomes


def _settle(outcomes: Mapping[str, Outcome], deliveries: Mapping[str, Delivery]) -> set[str]:
    """Keep results and reasons.

    Returns:
        The ids of the jobs that failed.
    """
    store = get_job_store()
    results = {
        job_id: outcome.model_dump(mode="json")
        for job_id, outcome in outcomes.items()
        if not isinstance(outcome, ServiceError)
    }
    errors = {id_: error for id_, error in outcomes.items() if isinstance(error, ServiceError)}
    errors |= store.succeed(results)
    for job_id, error in errors.items():
        telemetry.note(faults=int(error.status >= 500))
        telemetry.logger.warning(
            "message failed",
            extra={"message_id": deliveries[job_id].message_ids[0], "code": error.code},
        )
        try:
            store.fail(job_id, error, deliveries[job_id].attempt)
        except ServiceError as unkept:  # its claim runs out, and it is delivered again
            telemetry.logger.error("reason not kept", extra={"code": unkept.code})
    return set(errors)


def _process(deliveries: Mapping[str, Delivery], service: Service) -> set[str]:
    """Run and settle the jobs of a batch, and wait for those that run elsewhere.

    Returns:
        The ids of the jobs that failed, or that still run when the time is up.
    """
    store = get_job_store()
    failed: set[str] = set()
    pending = list(deliveries)
    while pending:
        claims = store.claim(pending, remaining_ms())
        mine = [deliveries[job_id] for job_id in pending if claims[job_id] == "mine"]
        failed |= _settle(_answer(mine, service), deliveries)
        pending = [job_id for job_id in pending if claims[job_id] == "running"]
        if pending and remaining_ms() < RESERVE_MS:
            telemetry.logger.warning(StillRunning.code, extra={"items": len(pending)})
            return failed | set(pending)
        if pending:
            time.sleep(POLL_S)
    return failed


def _answer_bulk(event: dict[str, Any], context: Any, service: Service) -> Response:
    """Answer a batch of a bulk job; an error that concerns all of it is raised."""
    with telemetry.invocation("bulk", getattr(context, "aws_request_id", None)) as current:
        answer = bulk_answer(event, service)
        problems = [result["problem"] for result in answer["results"] if "problem" in result]
        current.items, current.failures = len(answer["results"]), len(problems)
        current.counts["faults"] = sum(problem["status"] >= 500 for problem in problems)
    return answer


def _failed(
    deliveries: Mapping[str, Delivery], service: Service, request_id: str | None
) -> set[str]:
    """Ids of the jobs of a batch that failed; all of them where the batch as a whole did."""
    try:
        return _process(deliveries, service)
    except ServiceError as error:
        telemetry.logger.error("batch failed", extra={"code": error.code})
    except Exception as error:  # noqa: BLE001 - Lambda would log it, and it may quote customers
        telemetry.log_failure(error, request_id)
    telemetry.note(faults=len(deliveries))
    return set(deliveries)


def _answer_records(event: dict[str, Any], context: Any, service: Service) -> Response:
    """Answer the messages of a batch; those that failed are named."""
    request_id = getattr(context, "aws_request_id", None)
    with telemetry.invocation("sqs", request_id, len(event["Records"])) as current:
        deliveries = _deliveries(event["Records"])
        current.counts["bytes"] = sum(len(job.body.encode()) for job in deliveries.values())
        failed = _failed(deliveries, service, request_id)
        messages = [
            id_ for job in deliveries.values() if job.job_id in failed for id_ in job.message_ids
        ]
        current.failures = len(messages)
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in messages]}


def _warm_up(service: Service) -> None:
    """Answer a request as if a message had brought it, but keep nothing.

    Raises:
        ServiceError: it cannot be answered.
    """
    operation = service.warm_up
    outcome = service.answer(operation, parse(operation.request, operation.sample))
    if isinstance(outcome, ServiceError):
        raise outcome
    outcome.model_dump(mode="json")


def worker_handler(
    service: Service, preload: Callable[[], object]
) -> Callable[[dict[str, Any], Any], Response]:
    """The Lambda entry of a worker.

    Args:
        service: answers the messages.
        preload: loads what the first message needs, or waits until it is loaded, during Lambda's
            init phase.
    """
    on_snapshot(lambda: _warm_up(service))
    telemetry.run_or_log(get_job_store)
    telemetry.run_or_log(preload)

    def handler(event: dict[str, Any], context: Any) -> Response:
        start_invocation(context)
        if "Items" in event:
            return _answer_bulk(event, context, service)
        if "Records" in event:
            return _answer_records(event, context, service)
        raise UnsupportedEvent(
            "The worker takes SQS events with 'Records' and bulk batches with 'Items'; send "
            "other requests to the API function."
        )

    return handler
