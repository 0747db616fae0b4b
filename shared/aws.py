"""Connections to AWS, with their failures as this product's errors.

botocore is imported when the first connection is made, and boto3 where more than a plain client is
asked for: they cost 160 ms that only a process with a table, a bucket or a queue should pay.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from shared.errors import StoreUnavailable
from shared.process.snapshot import reconnecting

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.config import Config
    from botocore.session import Session as BotocoreSession
    from mypy_boto3_dynamodb import DynamoDBClient, DynamoDBServiceResource
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# A caller waits for at most three of each, well below API Gateway's 30 seconds.
CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 3.0
MAX_ATTEMPTS = 3
MAX_CONNECTIONS = 16  # of one client
SERVICES = ["dynamodb", "s3", "sqs"]
_making = Lock()  # a session makes one client at a time


def _config() -> "Config":
    from botocore.config import Config  # noqa: PLC0415

    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        max_pool_connections=MAX_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
    )


@lru_cache(maxsize=1)
def _botocore_session() -> "BotocoreSession":
    """A session that knows of these services alone.

    botocore looks through its folders of four hundred services, twice a client, only to say which
    there are where a name is none of them.
    """
    from botocore.loaders import Loader  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    class OwnServices(Loader):
        def list_available_services(self, type_name: str) -> list[str]:
            del type_name
            return SERVICES

    session = get_session()
    session.register_component("data_loader", OwnServices())
    return session


@lru_cache(maxsize=1)
def _session() -> "Session":
    import boto3  # noqa: PLC0415

    return boto3.Session(botocore_session=_botocore_session())


def dynamo_client() -> "DynamoDBClient":
    """DynamoDB with items as its API has them, without boto3."""
    with _making:
        client: DynamoDBClient = _botocore_session().create_client("dynamodb", config=_config())  # type: ignore[assignment]
    return reconnecting(client)


def dynamo_resource() -> "DynamoDBServiceResource":
    """DynamoDB with Python's types in items."""
    with _making:
        resource = _session().resource("dynamodb", config=_config())
    reconnecting(resource.meta.client)
    return resource


def s3_client() -> "S3Client":
    """S3, with boto3's transfer of large objects in parts."""
    with _making:
        return reconnecting(_session().client("s3", config=_config()))


def sqs_client() -> "SQSClient":
    """SQS, without boto3."""
    with _making:
        client: SQSClient = _botocore_session().create_client("sqs", config=_config())  # type: ignore[assignment]
    return reconnecting(client)


def _library_errors() -> tuple[type[Exception], ...]:
    """What botocore raises, and boto3 where it is imported: before that nothing raises its own."""
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    boto3 = sys.modules.get("boto3.exceptions")
    return (BotoCoreError, boto3.Boto3Error) if boto3 else (BotoCoreError,)


@contextmanager
def aws_errors(store: str) -> Iterator[None]:
    """What a client raises, as `StoreUnavailable` that names the store."""
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        why = f"{code} from {error.operation_name}"
        raise StoreUnavailable(f"The {store} did not answer ({why}).") from error
    except _library_errors() as error:
        raise StoreUnavailable(f"The {store} did not answer ({type(error).__name__}).") from error
