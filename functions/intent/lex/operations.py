"""Amazon Lex V2's runtime operations."""

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel

from functions.intent.dialogue import check_intent
from functions.intent.lex import sessions
from functions.intent.lex.errors import DIALECT
from functions.intent.lex.shapes import (
    FALLBACK,
    PutSessionRequest,
    RecognizeTextRequest,
    SessionRequest,
)
from functions.intent.lex.turns import request_of, turn_of
from functions.intent.service import IntentService
from shared.aws_contract import AwsAnswer, not_covered
from shared.errors import NotFound, ServiceError
from shared.operations import HttpAnswer, NoFields, Operation, each

SESSION = "/bots/{botId}/botAliases/{botAliasId}/botLocales/{localeId}/sessions/{sessionId}"


def recognize_text(service: IntentService, request: RecognizeTextRequest) -> AwsAnswer:
    """What a customer wants, and what comes next in the dialogue, which is kept.

    Raises:
        NotFound: the model does not read the locale's language.
        ServiceError: the service or the store cannot answer.
    """
    _check_locale(service, request.locale_id)
    state = sessions.state_before(sessions.read(request), request.session_state)
    (response,) = service.classify([request_of(request.text, request.locale_id, state)])
    if isinstance(response, ServiceError):
        raise response
    needs = {label.name: label.slots or [] for label in service.labels(NoFields()).labels}
    turn = turn_of(response.results[0], state, needs)
    state = state.model_copy(update={"intent": turn.intent, "dialog_action": turn.action})
    sessions.keep(request, state, turn.interpretations, [])
    answer = {
        "sessionId": request.session_id,
        "sessionState": state.written(),
        "interpretations": turn.interpretations,
    }
    if request.request_attributes:
        answer["requestAttributes"] = request.request_attributes
    return AwsAnswer(answer)


def get_session(_: IntentService, request: SessionRequest) -> AwsAnswer:
    """Where a dialogue is.

    Raises:
        NotFound: there is none.
    """
    session = sessions.read_known(request)
    return AwsAnswer(
        {
            "sessionId": request.session_id,
            "sessionState": session.state.written(),
            "interpretations": session.interpretations,
            "messages": [message.written() for message in session.messages],
        }
    )


def put_session(service: IntentService, request: PutSessionRequest) -> HttpAnswer:
    """Begin a dialogue, or change where it is.

    Raises:
        NotFound: the model does not read the locale's language.
        InvalidRequest: it does not know the intent.
        StoreUnavailable: the store does not answer.
    """
    _check_locale(service, request.locale_id)
    intent = request.session_state.intent
    if intent is not None and intent.name != FALLBACK:
        check_intent(intent.name, service.intents)
    sessions.keep(request, request.session_state, [], request.messages)
    headers = {
        "content-type": "text/plain; charset=utf-8",
        "x-amz-lex-session-id": request.session_id,
        "x-amz-lex-session-state": _packed(request.session_state.written()),
    }
    if request.messages:
        headers["x-amz-lex-messages"] = _packed([it.written() for it in request.messages])
    if request.request_attributes:
        headers["x-amz-lex-request-attributes"] = _packed(request.request_attributes)
    return HttpAnswer(body=b"", headers=headers)


def delete_session(_: IntentService, request: SessionRequest) -> AwsAnswer:
    """End a dialogue.

    Raises:
        NotFound: there is none.
    """
    sessions.read_known(request)
    sessions.forget(request)
    return AwsAnswer(request.model_dump(by_alias=True))


def _check_locale(service: IntentService, locale: str) -> None:
    language = locale.partition("_")[0].lower()
    if service.languages and language not in service.languages:
        raise NotFound(
            f"No locale {locale[:20]!r}: the model reads {', '.join(service.languages)}. Use a "
            "locale of one of them, such as en_US."
        )


def _packed(value: Any) -> str:
    """JSON in a header, as Lex has it: compressed by gzip, in base64."""
    return base64.b64encode(gzip.compress(json.dumps(value).encode(), mtime=0)).decode()


def _row(
    name: str,
    request: type[BaseModel],
    answer: Callable[[Any, Any], Any],
    method: Literal["GET", "POST", "DELETE"] = "POST",
    below: str = "",
) -> Operation:
    return Operation(
        name,
        SESSION + below,
        request,
        AwsAnswer,
        each(answer),
        answer.__doc__ or "",
        method=method,
        dialect=DIALECT,
    )


_INVALID = "ValidationException"
_WORDS = "Send the text to RecognizeText."
OPERATIONS = (
    _row("RecognizeText", RecognizeTextRequest, recognize_text, below="/text"),
    _row("PutSession", PutSessionRequest, put_session),
    _row("GetSession", SessionRequest, get_session, "GET"),
    _row("DeleteSession", SessionRequest, delete_session, "DELETE"),
    not_covered("RecognizeUtterance", f"{SESSION}/utterance", _INVALID, DIALECT, _WORDS),
    not_covered("StartConversation", f"{SESSION}/conversation", _INVALID, DIALECT, _WORDS),
)
