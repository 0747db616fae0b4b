"""A worker: batches of messages from SQS, and those of bulk jobs (`shared.queue.bulk`).

A batch of messages is as few calls of the service as it has operations. Each message body is the
JSON of the HTTP body. A message is a job (`shared.queue.jobs`): it is claimed, run and its result
kept, once, however often it is delivered; one that has a job's id and another body is not run, and
fails. A delivery that finds its job running elsewhere waits for that one's end. A message that
fails is named in ``batchItemFailures``, so that it alone is delivered again and in the end reaches
the dead-letter queue; the reason is kept under its id. Its neighbours are not touched.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pydantic import BaseModel

from shared.errors import InvalidRequest, JobIdReused, ServiceError, StillRunning, UnsupportedEvent
from shared.operations import Operation, Outcome, Service, TimedRequest
from shared.problems import parse
from shared.process import telemetry
from shared.process.deadline import RESERVE_MS, remaining_ms, start_invocation
from shared.process.snapshot import on_snapshot
from shared.queue.deliveries import Deliveries, Delivery, deliveries_of, read_request
from shared.queue.jobs import get_job_store
from shared.queue.whereabouts import OPERATION, JobKey

POLL_S = 0.2
Response = dict[str, Any]


def _operation(job: JobKey, service: Service) -> Operation:
    if job.operation in service.posts:
        return service.posts[job.operation]
    if job.operation == service.default.name:  # which has no route
        return service.default
    known = ", ".join(service.posts)
    raise InvalidRequest(f"The message's attribute '{OPERATION}' must be one of {known}.")


def _answer(deliveries: Sequence[Delivery], service: Service) -> dict[JobKey, Outcome]:
    """Outcomes by job, from one call per operation."""
    outcomes: dict[JobKey, Outcome] = {}
    groups: dict[str, tuple[Operation, dict[JobKey, BaseModel]]] = {}
    for delivery in deliveries:
        try:
            operation = _operation(delivery.job, service)
            request = read_request(operation.request, delivery.body)
        except ServiceError as error:
            outcomes[delivery.job] = error
            continue
        groups.setdefault(operation.name, (operation, {}))[1][delivery.job] = request
        if delivery.sent_at and isinstance(request, TimedRequest):
            request.was_sent(delivery.sent_at)
    for operation, requests in groups.values():
        answered = service.answer_all(operation, list(requests.values()))
        outcomes |= dict(zip(requests, answered, strict=True))
    return outcomes


def _settle(outcomes: Mapping[JobKey, Outcome], deliveries: Deliveries) -> set[JobKey]:
    """Keep results and reasons.

    Returns:
        The jobs that failed.
    """
    store = get_job_store()
    results = {
        job: outcome.model_dump(mode="json")
        for job, outcome in outcomes.items()
        if not isinstance(outcome, ServiceError)
    }
    errors = {job: error for job, error in outcomes.items() if isinstance(error, ServiceError)}
    errors |= store.succeed(results)
    for job, error in errors.items():
        _keep_reason(partial(store.fail, job), error, deliveries[job])
    return set(errors)


def _refuse(refused: Mapping[JobKey, JobIdReused], deliveries: Deliveries) -> set[JobKey]:
    """Keep, under the id of each message, why it is not run."""
    for job, error in refused.items():
        for message_id in deliveries[job].message_ids:
            kept = partial(get_job_store().refuse, replace(job, id=message_id))
            _keep_reason(kept, error, deliveries[job])
    return set(refused)


def _keep_reason(
    keep: Callable[[ServiceError, int], None], error: ServiceError, delivery: Delivery
) -> None:
    telemetry.note(faults=int(error.status >= 500))
    telemetry.log_model_error(error)
    telemetry.logger.warning(
        "message failed", extra={"message_id": delivery.message_ids[0], "code": error.code}
    )
    try:
        keep(error, delivery.attempt)
    except ServiceError as unkept:  # its claim runs out, and it is delivered again
        telemetry.logger.error("reason not kept", extra={"code": unkept.code})


def _reused(deliveries: Deliveries) -> dict[JobKey, JobIdReused]:
    """Jobs whose id the batch has for another body before: the first one is run."""
    first: dict[tuple[str, str], JobKey] = {}
    for job in deliveries:
        first.setdefault((job.operation, job.id), job)
    others = [job for job in deliveries if first[job.operation, job.id] != job]
    return {job: JobIdReused(job.id) for job in others}


def _process(deliveries: Deliveries, service: Service) -> set[JobKey]:
    """Run and settle the jobs of a batch, and wait for those that run elsewhere.

    Returns:
        The jobs that failed, or that still run when the time is up.
    """
    store = get_job_store()
    reused = _reused(deliveries)
    failed = _refuse(reused, deliveries)
    pending = [job for job in deliveries if job not in reused]
    while pending:
        claims = store.claim(pending, remaining_ms())
        mine = [deliveries[job] for job in pending if claims[job] == "mine"]
        failed |= _settle(_answer(mine, service), deliveries)
        refused = {job: error for job, error in claims.items() if isinstance(error, JobIdReused)}
        failed |= _refuse(refused, deliveries)
        pending = [job for job in pending if claims[job] == "running"]
        if pending and remaining_ms() < RESERVE_MS:
            telemetry.logger.warning(StillRunning.code, extra={"items": len(pending)})
            return failed | set(pending)
        if pending:
            time.sleep(POLL_S)
    return failed


def _answer_bulk(event: dict[str, Any], context: Any, service: Service) -> Response:
    """Answer a batch of a bulk job; an error that concerns all of it is raised."""
    from shared.queue.bulk import bulk_answer  # noqa: PLC0415 - most workers never see one

    with telemetry.invocation("bulk", getattr(context, "aws_request_id", None)) as current:
        answer = bulk_answer(event, service)
        problems = [result["problem"] for result in answer["results"] if "problem" in result]
        current.items, current.failures = len(answer["results"]), len(problems)
        current.counts["faults"] = sum(problem["status"] >= 500 for problem in problems)
    return answer


def _failed(deliveries: Deliveries, service: Service, request_id: str | None) -> set[JobKey]:
    """The jobs of a batch that failed; all of them where the batch as a whole did."""
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
        deliveries = deliveries_of(event["Records"], service)
        current.counts["bytes"] = sum(len(job.body.encode()) for job in deliveries.values())
        failed = _failed(deliveries, service, request_id)
        messages = [
            id_ for job, sent in deliveries.items() if job in failed for id_ in sent.message_ids
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
