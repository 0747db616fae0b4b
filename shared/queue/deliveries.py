"""What a batch of SQS' records asks for: its jobs, and the request in a message."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from shared.errors import InvalidRequest, UnsupportedEvent
from shared.operations import Service
from shared.problems import check_size, parse
from shared.queue.whereabouts import JOB_ID, OPERATION, JobKey

Request = TypeVar("Request", bound=BaseModel)
# Keys of what other services of AWS put around a message, and what then brings the message alone.
_ENVELOPES = {
    frozenset({"Type", "TopicArn", "Message"}): (
        "SNS put its envelope around the message: turn on RawMessageDelivery of the subscription."
    ),
    frozenset({"detail-type", "source", "detail"}): (
        "EventBridge sent the whole event: give the rule's target an InputPath of $.detail, or an "
        "input transformer."
    ),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One job, and the records of the batch that stand for it.

    Attributes:
        attempt: which delivery it is.
        sent_at: seconds since 1970-01-01 UTC; 0 where the record does not tell.
    """

    job: JobKey
    body: str
    message_ids: tuple[str, ...]
    attempt: int
    sent_at: float


Deliveries = Mapping[JobKey, Delivery]


def _attribute(record: Mapping[str, Any], name: str) -> str | None:
    value: str | None = record.get("messageAttributes", {}).get(name, {}).get("stringValue")
    return value


def deliveries_of(records: Iterable[Any], service: Service) -> dict[JobKey, Delivery]:
    """Jobs of a batch; records under one id with one body are one job.

    Raises:
        UnsupportedEvent: the records are none of SQS.
    """
    deliveries: dict[JobKey, Delivery] = {}
    for record in records:
        message_id, body = _told(record)
        operation = _attribute(record, OPERATION) or service.default.path or service.default.name
        job = JobKey.of(service.name, operation, _attribute(record, JOB_ID) or message_id, body)
        attributes = record.get("attributes", {})
        earlier = deliveries[job].message_ids if job in deliveries else ()
        deliveries[job] = Delivery(
            job,
            body,
            (*earlier, message_id),
            int(attributes.get("ApproximateReceiveCount", 1)),
            int(attributes.get("SentTimestamp", 0)) / 1e3,
        )
    return deliveries


def _told(record: Any) -> tuple[str, str]:
    """Id and body of a message."""
    match record:
        case {"messageId": str(message_id), "body": str(body)}:
            return message_id, body
    raise UnsupportedEvent(
        "The worker takes the records of SQS queues, which have a 'messageId' and a 'body'. Let "
        "other sources (S3, SNS, Kinesis) send to the queue."
    )


def read_request(model: type[Request], body: str) -> Request:
    """The request in a message.

    Raises:
        BodyTooLarge: it has more bytes than a request by HTTP may have.
        MalformedJson: it is not JSON.
        InvalidRequest: it does not fit ``model``.
    """
    check_size(len(body.encode("utf-8", "surrogatepass")))
    try:
        return parse(model, body)
    except InvalidRequest:
        _refuse_envelope(body)
        raise


def _refuse_envelope(body: str) -> None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    for keys, advice in _ENVELOPES.items():
        if isinstance(document, dict) and keys <= document.keys():
            raise InvalidRequest(f"The message is not a request. {advice}") from None
