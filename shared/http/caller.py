"""Who API Gateway says is calling, as far as it tells people apart."""

from collections.abc import Mapping
from typing import Any

_POOL_SESSION = "/CognitoIdentityCredentials"  # of everyone whom an identity pool lets in
_PEOPLES_ROLE = "/AWSReservedSSO_"  # whose sessions are named after people
NOBODY = ""  # where the API asks nobody who they are


def caller_of(scope: Mapping[str, Any]) -> str | None:
    """Who is calling.

    The subject of a token; the identity of an identity pool; the user or role of a signature, whose
    sessions are one caller unless people sign in to it; the principal of an authorizer function;
    an API key's id.

    Args:
        scope: of ASGI, with the event of API Gateway where it came from there.

    Returns:
        `NOBODY` where the API asks nobody; None where somebody was let in and nothing that
        API Gateway tells distinguishes them from others.
    """
    context: dict[str, Any] = scope.get("aws.event", {}).get("requestContext", {})
    authorizer = context.get("authorizer") or {}
    signed = authorizer.get("iam") or context.get("identity") or {}
    pool = signed.get("cognitoIdentity") or {}
    arn = str(signed.get("userArn") or "")
    if pool or signed.get("cognitoIdentityId") or arn.endswith(_POOL_SESSION):
        return _text(pool.get("identityId") or signed.get("cognitoIdentityId"))
    if arn:
        return _role(arn)
    if authorizer:
        return _authorized(authorizer)
    return _text(signed.get("apiKeyId")) or NOBODY


def _authorized(authorizer: Mapping[str, Any]) -> str | None:
    """Whom a token names, or a function that API Gateway asked."""
    token = authorizer.get("jwt") or authorizer
    if "claims" in token:
        return _text((token["claims"] or {}).get("sub"))
    named = authorizer.get("lambda") or authorizer
    return _text(named.get("principalId") or named.get("sub"))


def _role(arn: str) -> str:
    """The role of a session; any other ARN as it is."""
    if ":assumed-role/" not in arn or _PEOPLES_ROLE in arn:
        return arn
    return arn.rpartition("/")[0]


def _text(value: Any) -> str | None:
    return str(value) if value else None
