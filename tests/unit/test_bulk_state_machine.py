"""The bulk jobs' state machine, as it is deployed, read and run.

Moto runs it as Step Functions does, but for what it does not know: ``ItemBatcher``, JSON Lines and
Express executions of a Map. The test makes the batches itself, from the machine's own settings, and
gives them as a JSON array; ``ResultWriter`` is left out, since moto writes nothing. Functions are
called in this process.
"""

import copy
import json
import time
from itertools import islice

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from layers.transform import transformed
from local import bulk
from local.bulk_limits import LIMITS
from local.services import find_service
from shared.errors import ServiceError, StoreUnavailable
from shared.queue.bulk import bulk_answer

REGION, BUCKET = "eu-central-1", "catalogue"
TRANSPORT = {
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.SnapStartNotReadyException",
    "Lambda.SnapStartTimeoutException",
}
SERVICES = {f"{service.title()}Worker": service for service in LIMITS}
ARN = f"arn:aws:lambda:{REGION}:123456789012:function:"


@pytest.fixture(scope="module")
def resources():
    return transformed()["Resources"]


@pytest.fixture(scope="module")
def machine(resources):
    return resources["BulkStateMachine"]["Properties"]


@pytest.fixture(scope="module")
def states(machine):
    return machine["Definition"]["States"]


@pytest.fixture(scope="module")
def lines_state(states):
    return states["Lines"]


@pytest.fixture(scope="module")
def task(lines_state):
    (found,) = lines_state["ItemProcessor"]["States"].values()
    return found


def all_subclasses(kind):
    return {kind, *(found for child in kind.__subclasses__() for found in all_subclasses(child))}


def test_it_invokes_the_aliases_that_deployments_move(machine):
    assert machine["DefinitionSubstitutions"] == {
        worker: {"Ref": f"{worker}Aliaslive"} for worker in SERVICES
    }


def test_it_reads_and_writes_json_lines_one_result_a_line(lines_state):
    reader, writer = lines_state["ItemReader"], lines_state["ResultWriter"]
    assert reader["Resource"] == "arn:aws:states:::s3:getObject"
    assert reader["ReaderConfig"] == {"InputType": "JSONL"}
    assert writer["Resource"] == "arn:aws:states:::s3:putObject"
    assert writer["WriterConfig"] == {"OutputType": "JSONL", "Transformation": "FLATTEN"}


def test_its_batches_are_those_of_the_local_command(states):
    for service, limits in LIMITS.items():
        chosen = states[service.title()]["Result"]
        assert (chosen["defaults"]["batch_size"], chosen["batch_bytes"]) == (
            limits.lines,
            limits.size_bytes,
        )
        assert chosen["batch_bytes"] <= 262_144


def test_a_batch_is_one_express_execution_of_bounded_time(lines_state, task, resources):
    processor = lines_state["ItemProcessor"]["ProcessorConfig"]
    assert processor == {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    workers = [resources[name]["Properties"] for name in SERVICES]
    assert all(worker["Timeout"] < task["TimeoutSeconds"] for worker in workers)
    assert lines_state["ToleratedFailurePercentage"] < 100
    waiting_s = 0
    for rule in task["Retry"]:
        delays = [rule["IntervalSeconds"] * rule["BackoffRate"] ** n for n in range(9)]
        longest = rule.get("MaxDelaySeconds", 300)
        waiting_s += sum(min(delay, longest) for delay in delays[: rule["MaxAttempts"]])
    assert waiting_s < 300 - 2 * 60  # an Express execution ends after five minutes


def test_only_what_did_not_run_or_may_pass_is_run_again(task):
    transport, service = (set(rule["ErrorEquals"]) for rule in task["Retry"])
    assert transport == TRANSPORT
    may_pass = {error.__name__ for error in all_subclasses(ServiceError) if error.retryable}
    assert service == may_pass


def test_it_logs_and_traces_without_texts(machine, resources):
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}
    (destination,) = machine["LoggingConfiguration"]["Destinations"]
    group = destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0]
    assert "RetentionInDays" in resources[group]["Properties"]


def test_its_role_may_do_what_the_machine_does_and_no_more(resources):
    (policy,) = resources["BulkRole"]["Properties"]["Policies"]
    found = {}
    statements = policy["PolicyDocument"]["Statement"]
    (conditional,) = [statement for statement in statements if "Fn::If" in statement]
    statements.remove(conditional)
    condition, key, otherwise = conditional["Fn::If"]
    assert (condition, otherwise) == ("OwnKey", {"Ref": "AWS::NoValue"})
    assert key["Resource"] == {"Ref": "KmsKeyArn"}
    assert set(key["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"}
    for statement in statements:
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            assert action not in found
            found[action] = statement["Resource"]
    named = {action: where for action, where in found.items() if where != "*"}
    assert set(named) == {
        "lambda:InvokeFunction",
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListMultipartUploadParts",
        "s3:AbortMultipartUpload",
        "s3:ListBucket",
        "states:StartExecution",
        "states:DescribeExecution",
        "states:StopExecution",
        "states:RedriveExecution",
    }
    name = resources["BulkStateMachine"]["Properties"]["StateMachineName"]["Fn::Sub"]
    for action, where in named.items():
        if action.startswith("s3:"):
            assert "BulkBucket" in json.dumps(where)
        if action.startswith("states:"):
            assert name in where["Fn::Sub"]
    assert named["lambda:InvokeFunction"] == [{"Ref": f"{worker}Aliaslive"} for worker in SERVICES]
    assert all(action.split(":")[0] in {"logs", "xray"} for action in found.keys() - named.keys())


def test_the_bucket_is_private_encrypted_and_empties_itself(resources):
    bucket = resources["BulkBucket"]["Properties"]
    assert bucket["BucketEncryption"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == {"Ref": "BulkRetentionDays"}
    (policy,) = resources["BulkBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (policy["Effect"], policy["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


def substituted(machine):
    """The definition, with the functions' names in place of what CloudFormation gives."""
    text = json.dumps(machine["Definition"])
    for name in machine["DefinitionSubstitutions"]:
        text = text.replace(f"${{{name}}}", ARN + name)
    assert "${" not in text
    return json.loads(text)


def without_batching(definition):
    """The definition, for an S3 object that is a JSON array of batches."""
    runnable = copy.deepcopy(definition)
    lines = runnable["States"]["Lines"]
    lines["ItemReader"]["ReaderConfig"] = {"InputType": "JSON"}
    lines["ToleratedFailurePercentage"] = float(lines["ToleratedFailurePercentage"])
    lines["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "STANDARD"
    for name in ("ItemSelector", "ItemBatcher", "ResultWriter"):
        del lines[name]
    (task,) = lines["ItemProcessor"]["States"].values()
    for rule in task["Retry"]:
        rule["IntervalSeconds"] = 1
        rule["BackoffRate"] = 1
    return runnable


def batched(definition, given, lines):
    """Batches of lines, as ItemSelector and ItemBatcher make them."""
    chosen = definition["States"][given["service"].title()]["Result"]
    batcher = definition["States"]["Lines"]["ItemBatcher"]
    assert batcher["MaxItemsPerBatchPath"] == "$.given.batch_size"
    assert batcher["BatchInput"] == {"worker.$": "$.worker", "request.$": "$.given.request"}
    assert definition["States"]["Lines"]["ItemSelector"] == {
        "index.$": "$$.Map.Item.Index",
        "request.$": "$$.Map.Item.Value",
    }
    job = chosen["defaults"] | given
    common = {"worker": chosen["worker"], "request": job["request"]}
    items = iter([{"index": index, "request": line} for index, line in enumerate(lines)])
    found = []
    while batch := list(islice(items, job["batch_size"])):
        found.append({"Items": batch, "BatchInput": common})
    return found


class Functions:
    """What Lambda would run, by its ARN; or the errors that a function would raise."""

    def __init__(self):
        self.calls = []
        self.errors = []

    def invoke(self, parameters, region, state_credentials):
        service = SERVICES[parameters["FunctionName"].removeprefix(ARN)]
        event = json.loads(parameters["Payload"])
        self.calls.append((service, event))
        if self.errors:
            error = self.errors.pop()
            if isinstance(error, ClientError):
                raise error
            payload = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": payload}
        answer = bulk_answer(event, find_service(service))
        return {"StatusCode": 200, "Payload": answer}


@pytest.fixture
def functions(monkeypatch):
    found = Functions()
    monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", found.invoke)
    return found


@pytest.fixture
def execute(machine, functions, monkeypatch):
    """Runs the machine on lines; its description, with the results of the batches."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    definition = substituted(machine)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        s3, steps = boto3.client("s3"), boto3.client("stepfunctions")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        arn = steps.create_state_machine(
            name="bulk",
            definition=json.dumps(without_batching(definition)),
            roleArn="arn:aws:iam::123456789012:role/bulk",
        )["stateMachineArn"]

        def run(given, lines):
            given = {
                "input": {"bucket": BUCKET, "key": "in"},
                "output": {"bucket": BUCKET, "prefix": "out"},
            } | given
            batches = batched(definition, given, lines) if given["service"] in LIMITS else []
            s3.put_object(Bucket=BUCKET, Key="in", Body=json.dumps(batches))
            name = f"run-{len(list(steps.list_executions(stateMachineArn=arn)['executions']))}"
            execution = steps.start_execution(
                stateMachineArn=arn, name=name, input=json.dumps(given)
            )
            until = time.monotonic() + 60
            while True:
                found = steps.describe_execution(executionArn=execution["executionArn"])
                if found["status"] != "RUNNING":
                    return found
                assert time.monotonic() < until
                time.sleep(0.05)

        yield run


def results(execution):
    assert execution["status"] == "SUCCEEDED", execution
    return [result for batch in json.loads(execution["output"]) for result in batch]


def test_a_job_answers_as_the_local_command_does(execute, functions, tmp_path):
    lines = [
        {"id": "a", "text": "Where is my order?"},
        {"id": "b", "text": "Thank you", "target": "fr"},
        {"text": "Thank you", "target": "xx"},
        [],
        {"id": "e", "text": "I want my money back."},
    ]
    request = {"source": "en", "target": "de"}
    found = results(execute({"service": "translation", "request": request, "batch_size": 2}, lines))
    assert sorted(len(event["Items"]) for _, event in functions.calls) == [1, 2, 2]
    assert {service for service, _ in functions.calls} == {"translation"}
    source, output = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    options = ["--request", json.dumps(request), "--batch-size", "2"]
    files = ["--input", str(source), "--output", str(output)]
    assert bulk.main(["translation", *files, *options]) == 0
    written = [
        json.loads(line)
        for path in (output, tmp_path / "b.jsonl.failures")
        for line in path.read_bytes().splitlines()
    ]
    assert sorted(written, key=lambda line: line["line"]) == found
    assert [line["status"] for line in found] == ["succeeded"] * 2 + ["failed"] * 2 + ["succeeded"]


def test_each_service_has_its_own_function_and_defaults(execute, functions):
    lines = {
        "intent": {"text": "where is my package?"},
        "translation": {"text": "Where is my order?", "target": "de"},
        "recommendation": {"history": [{"item_id": "85123A"}]},
    }
    for service, line in lines.items():
        functions.calls.clear()
        (result,) = results(execute({"service": service}, [line]))
        assert result["status"] == "succeeded"
        assert [name for name, _ in functions.calls] == [service]
        assert functions.calls[0][1]["BatchInput"] == {"request": {}}


@pytest.mark.parametrize("given", [{"service": "weather"}, {"service": 1}, {"service": None}])
def test_an_unknown_service_is_told(execute, given, functions):
    found = execute(given, [])
    assert (found["status"], found["error"]) == ("FAILED", "InvalidRequest")
    assert "intent, translation, recommendation" in found["cause"]
    assert functions.calls == []


def throttled():
    about = {"Error": {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}}
    return ClientError(about | {"ResponseMetadata": {"HTTPStatusCode": 429, "RequestId": ""}}, "")


@pytest.mark.parametrize("error", [StoreUnavailable("try later"), throttled()])
def test_an_error_that_may_pass_runs_the_batch_again(execute, functions, error):
    functions.errors = [error]
    (result,) = results(execute({"service": "intent"}, [{"text": "hi there"}]))
    assert result["status"] == "succeeded"
    assert len(functions.calls) == 2


def test_another_error_is_final_for_its_batch_alone(execute, functions):
    functions.errors = [RuntimeError("broken")]
    lines = [{"text": "hi there"}, {"text": "where is my package?"}]
    found = execute({"service": "intent", "batch_size": 1}, lines)
    assert len(functions.calls) == 2  # one for each: the model is not run again
    batches = json.loads(found["output"])
    assert batches.count(None) == 1  # what moto writes for an execution that failed
    (answered,) = (batch for batch in batches if batch)
    assert [result["status"] for result in answered] == ["succeeded"]
