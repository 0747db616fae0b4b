"""SQS: a whole batch in one call of the service, and a partial batch response.

Each message body is the JSON of the HTTP body. Its answer is kept in the result store under
the message id; a duplicate delivery is answered from there. A message that fails is named in
``batchItemFailures``, so that it alone is delivered again and in the end reaches the
dead-letter queue; its neighbours are not touched.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from shared import telemetry
from shared.errors import ServiceError, UnsupportedEvent
from shared.problems import parse
from shared.store import StoredResult, get_result_store

Request = TypeVar("Request", bound=BaseModel)
Outcome = BaseModel | ServiceError
Handle = Callable[[Sequence[Request]], Sequence[Outcome]]
Response = dict[str, list[dict[str, str]]]


def _failure(error: Exception, message_id: str) -> ServiceError:
    if isinstance(error, ServiceError):
        return error
    telemetry.log_failure(error, message_id)
    return ServiceError("An unexpected error; the log has it under this message id.")


def _parse_records(
    records: Sequence[dict[str, Any]], model: type[Request]
) -> tuple[dict[str, Request], dict[str, Outcome]]:
    """Requests by message id, and the errors of the bodies that are none."""
    requests: dict[str, Request] = {}
    failed: dict[str, Outcome] = {}
    for record in records:
        try:
            requests[record["messageId"]] = parse(model, record["body"])
        except ServiceError as error:
            failed[record["messageId"]] = error
    return requests, failed


def _run(requests: dict[str, Request], handle: Handle[Request]) -> dict[str, Outcome]:
    """Outcomes of all requests from one call; where that raises, from one call each."""
    if not requests:
        return {}
    try:
        outcomes = handle(list(requests.values()))
        return dict(zip(requests, outcomes, strict=True))
    except Exception as error:  # noqa: BLE001 - a batch must not fail for one of its records
        if len(requests) == 1:
            (message_id,) = requests
            return {message_id: _failure(error, message_id)}
    return {
        message_id: _run({message_id: request}, handle)[message_id]
        for message_id, request in requests.items()
    }


def _stored(service: str, message_id: str, outcome: Outcome) -> StoredResult:
    if isinstance(outcome, ServiceError):
        return StoredResult(message_id, service, "failed", outcome.problem(message_id))
    body = outcome.model_dump(mode="json")
    return StoredResult(message_id, service, "succeeded", body)


def _process(
    records: Sequence[dict[str, Any]], service: str, model: type[Request], handle: Handle[Request]
) -> list[str]:
    """Answer and store the records of a batch.

    Returns:
        The ids of the messages that failed.
    """
    store = get_result_store()
    known = store.get_many([record["messageId"] for record in records])
    fresh = [
        record
        for record in records
        if record["messageId"] not in known or known[record["messageId"]].status == "failed"
    ]
    requests, outcomes = _parse_records(fresh, model)
    outcomes |= _run(requests, handle)
    keep = [
        _stored(service, message_id, outcome)
        for message_id, outcome in outcomes.items()
        if not (isinstance(outcome, ServiceError) and outcome.retryable)
    ]
    if keep:
        store.put_many(keep)
    failed = [id_ for id_, outcome in outcomes.items() if isinstance(outcome, ServiceError)]
    for message_id in failed:
        code = getattr(outcomes[message_id], "code", "")
        telemetry.logger.warning("message failed", extra={"message_id": message_id, "code": code})
    return failed


def sqs_handler(
    service: str,
    model: type[Request],
    handle: Handle[Request],
    preload: Callable[[], object],
) -> Callable[[dict[str, Any], Any], Response]:
    """The Lambda entry of a worker.

    Args:
        service: name kept with each result.
        model: what a message body must be.
        handle: answers requests in order, each with a response or a `ServiceError`.
        preload: loads what the first message needs, during Lambda's init phase.
    """
    telemetry.run_or_log(preload)
    telemetry.run_or_log(get_result_store)

    def handler(event: dict[str, Any], context: Any) -> Response:
        start = time.perf_counter()
        cold = telemetry.take_cold_start()
        telemetry.collect_spans()
        if "Records" not in event:
            raise UnsupportedEvent(
                "The worker takes SQS events with 'Records'; send other requests to the API "
                "function."
            )
        records = event["Records"]
        try:
            failed = _process(records, service, model, handle)
        except ServiceError as error:
            telemetry.logger.error("batch failed", extra={"code": error.code})
            failed = [record["messageId"] for record in records]
        telemetry.record_invocation(
            "sqs",
            getattr(context, "aws_request_id", None),
            cold=cold,
            items=len(records),
            failures=len(failed),
            total_ms=(time.perf_counter() - start) * 1e3,
        )
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}

    return handler
