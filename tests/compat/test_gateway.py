"""The clients through the functions' handlers, as the API of template.yaml leads them there.

A server stands in for API Gateway: it takes the template's routes, checks signatures, and makes the
events that API Gateway makes. The tables are moto's.
"""

import asyncio
import base64
import importlib
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote

import boto3
import pytest
from samtranslator.yaml_helper import yaml_parse

from examples.drop_in import client
from shared.settings import get_settings
from tests.aws import in_memory, make_table
from tests.compat.shapes import check
from tests.compat.test_lex import TRACK
from tests.compat.test_not_covered import ROOT
from tests.compat.test_signing import KEY, REGION, SECRET, SESSION_KEYS, Gateway, to
from tests.compat.test_translate import RUNNER, TERMS

CAMPAIGN = "arn:aws:personalize:eu-central-1:123456789012:campaign/shop"
CUP, SAUCER = "22697", "22698"


def routes():
    """By route key, the module of the handler behind it."""
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    found = {}
    for resource in resources.values():
        if resource["Type"] == "AWS::ApiGatewayV2::Route":
            about = resource["Properties"]
            service = re.search(r"\{(\w+)Integration\}", json.dumps(about["Target"]))[1]
            found[about["RouteKey"]] = f"functions.{service.lower()}.api"
    return found


class Api(Gateway):
    """API Gateway before the handlers of this process."""

    def __init__(self):
        super().__init__()
        self.RequestHandlerClass, self.routes = _Events, routes()

    def route(self, method, path):
        """The route's key that API Gateway takes: a whole path before a prefix, the longest."""
        fitting = [
            key
            for key in self.routes
            if re.fullmatch(re.escape(key).replace(r"\{proxy\+\}", ".+"), f"{method} {path}")
        ]
        return max(fitting, key=lambda key: ("{proxy+}" not in key, len(key)), default=None)


def handled(module, event):
    """The handler's answer, in a thread that has no loop as Lambda's has."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return importlib.import_module(module).handler(event, _Context())
    finally:
        asyncio.set_event_loop(None)
        loop.close()


class _Context:
    aws_request_id = "gateway"
    function_name = "f"


class _Events(BaseHTTPRequestHandler):
    def _answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = unquote(self.path)
        key = self.server.route(self.command, path)
        let_in = self.server.lets_in(self.command, self.path, headers, body)
        self.server.requests.append((key, headers, let_in))
        if key is None or not let_in:
            return self._send(403 if key else 404, {"content-type": "application/json"}, b"{}")
        http = {"method": self.command, "path": path, "sourceIp": "127.0.0.1"}
        event = {
            "version": "2.0",
            "routeKey": key,
            "rawPath": path,
            "rawQueryString": "",
            "headers": headers,
            "requestContext": {"http": http, "stage": "$default"},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        answer = handled(self.server.routes[key], event)
        content = answer["body"].encode()
        if answer["isBase64Encoded"]:
            content = base64.b64decode(content)
        return self._send(answer["statusCode"], answer["headers"], content)

    def _send(self, status, headers, content):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - names of the base class

    def log_message(self, *_):
        pass


@pytest.fixture
def api(monkeypatch):
    with in_memory(monkeypatch):
        make_table("results", "id")
        make_table("history", "user", "event")
        monkeypatch.setenv("RESULTS_TABLE", "results")
        monkeypatch.setenv("HISTORY_TABLE", "history")
        get_settings.cache_clear()
        fresh = importlib.import_module("functions.recommendation.history")
        fresh.get_history_store.cache_clear()
        service = importlib.import_module("functions.recommendation.service")
        service.get_service.cache_clear()  # which holds the store of another test
        server = Api()
        for module in set(server.routes.values()):
            importlib.import_module(module)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
        server.server_close()
        service.get_service.cache_clear()


@pytest.fixture
def connect(api):
    def made(service):
        session = boto3.Session(KEY, SECRET)
        url = f"https://abc123.execute-api.{REGION}.amazonaws.com"
        found = to(api, client(service, url, session=session))
        found.meta.events.register(
            "before-parse",
            lambda operation_model, response_dict, **_: check(operation_model, response_dict),
        )
        return found

    return made


def test_translate(api, connect):
    translate = connect("translate")
    data = {"File": TERMS.encode(), "Format": "CSV"}
    translate.import_terminology(Name="shop", MergeStrategy="OVERWRITE", TerminologyData=data)
    answer = translate.translate_text(
        Text=RUNNER, SourceLanguageCode="auto", TargetLanguageCode="de", TerminologyNames=["shop"]
    )
    assert answer["TranslatedText"] == "Der Wolkenläufer ist wieder auf Lager."
    listed = translate.list_terminologies()["TerminologyPropertiesList"]
    assert [it["Name"] for it in listed] == ["shop"]
    document = {"Content": "<p>Ünïcode</p>".encode(), "ContentType": "text/html"}
    translated = translate.translate_document(
        Document=document, SourceLanguageCode="de", TargetLanguageCode="de"
    )
    assert translated["TranslatedDocument"]["Content"] == document["Content"]
    translate.delete_terminology(Name="shop")
    with pytest.raises(translate.exceptions.ResourceNotFoundException):
        translate.get_terminology(Name="shop")
    assert {key for key, _, _ in api.requests} == {"POST /"}


def test_lex(api, connect):
    lex = connect("lexv2-runtime")
    said = lex.recognize_text(**SESSION_KEYS, text=TRACK)
    assert said["sessionState"]["intent"]["name"] == "track_order"
    assert lex.get_session(**SESSION_KEYS)["sessionState"] == said["sessionState"]
    put = lex.put_session(**SESSION_KEYS, sessionState={"sessionAttributes": {"a": "ü"}})
    assert put["sessionId"] == SESSION_KEYS["sessionId"]
    lex.delete_session(**SESSION_KEYS)
    with pytest.raises(lex.exceptions.ResourceNotFoundException):
        lex.get_session(**SESSION_KEYS)
    with pytest.raises(lex.exceptions.ValidationException):
        lex.recognize_utterance(**SESSION_KEYS, requestContentType="text/plain", inputStream=b"hi")
    taken = {key for key, _, _ in api.requests}
    assert taken == {f"{verb} /bots/{{proxy+}}" for verb in ("GET", "POST", "DELETE")}


def test_personalize(api, connect):
    events, runtime = connect("personalize-events"), connect("personalize-runtime")
    event = {"eventType": "Purchase", "itemId": CUP, "sentAt": time.time()}
    events.put_events(trackingId="t", sessionId="s", userId="u", eventList=[event])
    stored = boto3.client("dynamodb").scan(TableName="history")["Items"]
    assert [item["item"]["S"] for item in stored if "item" in item] == [CUP]
    answer = runtime.get_recommendations(campaignArn=CAMPAIGN, userId="u", numResults=10)
    assert SAUCER in [item["itemId"] for item in answer["itemList"]]
    ranked = runtime.get_personalized_ranking(
        campaignArn=CAMPAIGN, userId="u", inputList=["10002", SAUCER]
    )
    assert ranked["personalizedRanking"][0]["itemId"] == SAUCER
    with pytest.raises(runtime.exceptions.InvalidInputException):
        runtime.get_action_recommendations(campaignArn=CAMPAIGN, userId="u")
    assert {key for key, _, _ in api.requests} == {"POST /{proxy+}"}


def test_a_signature_for_another_service_is_not_let_in(api):
    made = boto3.Session(KEY, SECRET, region_name=REGION).client("translate", endpoint_url=api.url)
    with pytest.raises(made.exceptions.ClientError, match="403"):
        made.list_languages()
