"""The stack in the AWS emulator: deployed by the SAM CLI, used through its API and its queues."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from examples.drop_in import client as drop_in_client

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-central-1"
STACK_NAME = "retail-inference-e2e"
ALIAS = "live"
ROOT_KEY = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
PATIENCE_S = 60
QUICK_S = 2  # visibility timeout of queues whose messages are to fail several times
Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str, patience_s: float = PATIENCE_S) -> Found:
    """What ``look`` gives as soon as that is true."""
    deadline = time.monotonic() + patience_s
    while not (found := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"after {patience_s} s there is no {what}")
        time.sleep(0.25)
    return found


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Stack:
    """The deployed stack.

    Attributes:
        endpoint: the emulator's address.
        sam: the SAM CLI.
    """

    endpoint: str
    sam: str

    def deploy(self, folder: Path, **parameters: str) -> None:
        """``sam deploy`` of what was built into ``folder``."""
        command = ["deploy", "--template-file", str(folder / "template.yaml")]
        command += ["--config-file", str(ROOT / "samconfig.toml"), "--no-confirm-changeset"]
        given = {"QueuesOverTlsOnly": "false", **parameters}  # the emulator speaks HTTP
        command += ["--parameter-overrides", *(f"{name}={value}" for name, value in given.items())]
        self._run_sam(*command)

    def mend_mappings(self) -> int:
        """Make numbers of what the emulator keeps as text; how many mappings had such.

        A parameter's value is text to it, also where the property is a number. boto3 hides that.
        """
        functions, told = self.client("lambda"), []
        functions.meta.events.register(
            "before-parse.lambda.ListEventSourceMappings",
            lambda response_dict, **_: told.extend(
                json.loads(response_dict["body"])["EventSourceMappings"]
            ),
        )
        functions.list_event_source_mappings()
        limits = {it["UUID"]: it["ScalingConfig"]["MaximumConcurrency"] for it in told}
        texts = {uuid: limit for uuid, limit in limits.items() if isinstance(limit, str)}
        for uuid, limit in texts.items():
            scaling = {"MaximumConcurrency": int(limit)}
            functions.update_event_source_mapping(UUID=uuid, ScalingConfig=scaling)
        return len(texts)

    def delete(self) -> None:
        self._run_sam("delete", "--no-prompts")

    def _run_sam(self, action: str, *options: str) -> None:
        self._run(self.sam, action, "--stack-name", STACK_NAME, "--region", REGION, *options)

    def redrive(self, service: str, *verb: str) -> str:
        """What the operator's command says about a service's dead letters."""
        command = ("-m", "local.redrive", service.lower(), "--stack", STACK_NAME, *verb)
        return self._run(sys.executable, *command)

    def _run(self, *command: str) -> str:
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        account = {"AWS_ENDPOINT_URL": self.endpoint, "AWS_DEFAULT_REGION": REGION, **ROOT_KEY}
        env = {**own, **account, "SAM_CLI_TELEMETRY": "0"}
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def client(self, service: str) -> Any:
        """A boto3 client with the rights of the account's root."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=ROOT_KEY["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ROOT_KEY["AWS_SECRET_ACCESS_KEY"],
        )

    @cached_property
    def sqs(self) -> Any:
        return self.client("sqs")

    def resources(self) -> dict[str, dict[str, Any]]:
        """The stack's resources by logical id."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        found = pages.paginate(StackName=STACK_NAME).search("StackResourceSummaries")
        return {resource["LogicalResourceId"]: resource for resource in found}

    @cached_property
    def names(self) -> dict[str, str]:
        """What the emulator calls the stack's resources, by logical id."""
        return {name: it["PhysicalResourceId"] for name, it in self.resources().items()}

    def ask(
        self,
        caller: Credentials | None,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request to the HTTP API, signed by a caller or by nobody.

        Args:
            caller: whose credentials sign it.
            method: of the request.
            path: of the request.
            body: what is sent as JSON; bytes as they are.
            headers: further ones.
        """
        host = f"{self.names['HttpApi']}.execute-api.localhost"
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        signed = AWSRequest(method, f"http://{host}{path}", {"host": host, **(headers or {})}, data)
        if data is not None:
            signed.headers["content-type"] = "application/json"
        if caller is not None:
            SigV4Auth(caller, "execute-api", REGION).add_auth(signed)
        sent = dict(signed.headers.items())
        request = urllib.request.Request(self.endpoint + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return _answer(answer)
        except urllib.error.HTTPError as error:
            return _answer(error)

    def drop_in(self, service: str, caller: Credentials | None) -> Any:
        """A boto3 client of one of AWS's own services that asks the HTTP API in its place."""
        session = boto3.Session(
            caller.access_key if caller else "none",
            caller.secret_key if caller else "none",
            caller.token if caller else None,
            region_name=REGION,
        )
        host = f"{self.names['HttpApi']}.execute-api.localhost"
        made = drop_in_client(service, f"http://{host}", session=session)

        def go(request: Any, **_: Any) -> None:
            request.headers["host"] = host
            request.url = request.url.replace(f"http://{host}", self.endpoint, 1)

        made.meta.events.register_first("before-sign", go)
        return made

    def send(self, queue: str, body: Any, **attributes: str) -> str:
        """Put a message on a queue, as another system would; its id."""
        sent = self.sqs.send_message(
            QueueUrl=self.names[queue],
            MessageBody=body if isinstance(body, str) else json.dumps(body),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )
        return sent["MessageId"]

    def send_all(self, queue: str, bodies: Sequence[Any]) -> None:
        """Put messages on a queue, ten at once."""
        entries = [{"Id": str(i), "MessageBody": json.dumps(it)} for i, it in enumerate(bodies)]
        for start in range(0, len(entries), 10):
            batch = entries[start : start + 10]
            self.sqs.send_message_batch(QueueUrl=self.names[queue], Entries=batch)

    def messages(self, queue: str) -> int:
        """How many wait or are being worked on."""
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.names[queue], AttributeNames=kinds)
        return sum(int(found["Attributes"][kind]) for kind in kinds)

    def take(self, queue: str) -> list[str]:
        """Empty a queue; the bodies of its messages."""
        url, bodies = self.names[queue], []
        while found := self.sqs.receive_message(QueueUrl=url).get("Messages"):
            for message in found:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def history(self, user_id: str) -> list[str]:
        """The items in a user's history."""
        found = self.client("dynamodb").query(
            TableName=self.names["HistoryTable"],
            KeyConditionExpression="#user = :user",
            ExpressionAttributeNames={"#user": "user"},
            ExpressionAttributeValues={":user": {"S": user_id}},
        )
        return [item["item"]["S"] for item in found["Items"]]

    def served(self) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
        """By function, what its callers get, and what was deployed last."""
        functions = self.client("lambda")

        def told(name: str, qualifier: str) -> dict[str, Any]:
            found = functions.get_function_configuration(
                FunctionName=self.names[name], Qualifier=qualifier
            )
            return {
                key: found[key] for key in ("CodeSha256", "Environment", "Layers", "MemorySize")
            }

        kinds = {name: it["ResourceType"] for name, it in self.resources().items()}
        names = [name for name, kind in kinds.items() if kind == "AWS::Lambda::Function"]
        return {name: (told(name, ALIAS), told(name, "$LATEST")) for name in names}

    @contextmanager
    def quick(self, queue: str) -> Iterator[None]:
        """Let failed messages of a queue come again at once, not after minutes."""
        url, name = self.names[queue], "VisibilityTimeout"
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={name: str(QUICK_S)})
        try:
            yield
        finally:
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes=found["Attributes"])

    @contextmanager
    def without(self, role: str, service: str) -> Iterator[None]:
        """Take from a role what it may do in one of AWS's services.

        Args:
            role: its logical id.
            service: the prefix of the actions, such as ``dynamodb``.
        """
        iam, name = self.client("iam"), self.names[role]
        (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        kept = [it for it in document["Statement"] if not _names_service(it["Action"], service)]
        assert len(kept) < len(document["Statement"])

        def put(statements: list[Any]) -> None:
            changed = json.dumps({**document, "Statement": statements})
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=changed)

        put(kept)
        try:
            yield
        finally:
            put(document["Statement"])

    @contextmanager
    def without_permission(self, function: str) -> Iterator[None]:
        """Take from everyone the right to invoke a function's alias."""
        functions = self.client("lambda")
        alias = {"FunctionName": self.names[function], "Qualifier": ALIAS}
        (statement,) = json.loads(functions.get_policy(**alias)["Policy"])["Statement"]
        functions.remove_permission(StatementId=statement["Sid"], **alias)
        try:
            yield
        finally:
            functions.add_permission(
                StatementId=statement["Sid"],
                Action=statement["Action"],
                Principal=statement["Principal"]["Service"],
                SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
                **alias,
            )

    def log(self, group: str) -> list[str]:
        """The lines of a log group, by its logical id."""
        pages = self.client("logs").get_paginator("filter_log_events")
        events = pages.paginate(logGroupName=self.names[group]).search("events")
        return [line for event in events if event for line in event["message"].splitlines()]

    def log_records(self, group: str, message: str) -> list[dict[str, Any]]:
        """The JSON lines of a log group that say ``message``."""
        lines = (json.loads(line) for line in self.log(group) if line.startswith("{"))
        return [line for line in lines if line.get("message") == message]

    def new_user(self, name: str, *statements: Mapping[str, Any]) -> Credentials:
        """Credentials of a new user of the account with this policy."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_user_policy(UserName=name, PolicyName="of-test", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def _answer(response: Any) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    body = response.read().decode()
    is_json = "json" in headers.get("content-type", "")
    return Answer(response.status, headers, json.loads(body) if is_json else body)


def _names_service(actions: str | Iterable[str], service: str) -> bool:
    named = [actions] if isinstance(actions, str) else actions
    return any(action.startswith(f"{service}:") for action in named)
