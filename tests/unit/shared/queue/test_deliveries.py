import json

import pytest

from shared.errors import BodyTooLarge, InvalidRequest, UnsupportedEvent
from shared.queue.deliveries import deliveries_of, read_request
from shared.settings import get_settings
from tests.halving import Halver, Question, halving

BODY = '{"number": 2}'


def record(message_id, body=BODY, **attributes):
    told = {name: {"dataType": "String", "stringValue": v} for name, v in attributes.items()}
    return {"messageId": message_id, "body": body, "messageAttributes": told}


def jobs(*records):
    return list(deliveries_of(records, halving(Halver())).values())


def test_records_of_one_id_and_body_are_one_job():
    (job,) = jobs(record("a", job_id="j"), record("b", job_id="j"))
    assert job.message_ids == ("a", "b")


@pytest.mark.parametrize(
    "other",
    [
        record("b"),
        record("b", job_id="k"),
        record("b", '{"number": 4}', job_id="j"),
        record("b", job_id="j", operation="/other"),
    ],
)
def test_records_of_another_id_body_or_operation_are_another(other):
    assert len(jobs(record("a", job_id="j"), other)) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"Sns": {"MessageId": "m", "Message": BODY}, "EventSource": "aws:sns"},
        {"eventSource": "aws:s3", "s3": {}},
        {"kinesis": {"data": ""}},
        {"messageId": "m"},
        None,
    ],
)
def test_records_of_other_sources_are_an_error_and_no_success(other):
    with pytest.raises(UnsupportedEvent, match="SQS"):
        jobs(record("a"), other)


@pytest.mark.parametrize(
    ("envelope", "advice"),
    [
        ({"Type": "Notification", "TopicArn": "arn", "Message": BODY}, "RawMessageDelivery"),
        ({"detail-type": "order", "source": "shop", "detail": {"number": 2}}, "InputPath"),
    ],
)
def test_a_message_in_an_envelope_is_refused_with_what_to_change(envelope, advice):
    with pytest.raises(InvalidRequest, match=advice):
        read_request(Question, json.dumps(envelope))


def test_a_message_may_be_as_large_as_a_body_by_http():
    most = get_settings().max_body_bytes
    assert read_request(Question, BODY.ljust(most)).number == 2
    with pytest.raises(BodyTooLarge):
        read_request(Question, BODY.ljust(most + 1))
