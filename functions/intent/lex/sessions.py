"""Sessions of Amazon Lex's clients, in the store until nothing was said for a while."""

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from functions.intent.lex.shapes import Message, SessionRequest, SessionState, TimeToLive
from shared.errors import NotFound
from shared.settings import get_settings

if TYPE_CHECKING:
    from shared.stores.documents import Documents

LEAST_SECONDS = 5  # that an answer may name


class Session(BaseModel):
    """A dialogue after its last turn.

    Attributes:
        interpretations: of what was said last, as JSON.
        kept_s: when it was last changed, seconds since 1970-01-01 UTC.
    """

    state: SessionState
    interpretations: list[dict[str, Any]] = []
    messages: list[Message] = []
    kept_s: float


@lru_cache(maxsize=1)
def get_sessions() -> "Documents":
    """Those of the store that the settings name."""
    from shared.stores.documents import Documents  # noqa: PLC0415 - boto3, for those who use them

    settings = get_settings()
    return Documents(settings, "lex-session", settings.lex_session_ttl_s)


def read(request: SessionRequest) -> Session | None:
    """The session of a request, if there is one.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    document = get_sessions().read(_name(request))
    return None if document is None else Session.model_validate(document)


def read_known(request: SessionRequest) -> Session:
    """The same, where there has to be one.

    Raises:
        NotFound: there is none.
        StoreUnavailable: the store does not answer.
    """
    session = read(request)
    if session is None:
        raise NotFound(
            f"No session {request.session_id!r} is kept: none was begun, or nothing was said in it "
            f"for {get_settings().lex_session_ttl_s} seconds."
        )
    return session


def keep(
    request: SessionRequest,
    state: SessionState,
    interpretations: list[dict[str, Any]],
    messages: list[Message],
) -> None:
    """Keep a session for another while.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    session = Session(
        state=state, interpretations=interpretations, messages=messages, kept_s=time.time()
    )
    get_sessions().write(
        _name(request), session.model_dump(mode="json", by_alias=True, exclude_unset=True)
    )


def forget(request: SessionRequest) -> None:
    """End a session.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    get_sessions().remove(_name(request))


def state_before(session: Session | None, given: SessionState | None) -> SessionState:
    """Where the dialogue is when a customer writes: what the client gives stands in for the kept.

    Contexts have a turn less to live, and the seconds that have passed.
    """
    state = SessionState()
    if session is not None:
        state = session.state.model_copy(deep=True)
        _age(state, round(time.time() - session.kept_s))
    if given is not None:
        state = state.model_copy(
            update={name: getattr(given, name) for name in given.model_fields_set}
        )
    return state


def _age(state: SessionState, passed_s: int) -> None:
    alive = []
    for context in state.active_contexts:
        live = context.time_to_live
        turns, left_s = live.turns_to_live - 1, live.time_to_live_in_seconds - passed_s
        if turns >= 1 and left_s >= 1:
            context.time_to_live = TimeToLive(
                turns_to_live=turns, time_to_live_in_seconds=max(left_s, LEAST_SECONDS)
            )
            alive.append(context)
    if len(alive) < len(state.active_contexts):
        state.active_contexts = alive


def _name(request: SessionRequest) -> str:
    return f"{request.bot_id}/{request.bot_alias_id}/{request.locale_id}/{request.session_id}"
