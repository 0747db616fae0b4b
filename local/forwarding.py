"""A stack's API at an address of this machine: what comes is signed, or given a token, and sent on.

A browser cannot sign, so the console cannot come from a stack whose routes are all behind an
authorizer. Here it comes from this machine, and its requests go through that authorizer.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local.command import CommandError
from local.dead_letters import stack_outputs
from shared.errors import PROBLEM_TYPE_PREFIX, NotFound

TIMEOUT_S = 35  # API Gateway ends a request after 30
OWN_PATHS = ("/openapi.json", "/docs")  # which a stack's API does not have
SENT = ("accept", "content-type", "idempotency-key", "prefer", "x-request-id")
KEPT_BACK = ("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding")
LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")

Sign = Callable[[AWSRequest], None]


@dataclass(frozen=True)
class Stack:
    """A deployed API, and what lets a request in."""

    url: str
    sign: Sign


def open_stack(name: str, token_file: Path | None) -> Stack:
    """The API of a stack.

    Args:
        name: that it was deployed under.
        token_file: holds a JSON Web Token, for ``Authorizer=JWT``; read anew for each request.

    Raises:
        CommandError: there are no credentials, or no token.
        NotFound: there is no such stack.
    """
    outputs = stack_outputs(name)
    if "ApiUrl" not in outputs:
        raise NotFound(f"The stack {name} has no output ApiUrl: is it this product's?")
    return Stack(outputs["ApiUrl"], _bearer(token_file) if token_file else _signer())


def _signer() -> Sign:
    session = boto3.Session()
    credentials, region = session.get_credentials(), session.region_name
    if credentials is None or region is None:
        raise CommandError("No AWS credentials or no region: set AWS_PROFILE and AWS_REGION.")

    def sign(request: AWSRequest) -> None:
        SigV4Auth(credentials.get_frozen_credentials(), "execute-api", region).add_auth(request)

    return sign


def _bearer(path: Path) -> Sign:
    if not path.is_file():
        raise CommandError(f"--token-file {path} is not a file.")

    def sign(request: AWSRequest) -> None:
        request.headers["authorization"] = f"Bearer {path.read_text(encoding='utf-8').strip()}"

    return sign


class Forwarding:
    """ASGI application: sends what a page of its own asks to a stack.

    Args:
        stack: that answers.
        own: answers `OWN_PATHS`.
    """

    def __init__(self, stack: Stack, own: ASGIApp) -> None:
        self._stack, self._own = stack, own
        self._session = URLLib3Session(timeout=TIMEOUT_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OWN_PATHS:
            await self._own(scope, receive, send)
            return
        request = Request(scope, receive)
        if not is_own(request.headers):
            detail = "Only the page that this server has may ask it: it signs what it sends."
            await problem(403, "foreign-origin", detail)(scope, receive, send)
            return
        path = (scope.get("raw_path") or scope["path"].encode()).decode("ascii")
        query = f"?{request.url.query}" if request.url.query else ""
        headers = {name: request.headers[name] for name in SENT if name in request.headers}
        asked = AWSRequest(
            request.method, f"{self._stack.url}{path}{query}", headers, await request.body()
        )
        await (await run_in_threadpool(self._answer, asked))(scope, receive, send)

    def _answer(self, request: AWSRequest) -> Response:
        try:
            self._stack.sign(request)
            found: AWSResponse = self._session.send(request.prepare())
        except BotoCoreError as error:
            return problem(502, "stack-unreachable", f"The stack's API does not answer: {error}")
        headers = {k: v for k, v in found.headers.items() if k.lower() not in KEPT_BACK}
        return Response(found.content, found.status_code, headers)


def is_own(headers: Mapping[str, str]) -> bool:
    """Whether a request is of this server's page, or of no page.

    Another site's page could otherwise ask with the user's credentials, by this machine's address
    or by a name that leads to it.
    """
    host = headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in LOCAL_NAMES:
        return False
    origin = headers.get("origin")
    same_site = headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    return same_site and (origin is None or origin == f"http://{host}")


def problem(status: int, code: str, detail: str) -> Response:
    """An error as the services tell theirs."""
    document = {"type": f"{PROBLEM_TYPE_PREFIX}{code}", "status": status, "detail": detail}
    return Response(json.dumps(document), status, media_type="application/problem+json")
