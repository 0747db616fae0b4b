"""Which signature a client sends, held against one that is computed from what came."""

import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from examples.drop_in import SERVICES, client, sign_for_api_gateway

ROOT = Path(__file__).resolve().parents[2]
KEY, SECRET, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-central-1"
SESSION_KEYS = {
    "botId": "SHOPSHOP01",
    "botAliasId": "TSTALIASID",
    "localeId": "en_US",
    "sessionId": "a.b:c",
}
CALLS = {
    "translate": ("list_languages", {}),
    "lexv2-runtime": ("get_session", SESSION_KEYS),
    "personalize-runtime": (
        "get_recommendations",
        {"campaignArn": "arn:aws:personalize:eu-central-1:1:campaign/a", "userId": "ü"},
    ),
    "personalize-events": (
        "put_events",
        {
            "trackingId": "t",
            "sessionId": "s",
            "eventList": [{"eventType": "view", "itemId": "1", "sentAt": 1}],
        },
    ),
}


class Gateway(ThreadingHTTPServer):
    """Lets a request in whose signature is the one that AWS computes for a service.

    Attributes:
        service: that of the scope.
        requests: what came, and whether it was let in.
    """

    def __init__(self, service="execute-api"):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service, self.requests = service, []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def lets_in(self, method, path, headers, body):
        """Whether the signature is right: computed anew over what came, by botocore."""
        given = headers.get("authorization", "")
        if not given.startswith("AWS4-HMAC-SHA256 "):
            return False
        parts = dict(part.split("=", 1) for part in given.split(" ", 1)[1].split(", "))
        signed = {name: headers[name] for name in parts["SignedHeaders"].split(";")}
        request = AWSRequest(method, f"http://{headers['host']}{path}", signed, body)
        request.context["timestamp"] = headers["x-amz-date"]
        signer = SigV4Auth(Credentials(KEY, SECRET), self.service, REGION)
        scope = f"{KEY}/{headers['x-amz-date'][:8]}/{REGION}/{self.service}/aws4_request"
        canonical = signer.canonical_request(request)
        text = signer.string_to_sign(request, canonical)
        return (parts["Credential"], parts["Signature"]) == (scope, signer.signature(text, request))


class _Handler(BaseHTTPRequestHandler):
    def _answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        let_in = self.server.lets_in(self.command, self.path, headers, body)
        self.server.requests.append((self.path, headers, let_in))
        answer = b"{}" if let_in or "bearer" in headers.get("authorization", "").lower() else b""
        self.send_response(200 if answer else 403)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - names of the base class

    def log_message(self, *_):
        pass


@pytest.fixture
def gateway():
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def session():
    return boto3.Session(KEY, SECRET, region_name=REGION)


def call(made, service):
    name, request = CALLS[service]
    return getattr(made, name)(**request)


def to(gateway, made):
    """Let a client's requests go to the gateway, whatever address it was made with."""

    def go(request, **_):
        parts = urlsplit(request.url)
        request.headers["host"] = parts.netloc
        request.url = request.url.replace(f"{parts.scheme}://{parts.netloc}", gateway.url, 1)

    made.meta.events.register_first("before-sign", go)
    return made


@pytest.mark.parametrize("service", SERVICES)
def test_a_client_signs_for_api_gateway(gateway, session, service):
    url = f"https://abc123.execute-api.{REGION}.amazonaws.com"
    made = to(gateway, client(service, url, session=boto3.Session(KEY, SECRET)))
    assert made.meta.region_name == REGION
    call(made, service)
    ((_, headers, let_in),) = gateway.requests
    assert let_in
    assert headers["host"] == f"abc123.execute-api.{REGION}.amazonaws.com"


@pytest.mark.parametrize("service", SERVICES)
def test_the_lines_of_the_page_are_all_that_is_needed(gateway, session, service):
    made = session.client(service, endpoint_url=gateway.url)
    with pytest.raises(made.exceptions.ClientError, match="403"):
        call(made, service)
    made.meta.events.register("before-sign", sign_for_api_gateway)
    call(made, service)
    assert [let_in for _, _, let_in in gateway.requests] == [False, True]


def test_the_check_sees_a_request_that_was_changed(gateway, session):
    made = session.client("translate", endpoint_url=gateway.url)
    made.meta.events.register("before-sign", sign_for_api_gateway)

    def change(request, **_):
        request.headers["X-Amz-Target"] = "AWSShineFrontendService_20170701.DeleteTerminology"

    made.meta.events.register("before-send", change)
    with pytest.raises(made.exceptions.ClientError, match="403"):
        made.list_languages()


def test_a_token_goes_in_place_of_a_signature(gateway, session):
    made = client("translate", gateway.url, session=session, token="a.b.c")
    made.list_languages()
    ((_, headers, _),) = gateway.requests
    assert headers["authorization"] == "Bearer a.b.c"


def test_the_local_server_gets_no_signature(gateway):
    made = client("translate", gateway.url)
    with pytest.raises(made.exceptions.ClientError, match="403"):
        made.list_languages()
    ((_, headers, _),) = gateway.requests
    assert "authorization" not in headers


@pytest.mark.parametrize(
    ("service", "url", "message"),
    [
        ("comprehend", "https://api.example", "translate, lexv2-runtime"),
        ("translate", "http://api.example", "unencrypted"),
        ("translate", "https://api.example", "region="),
    ],
)
def test_what_cannot_work_is_said(monkeypatch, service, url, message):
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(ValueError, match=message):
        client(service, url)


def test_variables_alone_lead_boto3_here(url):
    code = (
        "import boto3; print(boto3.client('translate').translate_text("
        "Text='Where is my order?', SourceLanguageCode='en', TargetLanguageCode='de')"
        "['TranslatedText'])\n"
        f"for name in {SERVICES}: print(boto3.client(name).meta.endpoint_url)"
    )
    page = (ROOT / "docs" / "migrate.md").read_text(encoding="utf-8")
    variables = set(re.findall(r"AWS_ENDPOINT_URL_\w+", page))
    env = {
        **dict.fromkeys(variables, url),
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": REGION,
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["Wo ist meine Bestellung?", *[url] * len(SERVICES)]
