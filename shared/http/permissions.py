"""For whom a token lets its bearer act, where API Gateway reads tokens (``Authorizer=JWT``).

With the setting ``USER_CLAIM`` a shopper's token may name one user: the one that this claim of the
token states. A service's token that has an operation's scope may name everyone. Signed requests
(IAM) are not looked at: their policies name routes.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from shared.errors import Forbidden
from shared.http.messages import Next, Request, Response
from shared.operations import Operation
from shared.settings import get_settings

JOBS_SCOPE = "jobs:read"
Claims = Mapping[str, Any]
_claims: ContextVar[Claims | None] = ContextVar("claims", default=None)


async def permitted(request: Request, answer: Next) -> Response:
    """Remember what the request's token states, for who comes to know what it asks for."""
    _claims.set(claims_of(request.scope))
    return await answer(request)


def claims_of(scope: Mapping[str, Any]) -> Claims | None:
    """What a request's token states; None where none came.

    Args:
        scope: of ASGI, with the event of API Gateway where it came from there.
    """
    context: dict[str, Any] = scope.get("aws.event", {}).get("requestContext", {})
    authorizer = context.get("authorizer") or {}
    token = authorizer.get("jwt") or authorizer
    return token.get("claims") or {} if "claims" in token else None


def check_users(operation: Operation, request: Any) -> None:
    """Refuse a request that names users for whom its token does not let its bearer act.

    Raises:
        Forbidden: it does.
    """
    if (operation.users is None and operation.scope is None) or acts_for_all(operation.scope):
        return
    if operation.users is None:
        raise Forbidden(
            f"A shopper's token may not do this: it needs the scope '{operation.scope}'."
        )
    claim = get_settings().user_claim
    own = str((_claims.get() or {}).get(claim or "") or "")
    if any(user != own for user in operation.users(request)):
        raise Forbidden(
            f"This token may name one user_id alone, that of its claim '{claim}'. To act for "
            f"others it needs the scope '{operation.scope}'."
        )


def acts_for_all(scope: str | None) -> bool:
    """Whether whoever is calling may act for every user, as far as a scope goes."""
    claims = _claims.get()
    if get_settings().user_claim is None or claims is None:
        return True
    return scope in _scopes(claims)


def _scopes(claims: Claims) -> list[str]:
    """Scopes of a token, as OAuth (``scope``) and some issuers (``scp``) write them."""
    stated = claims.get("scope") or claims.get("scp") or ""
    return list(stated) if isinstance(stated, list) else str(stated).strip("[]").split()
