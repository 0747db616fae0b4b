"""``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header): run a repeated POST once.

The first answer is kept and given again, also to a client that never received it. Errors are not
kept: a corrected request may use the key again.
"""

import base64
import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import InvalidRequest, ServiceError, StillRunning
from shared.http.asgi import Caught, answer_of, header, read_body
from shared.process.deadline import remaining_ms
from shared.process.telemetry import logger
from shared.settings import get_settings

if TYPE_CHECKING:
    from shared.stores.records import Key, Records

HEADER = "idempotency-key"
REPLAYED_HEADER = "idempotency-replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class Idempotent:
    """ASGI middleware: answer a POST with a known ``Idempotency-Key`` as it was answered before.

    Args:
        app: what it stands before.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = header(scope, HEADER) if scope["type"] == "http" else None
        if key is None or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        if not _KEY.fullmatch(key):
            raise InvalidRequest(
                "Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID."
            )
        body = await read_body(receive)
        caught, replayed = await self._once(_record_key(scope, key, body), scope, body, receive)
        if replayed:
            caught.headers.append((REPLAYED_HEADER.encode(), b"true"))
        await caught.send_to(send)

    async def _once(
        self, key: "Key", scope: Scope, body: bytes, receive: Receive
    ) -> tuple[Caught, bool]:
        """The answer, and whether it is an earlier one."""
        records = get_answers()
        claim, kept = records.claim(key, remaining_ms())
        if claim == "running":
            raise StillRunning
        if claim == "done":
            return _restored(kept), True
        try:
            caught = await answer_of(self.app, scope, body, receive)
        except BaseException:
            records.release(key)
            raise
        try:
            if caught.status < 400:
                records.complete(key, _kept(caught))
            else:
                records.release(key)
        except ServiceError as error:  # the client has its answer; the claim runs out by itself
            logger.error("answer not kept", extra={"code": error.code})
        return caught, False


def _record_key(scope: Scope, key: str, body: bytes) -> "Key":
    """One client's key on one path stands for one body."""
    identity = f"{_caller(scope)}\0{scope['path']}\0{key}"
    return {"key": identity, "payload": hashlib.sha256(body).hexdigest()}


def _caller(scope: Scope) -> str:
    """Who API Gateway says is calling, so that no one is given another's answers."""
    context: dict[str, Any] = scope.get("aws.event", {}).get("requestContext", {})
    authorizer = context.get("authorizer") or {}
    claims = (authorizer.get("jwt") or authorizer).get("claims") or {}
    arn = (authorizer.get("iam") or context.get("identity") or {}).get("userArn")
    return str(claims.get("sub") or arn or "")


def _kept(caught: Caught) -> dict[str, Any]:
    headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in caught.headers]
    body = base64.b64encode(caught.body).decode()
    return {"status": caught.status, "headers": headers, "body": body}


def _restored(kept: dict[str, Any]) -> Caught:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept["headers"]]
    return Caught(kept["status"], headers, base64.b64decode(kept["body"]))


@lru_cache(maxsize=1)
def get_answers() -> "Records":
    """Answers by idempotency key, in the store that the settings name."""
    from shared.stores.records import Records  # noqa: PLC0415 - boto3, which other requests do not need

    settings = get_settings()
    return Records(settings, "http", settings.results_ttl_s, validated=True)
