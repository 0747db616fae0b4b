"""Call the services from Python: a copy of this file is all that a program needs.

    python examples/client.py --url http://127.0.0.1:8000 /v1/intent '{"text": "where is it?"}'
    python examples/client.py --url API-URL --auth sigv4 /v1/intent '{"text": "where is it?"}'
    RETAIL_TOKEN=... python examples/client.py --url API-URL --auth jwt /v1/models

Python 3.11 and its standard library; to sign requests (SigV4), botocore (`pip install botocore`).
"""

import argparse
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

# Takes method, URL, headers and body; returns the headers to send.
Authorize = Callable[[str, str, Mapping[str, str], bytes | None], Mapping[str, str]]
Json = dict[str, Any]

TOKEN_VARIABLE = "RETAIL_TOKEN"  # noqa: S105 - its name, not its value
RETRYABLE_STATUSES = {409, 429, 503}  # 409: the first try of this very request still runs
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 8.0  # between tries; `retry-after` is 1 s
_REGION = re.compile(r"\.execute-api\.([\w-]+)\.amazonaws\.com(?:\.cn)?$")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class ProblemError(Exception):
    """An answer that is an error.

    Attributes:
        status: HTTP status.
        problem: the problem document (RFC 9457), or what the gateway said in its place.
    """

    def __init__(self, status: int, problem: Json) -> None:
        said = problem.get("detail") or problem.get("message") or "no reason was given"
        super().__init__(f"{status}: {said}")
        self.status, self.problem = status, problem


def bearer(token: str) -> Authorize:
    """For `Authorizer=JWT`: an access or id token of the issuer."""

    def authorize(_: str, __: str, headers: Mapping[str, str], ___: bytes | None) -> Json:
        return {**headers, "authorization": f"Bearer {token}"}

    return authorize


class SigV4:
    """For `Authorizer=IAM`: requests signed with AWS credentials.

    Args:
        region: of the API; None takes it from an address of API Gateway, else from the profile.
        session: where the credentials are; None looks where the AWS CLI does.
    """

    def __init__(self, region: str | None = None, session: Any = None) -> None:
        from botocore.session import get_session

        self._session = session or get_session()
        self._region = region

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Mapping[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        credentials = self._session.get_credentials()
        if credentials is None:
            raise ValueError("no AWS credentials: run `aws configure`, or set AWS_PROFILE")
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
        signer = SigV4Auth(
            credentials.get_frozen_credentials(),  # of a role they change from time to time
            "execute-api",
            self._region_of(url),
        )
        signer.add_auth(request)
        return dict(request.headers.items())

    def _region_of(self, url: str) -> str:
        found = _REGION.search(urlsplit(url).hostname or "")
        region = self._region or (
            found[1] if found else self._session.get_config_variable("region")
        )
        if not region:
            raise ValueError(f"no region is known for {url}: give one (--region eu-central-1)")
        return str(region)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Credentials are for the address that was given, and for no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Client:
    """The services behind one address.

    A request that got no answer, or one that says to try later, is sent again.

    Args:
        url: the stack's output `ApiUrl`, or the local server's.
        authorize: `SigV4()`, `bearer(token)`, or None where nobody asks.
        timeout_s: of one try.
        tries: at most so many.
    """

    def __init__(
        self, url: str, authorize: Authorize | None = None, timeout_s: float = 30.0, tries: int = 3
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url!r} is no address: give one such as https://api.shop.example")
        if authorize and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError(f"credentials would go to {url} unencrypted: give its https address")
        self._url, self._authorize = url.rstrip("/"), authorize
        self._timeout_s, self._tries = timeout_s, tries
        self._opener = urllib.request.build_opener(_NoRedirects)

    def intent(self, text: str, **fields: Any) -> Json:
        """What a customer's message wants."""
        return self.post("/v1/intent", {"text": text, **fields})

    def translate(self, text: str, target: str, **fields: Any) -> Json:
        """A text in another language."""
        return self.post("/v1/translate", {"text": text, "target": target, **fields})

    def recommend(self, **fields: Any) -> Json:
        """What a shopper, known by `history` or `user_id`, will want next."""
        return self.post("/v1/recommendations", fields)

    def get(self, path: str) -> Json:
        """The answer to a GET.

        Raises:
            ProblemError: it is an error.
            OSError: no answer came.
        """
        return self._send("GET", path, {}, None)

    def post(self, path: str, body: Json, *, once: bool = False, queued: bool = False) -> Json:
        """The answer to a POST of JSON.

        Args:
            path: of the route.
            body: what is asked.
            once: whether the services are to run it once however often it is sent (they keep the
                answer for that, which takes longer).
            queued: whether it goes by way of the queue, and once: the answer is a job to `result`.

        Raises:
            ProblemError: it is an error.
            OSError: no answer came.
        """
        headers = {"content-type": "application/json"}
        if once or queued:
            headers["idempotency-key"] = str(uuid4())
        if queued:
            headers["prefer"] = "respond-async"
        return self._send("POST", path, headers, json.dumps(body).encode())

    def result(self, job: Json, wait_s: float = 60.0, every_s: float = 0.5) -> Any:
        """What a queued request is answered with, when it is done.

        Raises:
            ProblemError: the job failed.
            TimeoutError: it is not done after ``wait_s`` seconds.
        """
        end_s = time.monotonic() + wait_s
        while (state := self.get(f"/v1/jobs/{job['id']}"))["status"] in {"queued", "running"}:
            if time.monotonic() > end_s:
                raise TimeoutError(f"job {job['id']} is {state['status']} after {wait_s:g} s")
            time.sleep(every_s)
        if state["status"] == "failed":
            raise ProblemError(state["problem"]["status"], state["problem"])
        return state["result"]

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Json:
        for tried in range(1, self._tries + 1):
            try:
                return self._try(method, self._url + path, headers, body)
            except urllib.error.HTTPError as error:
                with error:
                    problem = _json(error.read())
                if tried == self._tries or error.code not in RETRYABLE_STATUSES:
                    raise ProblemError(error.code, problem) from None
            except OSError:  # nobody listens, or no answer came in time
                if tried == self._tries:
                    raise
            time.sleep(min(FIRST_PAUSE_S * 2 ** (tried - 1), LONGEST_PAUSE_S))
        raise ValueError("tries must be at least 1")

    def _try(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Json:
        if self._authorize:  # each time: a signature is good for five minutes
            headers = self._authorize(method, url, headers, body)
        request = urllib.request.Request(url, body, dict(headers), method=method)  # noqa: S310
        answer: HTTPResponse
        with self._opener.open(request, timeout=self._timeout_s) as answer:
            return _json(answer.read())


def _json(content: bytes) -> Json:
    """A JSON object; of anything else, a problem that shows its beginning."""
    try:
        found = json.loads(content)
    except ValueError:
        return {"detail": content[:200].decode("utf-8", "replace")}
    return found if isinstance(found, dict) else {"detail": str(found)[:200]}


def authorization(kind: str, region: str | None) -> Authorize | None:
    """What the command line names.

    Raises:
        ValueError: the token is not there.
    """
    if kind == "sigv4":
        return SigV4(region)
    if kind == "jwt":
        if not (token := os.environ.get(TOKEN_VARIABLE)):
            raise ValueError(f"--auth jwt needs the token in the variable {TOKEN_VARIABLE}")
        return bearer(token)
    return None


def main(argv: list[str] | None = None) -> int:
    """Send one request and print its answer; 1 where it is an error."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", required=True, help="of the API, or of the local server")
    parser.add_argument("--auth", choices=("none", "sigv4", "jwt"), default="none")
    parser.add_argument("--region", help="of the API, where its address does not say it")
    parser.add_argument("--queue", action="store_true", help="by way of the queue")
    parser.add_argument("path", help="for example /v1/intent")
    parser.add_argument("body", nargs="?", help="JSON of a POST; without it, a GET is sent")
    args = parser.parse_args(argv)
    try:
        client = Client(args.url, authorization(args.auth, args.region))
        if args.body is None:
            answer = client.get(args.path)
        else:
            answer = client.post(args.path, json.loads(args.body), queued=args.queue)
            answer = client.result(answer) if args.queue else answer
    except (ProblemError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
