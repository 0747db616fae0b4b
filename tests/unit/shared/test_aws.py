import json
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from shared import aws
from shared.errors import StoreUnavailable
from shared.process import snapshot
from shared.settings import get_settings
from tests.aws import REGION, in_memory

ROOT = Path(__file__).resolve().parents[3]
CLIENTS = {
    "dynamodb": [aws.dynamo_client, lambda: aws.dynamo_resource().meta.client],
    "s3": [aws.s3_client],
    "sqs": [aws.sqs_client],
}
MADE = [(service, make) for service, makers in CLIENTS.items() for make in makers]


@pytest.fixture(autouse=True)
def account(monkeypatch):
    with in_memory(monkeypatch):
        yield


@pytest.mark.parametrize(("service", "make"), MADE)
def test_a_caller_of_the_api_gets_an_answer_before_the_gateway_gives_up(service, make):
    client = make()
    config = client.meta.config
    assert (client.meta.service_model.service_name, client.meta.region_name) == (service, REGION)
    tries = config.retries["total_max_attempts"]
    assert tries == aws.MAX_ATTEMPTS
    assert tries * (config.connect_timeout + config.read_timeout) <= 12
    assert config.max_pool_connections == aws.MAX_CONNECTIONS


@pytest.mark.parametrize(("service", "make"), MADE)
def test_a_copy_of_a_snapshot_opens_its_own_connections(service, make, monkeypatch):
    monkeypatch.setattr(snapshot, "_clients", weakref.WeakSet())
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    get_settings.cache_clear()
    client = make()
    assert list(snapshot._clients) == [client]


def test_importing_loads_no_boto3():
    code = "import json, sys, shared.aws; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout)
    assert "shared.errors" in loaded
    assert not {"boto3", "botocore"} & set(loaded)


def client_error(code):
    return ClientError({"Error": {"Code": code}}, "GetItem")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (client_error("ThrottlingException"), "ThrottlingException from GetItem"),
        (ClientError({}, "GetItem"), "unknown from GetItem"),
        (EndpointConnectionError(endpoint_url="x"), "EndpointConnectionError"),
        (NoCredentialsError(), "NoCredentialsError"),
        (S3UploadFailedError("secret name"), "S3UploadFailedError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_failures_of_aws_are_a_store_that_does_not_answer(error, why):
    with pytest.raises(StoreUnavailable) as raised, aws.aws_errors("store of words"):
        raise error
    assert raised.value.detail == f"The store of words did not answer ({why})."
    assert raised.value.retryable
    assert raised.value.__cause__ is error


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError), aws.aws_errors("store of words"):
        1 / 0  # noqa: B018


def test_a_table_that_is_not_there_is_told_with_what_was_asked():
    with pytest.raises(StoreUnavailable, match="ResourceNotFoundException from GetItem"):  # noqa: SIM117
        with aws.aws_errors("store of words"):
            aws.dynamo_client().get_item(TableName="words", Key={"id": {"S": "a"}})
