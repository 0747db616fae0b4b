"""The deployed stack, after the SAM transform, as IAM and API Gateway will see it."""

import importlib

import pytest
from samtranslator.yaml_helper import yaml_parse

from layers.transform import TEMPLATE, transformed


@pytest.fixture(scope="module")
def parameters():
    return yaml_parse(TEMPLATE.read_text())["Parameters"]


@pytest.fixture(scope="module")
def resources():
    return transformed()["Resources"]


def of_type(resources, kind):
    return {name: r["Properties"] for name, r in resources.items() if r["Type"] == kind}


def statements(resources):
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def resource_names(statement):
    """Logical ids of what a statement is about."""
    found = statement["Resource"]
    found = found if isinstance(found, list) else [found]
    return [resource["Fn::GetAtt"][0] for resource in found if resource != "*"]


def allowed(resources, function):
    """Per resource, by logical id, what a function may do with it."""
    role_of_function = function["Role"]["Fn::GetAtt"][0]
    actions = {}
    for role, statement in statements(resources):
        if role == role_of_function:
            for name in resource_names(statement):
                actions.setdefault(name, set()).update(statement["Action"])
    return actions


def variables(function):
    return function["Environment"]["Variables"]


def test_no_role_has_a_wildcard_action(resources):
    for name, statement in statements(resources):
        assert not [a for a in statement["Action"] if "*" in a], name


def test_only_tracing_has_no_resource_to_name(resources):
    for name, statement in statements(resources):
        if statement["Resource"] == "*":
            assert all(action.startswith("xray:") for action in statement["Action"]), name


def test_no_role_uses_a_managed_policy(resources):
    assert not [
        r for r in of_type(resources, "AWS::IAM::Role").values() if "ManagedPolicyArns" in r
    ]


def test_every_handler_can_be_imported(resources):
    for function in of_type(resources, "AWS::Lambda::Function").values():
        module, name = function["Handler"].rsplit(".", 1)
        assert callable(getattr(importlib.import_module(module), name))


def test_every_function_has_its_own_log_group_with_a_retention(resources):
    groups = of_type(resources, "AWS::Logs::LogGroup")
    functions = of_type(resources, "AWS::Lambda::Function")
    used = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions.values()]
    assert sorted(set(used)) == sorted(used)
    assert all("RetentionInDays" in groups[name] for name in used)


def test_every_route_is_authorised(resources):
    routes = of_type(resources, "AWS::ApiGatewayV2::Route")
    assert routes
    for route in routes.values():
        assert route["AuthorizationType"] == {"Fn::If": ["UseJwt", "JWT", "AWS_IAM"]}


def test_the_api_is_closed_unless_told_otherwise(resources, parameters):
    assert parameters["Authorizer"]["Default"] == "IAM"
    permissions = of_type(resources, "AWS::Lambda::Permission")
    assert permissions
    for permission in permissions.values():
        assert "${HttpApi}" in permission["SourceArn"]["Fn::Sub"]


def test_routes_are_those_of_the_applications(resources):
    functions = of_type(resources, "AWS::Lambda::Function").values()
    modules = {function["Handler"].rsplit(".", 1)[0] for function in functions}
    served = {
        f"{verb.upper()} {path}"
        for module in modules
        if module.endswith(".api")
        for path, verbs in importlib.import_module(module).app.openapi()["paths"].items()
        for verb in verbs
    }
    routes = of_type(resources, "AWS::ApiGatewayV2::Route").values()
    assert {route["RouteKey"] for route in routes} == served
    assert len(routes) == len(served)


def test_memory_stays_within_the_budget(parameters):
    assert parameters["MemorySizeMb"]["Default"] <= 1024


def test_queues_wait_six_times_as_long_as_their_worker_and_dead_letter(resources):
    queues = of_type(resources, "AWS::SQS::Queue")
    functions = of_type(resources, "AWS::Lambda::Function")
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping")
    assert mappings
    for mapping in mappings.values():
        queue = queues[mapping["EventSourceArn"]["Fn::GetAtt"][0]]
        worker = functions[mapping["FunctionName"]["Ref"]]
        window_s = mapping.get("MaximumBatchingWindowInSeconds", 0)
        assert queue["VisibilityTimeout"] >= 6 * worker["Timeout"] + window_s
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 3
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_data_is_encrypted_and_expires(resources):
    assert all(q["SqsManagedSseEnabled"] for q in of_type(resources, "AWS::SQS::Queue").values())
    for table in of_type(resources, "AWS::DynamoDB::Table").values():
        assert table["SSESpecification"]["SSEEnabled"]
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_every_queue_is_read_by_a_worker_or_holds_what_failed(resources):
    queues = of_type(resources, "AWS::SQS::Queue")
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    read = [mapping["EventSourceArn"]["Fn::GetAtt"][0] for mapping in mappings]
    failed = [
        queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for name in read
    ]
    assert sorted(read + failed) == sorted(queues)


def test_a_worker_may_read_its_own_queues_and_no_others(resources):
    functions = of_type(resources, "AWS::Lambda::Function")
    queues = {name: set() for name in functions}
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        queues[mapping["FunctionName"]["Ref"]].add(mapping["EventSourceArn"]["Fn::GetAtt"][0])
    reading = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    for name, function in functions.items():
        actions = allowed(resources, function)
        found = {queue: actions[queue] for queue in actions if queue.endswith("Queue")}
        assert found == dict.fromkeys(queues[name], reading), name


def test_a_function_may_do_with_its_tables_what_it_needs_and_no_more(resources):
    needed = {
        "RESULTS_TABLE": ("ResultsTable", {"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"}),
        "HISTORY_TABLE": ("HistoryTable", {"dynamodb:Query", "dynamodb:PutItem"}),
    }
    tables = of_type(resources, "AWS::DynamoDB::Table")
    assert {table for table, _ in needed.values()} == set(tables)
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        named = needed.keys() & variables(function)
        assert all(variables(function)[v] == {"Ref": needed[v][0]} for v in named), name
        actions = allowed(resources, function)
        assert {t: actions[t] for t in tables if t in actions} == dict(needed[v] for v in named)


def test_every_worker_keeps_results_and_recommendation_keeps_what_users_did(resources):
    functions = of_type(resources, "AWS::Lambda::Function")
    assert {n for n, f in functions.items() if "RESULTS_TABLE" in variables(f)} == {
        name for name in functions if name.endswith("Worker")
    }
    history = {name: f for name, f in functions.items() if "HISTORY_TABLE" in variables(f)}
    assert set(history) == {"RecommendationApi", "RecommendationWorker"}
    for function in history.values():
        assert variables(function)["HISTORY_TTL_S"] == str(180 * 24 * 60 * 60)


def test_events_come_to_the_recommendation_worker_in_large_batches(resources):
    (mapping,) = (
        mapping
        for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values()
        if mapping["EventSourceArn"]["Fn::GetAtt"][0] == "InteractionsQueue"
    )
    assert mapping["FunctionName"]["Ref"] == "RecommendationWorker"
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (100, 5)


def test_history_is_by_user_and_event_and_can_be_restored(resources):
    table = of_type(resources, "AWS::DynamoDB::Table")["HistoryTable"]
    assert table["KeySchema"] == [
        {"AttributeName": "user", "KeyType": "HASH"},
        {"AttributeName": "event", "KeyType": "RANGE"},
    ]
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
