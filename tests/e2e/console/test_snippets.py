"""The request as code is code that runs, and does what the page did."""

import json
import subprocess
from types import SimpleNamespace
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from functions.intent.api import handler

TEXT = """where's my "parcel"? \\ $HOME `é` 🎁"""
STACK = {"Stacks": [{"Outputs": [{"OutputKey": "ApiUrl", "OutputValue": None}]}]}


@pytest.fixture
def page(console):
    page = console.open("intent")
    page.fill("#intent-text", TEXT)
    page.keyboard.press("Enter")
    page.locator(".verdict, .abstained").wait_for()
    page.get_by_text("The request as code").first.click()
    return page


def code(page, name):
    page.locator("#intent-request label", has_text=name).click()
    return page.locator("#intent-request pre").inner_text()


def result_of(answer):
    return answer["model"], answer["results"]


@pytest.fixture
def shown(page):
    return result_of(json.loads(code(page, "Answer")))


def test_curl(page, shown):
    command = ["bash", "-c", code(page, "curl")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert result_of(json.loads(done.stdout)) == shown


class Functions:
    """Lambda and CloudFormation of a stack whose intent function is this checkout's."""

    def __init__(self, context):
        self._context = context

    def describe_stack_resource(self, StackName, LogicalResourceId):  # noqa: N803
        assert (StackName, LogicalResourceId) == ("retail-inference", "IntentApi")
        return {"StackResourceDetail": {"PhysicalResourceId": "intent-of-the-stack"}}

    def invoke(self, FunctionName, Qualifier, Payload):  # noqa: N803
        assert (FunctionName, Qualifier) == ("intent-of-the-stack", "live")
        answer = json.dumps(handler(json.loads(Payload), self._context))
        return {"Payload": SimpleNamespace(read=lambda: answer)}


def printed(capsys):
    """What a snippet has printed: a Python dictionary."""
    return result_of(eval(capsys.readouterr().out, {}))  # of a program that this project wrote


def test_boto3_invoking_the_function(page, shown, monkeypatch, context, capsys):
    monkeypatch.setattr(boto3, "client", lambda _: Functions(context))
    capsys.readouterr()
    exec(code(page, "boto3, Lambda"), {})  # what a user would paste
    assert printed(capsys) == shown


def test_boto3_signing_for_the_http_api(page, console, shown, monkeypatch, capsys):
    STACK["Stacks"][0]["Outputs"][0]["OutputValue"] = console.address
    session = SimpleNamespace(
        client=lambda _: SimpleNamespace(describe_stacks=lambda StackName: STACK),  # noqa: N803
        get_credentials=lambda: Credentials("AKIDEXAMPLE", "secret"),
        region_name="eu-central-1",
    )
    monkeypatch.setattr(boto3, "Session", lambda: session)
    sent, send = [], URLLib3Session.send
    monkeypatch.setattr(URLLib3Session, "send", lambda self, it: sent.append(it) or send(self, it))
    capsys.readouterr()
    exec(code(page, "boto3, HTTP API"), {})
    assert printed(capsys) == shown
    (request,) = sent
    assert urlsplit(request.url).path == "/v1/intent"
    authorization = request.headers["Authorization"]
    assert "/eu-central-1/execute-api/aws4_request" in str(authorization)
