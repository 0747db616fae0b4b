"""Layers around every HTTP request: its id and figures, its problems, and its limits."""

from shared.errors import ServiceError, UnsupportedMedia
from shared.http.bodies import check_charset, unpacked
from shared.http.messages import FORM, JSON, MULTIPART, Next, Request, Response
from shared.http.problem_responses import problem_response, unexpected
from shared.problems import check_size
from shared.process import telemetry
from shared.settings import get_settings


async def identified(request: Request, answer: Next) -> Response:
    """Tell the request's id, how long it took, and whether the process was new."""
    with telemetry.invocation("http", request.id) as current:
        response = await answer(request)
        current.failures = int(response.status >= 400)
        current.counts["faults"] = int(response.status >= 500)
        total_ms = current.spans_ms["total"] = current.elapsed_ms()
        response.headers["x-request-id"] = request.id
        dialect = request.route[1].dialect if request.route else None
        if dialect is not None and dialect.id_header is not None:
            response.headers[dialect.id_header] = request.id
        response.headers["server-timing"] = telemetry.server_timing(current.spans_ms)
        response.headers["x-cold-start"] = "true" if current.cold else "false"
        if get_settings().cost_header:
            from shared.process.pricing import estimated_cost  # noqa: PLC0415 - seldom wanted

            response.headers["x-estimated-cost-usd"] = estimated_cost(total_ms)
    return response


async def as_problems(request: Request, answer: Next) -> Response:
    """Answer an error as a problem document, an unexpected one after it is logged."""
    try:
        return await answer(request)
    except ServiceError as error:
        return problem_response(error, request.id, request.dialect)
    except Exception as error:  # noqa: BLE001 - the last line of defence answers as a problem
        telemetry.log_failure(error, request.id)
        return problem_response(unexpected(), request.id, request.dialect)


async def within_limits(request: Request, answer: Next) -> Response:
    """Let a body through, unpacked, that is no larger than allowed and of a kind that is read.

    Raises:
        BodyTooLarge: it has more bytes than are allowed.
        MalformedJson: it is declared as gzip and is none.
        UnsupportedMedia: it is declared as something other than JSON, or a form where one may be.
    """
    check_size(len(request.body))
    if request.body and "content-encoding" in request.headers:
        request.body = unpacked(request.body, request.headers["content-encoding"])
        check_size(len(request.body))
    if request.body and "charset" in request.headers.get("content-type", "").lower():
        check_charset(request.headers["content-type"])
    if request.media_type != JSON and request.body and not _is_read(request):
        raise UnsupportedMedia("The body must be JSON: send 'Content-Type: application/json'.")
    telemetry.note(bytes=len(request.body))
    return await answer(request)


def _is_read(request: Request) -> bool:
    if request.media_type in (FORM, MULTIPART):
        return request.dialect is not None and request.dialect.reads_forms
    dialect = request.dialect
    if dialect is not None and (dialect.reads_any or request.media_type == dialect.media_type):
        return True
    return request.media_type.endswith("json")
