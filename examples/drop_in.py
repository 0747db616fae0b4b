"""boto3 clients of Amazon Translate, Lex V2 and Personalize that ask this API instead.

    from drop_in import client

    translate = client("translate", "https://API-ID.execute-api.REGION.amazonaws.com")
    translate.translate_text(Text="Hi", SourceLanguageCode="en", TargetLanguageCode="de")

Python 3.11 and boto3; a copy of this file, or of `sign_for_api_gateway`, is all that is needed.
"""

import re
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore import UNSIGNED

SERVICES = ("translate", "lexv2-runtime", "personalize-runtime", "personalize-events")
_REGION = re.compile(r"\.execute-api\.([\w-]+)\.amazonaws\.com(?:\.cn)?$")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def sign_for_api_gateway(request: Any, **_: Any) -> None:
    """Sign a request for API Gateway: boto3 would sign it for the service that it knows.

    To be registered for `before-sign` with any client:
    `translate.meta.events.register("before-sign", sign_for_api_gateway)`.
    """
    request.context.setdefault("signing", {})["signing_name"] = "execute-api"


def client(
    service: str,
    url: str,
    *,
    region: str | None = None,
    token: str | None = None,
    session: Any = None,
    **options: Any,
) -> Any:
    """A boto3 client that asks the API at an address.

    Args:
        service: as boto3 calls it, one of `SERVICES`.
        url: of the API, or of the local server, which wants no signature.
        region: of the API, where neither its address nor the session tells.
        token: for `Authorizer=JWT`, sent in place of a signature.
        session: of boto3, whose credentials sign; None for the default one.
        options: of `boto3.client`, `config` among them.

    Raises:
        ValueError: the service is none of these, or credentials would go unencrypted.
    """
    if service not in SERVICES:
        raise ValueError(f"{service!r} is not served: use one of {', '.join(SERVICES)}")
    parts = urlsplit(url)
    host = parts.hostname or ""
    here = host in _LOOPBACK or host.endswith(".localhost")
    if parts.scheme != "https" and not here:
        raise ValueError(f"credentials would go to {url} unencrypted: give its https address")
    session = session or boto3.Session()
    found = _REGION.search(host)
    region = region or (found[1] if found else session.region_name) or ("us-east-1" if here else "")
    if not region:
        raise ValueError(f"no region is known for {url}: give one, such as region='eu-central-1'")
    made = session.client(service, endpoint_url=url.rstrip("/"), region_name=region, **options)
    if token is None and host not in _LOOPBACK:
        made.meta.events.register("before-sign", sign_for_api_gateway)
        return made
    made.meta.events.register_first("choose-signer", lambda **_: UNSIGNED)
    if token is not None:
        made.meta.events.register("before-sign", _bearer(token))
    return made


def _bearer(token: str) -> Any:
    def authorize(request: Any, **_: Any) -> None:
        request.headers["authorization"] = f"Bearer {token}"

    return authorize
