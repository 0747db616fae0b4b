"""``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header): run a repeated POST once.

The first answer is kept and given again, also to a client that never received it. Errors are not
kept: a corrected request may use the key again.
"""

import base64
import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from shared.errors import InvalidRequest, ServiceError, StillRunning
from shared.http.elsewhere import TARGET
from shared.http.messages import Next, Request, Response
from shared.http.respond_async import is_later
from shared.process.deadline import remaining_ms
from shared.process.telemetry import logger
from shared.settings import get_settings

if TYPE_CHECKING:
    from shared.stores.records import Key, Records

HEADER = "idempotency-key"
REPLAYED_HEADER = "idempotency-replayed"
KEY = r"[!-~]{1,255}"
_KEY = re.compile(KEY)


async def idempotent(request: Request, answer: Next) -> Response:
    """Answer a POST with a known ``Idempotency-Key`` as it was answered before.

    Raises:
        InvalidRequest: the key is none.
        KeyReused: it came with another body before.
        StillRunning: the first request under this key is being answered right now.
        StoreUnavailable: the answers that are kept cannot be read.
    """
    if request.method != "POST":
        return await answer(request)
    if not _KEY.fullmatch(request.headers[HEADER]):
        raise InvalidRequest(
            "Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID."
        )
    records, key = get_answers(), _record_key(request)
    claim, kept = records.claim(key, remaining_ms())
    if claim == "running":
        raise StillRunning
    if claim == "done":
        return _restored(kept)
    return await _first_time(request, answer, records, key)


async def _first_time(request: Request, answer: Next, records: "Records", key: "Key") -> Response:
    try:
        response = await answer(request)
    except BaseException:
        records.release(key)
        raise
    try:
        if response.status < 400:
            records.complete(key, _kept(response))
        else:
            records.release(key)
    except ServiceError as error:  # the client has its answer; the claim runs out by itself
        logger.error("answer not kept", extra={"code": error.code})
    return response


def _record_key(request: Request) -> "Key":
    """One client's key on one path stands for one body, and one way of being answered.

    Raises:
        InvalidRequest: nothing tells this caller from others, who must not get its answers.
    """
    caller = request.caller
    if caller is None:
        raise InvalidRequest(
            "Idempotency-Key cannot be used here: what let you in names no caller (a token without "
            "'sub', an authorizer without 'principalId'), and answers must not reach others. Send "
            "the request without it."
        )
    identity = f"{caller}\0{request.path}\0{request.headers[HEADER]}"
    return {"key": identity, "payload": _fingerprint(request)}


def _fingerprint(request: Request) -> str:
    """Of the body, of what a header asks for, and of whether it is to be answered later."""
    body = hashlib.sha256(request.body)
    if target := request.headers.get(TARGET):
        body.update(b"\0" + target.encode())
    if is_later(request):
        body.update(b"\0respond-async")
    return body.hexdigest()


def _kept(response: Response) -> dict[str, Any]:
    headers = [list(header) for header in response.headers.items()]
    body = base64.b64encode(response.body).decode()
    return {"status": response.status, "headers": headers, "body": body}


def _restored(kept: dict[str, Any]) -> Response:
    headers = {**dict(kept["headers"]), REPLAYED_HEADER: "true"}
    headers.pop("content-length", None)  # which earlier versions kept
    return Response(kept["status"], base64.b64decode(kept["body"]), headers)


@lru_cache(maxsize=1)
def get_answers() -> "Records":
    """Answers by idempotency key, in the store that the settings name."""
    from shared.stores.records import Records  # noqa: PLC0415 - boto3, which others do not need

    settings = get_settings()
    return Records(settings, "http", settings.results_ttl_s, validated=True)
