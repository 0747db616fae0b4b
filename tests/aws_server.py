"""AWS over HTTP (moto's), which keeps a list of its requests and can be told to misbehave."""

import threading
import urllib.request
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from tests.aws import ENVIRONMENT, REGION

Wsgi = Callable[..., Iterable[bytes]]
ERROR = "<?xml version='1.0'?><Error><Code>{0}</Code><Message>{0}</Message></Error>"
JSON_ERROR = '{{"__type": "com.amazonaws#{0}", "message": "{0}"}}'


def refusal(status: int, code: str, form: str = ERROR) -> Wsgi:
    """An application that answers everything with one error, in S3's form or in the others'."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response(f"{status} {code}", [("x-amzn-requestid", "r")])
        return [form.format(code).encode()]

    return application


class AwsServer:
    """A server of its own port, in threads of this process.

    Attributes:
        requests: method, path and query, range of each, in the order they came.
        hook: called before each with method and path; may block, and may return an application
            that answers in its place.
        aws: the application that answers otherwise.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str]] = []
        self.hook: Callable[[str, str], Wsgi | None] = lambda method, path: None
        self.aws: Wsgi = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        query = f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""
        self.requests.append((method, path + query, environ.get("HTTP_RANGE", "")))
        return (self.hook(method, path) or self.aws)(environ, start_response)

    def __enter__(self) -> Self:
        self._thread.start()
        # Moto has one memory for all servers of a process.
        reset = f"{self.environment['AWS_ENDPOINT_URL']}/moto-api/reset"
        urllib.request.urlopen(urllib.request.Request(reset, method="POST")).close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which boto3 finds it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._server.server_port}",
            **ENVIRONMENT,
        }

    def make_bucket(self, name: str) -> Any:
        """A new bucket, as a boto3 resource."""
        s3 = boto3.resource(
            "s3",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=REGION,
            aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        )
        return s3.create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
