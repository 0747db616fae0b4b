"""The deployed stack, after the SAM transform, as CloudFormation and IAM will see it."""

import importlib
import json
import re

import pytest
from samtranslator.yaml_helper import yaml_parse

from layers.transform import TEMPLATE, transformed
from shared import settings
from shared.process import telemetry
from shared.process.telemetry import METRICS_NAMESPACE
from shared.settings import get_settings
from tests.expectations import check_answer, load_event

NO_VALUE = {"Ref": "AWS::NoValue"}
DAY_S = 24 * 60 * 60
# What no resource can be named for.
TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
NAMELESS = {
    "BulkRole": TRACING
    | {"xray:GetSamplingRules", "xray:GetSamplingTargets"}
    | {f"logs:{verb}LogDelivery" for verb in ("Create", "Get", "Update", "Delete")}
    | {"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"}
    | {"logs:DescribeLogGroups"},
}


@pytest.fixture(scope="module")
def source():
    return yaml_parse(TEMPLATE.read_text())


@pytest.fixture(scope="module")
def parameters(source):
    return source["Parameters"]


@pytest.fixture(scope="module")
def resources():
    return transformed()["Resources"]


@pytest.fixture(scope="module")
def gradual():
    return transformed(parameters={"GradualDeployment": "true"})["Resources"]


def of_type(resources, kind):
    return {name: r["Properties"] for name, r in resources.items() if r["Type"] == kind}


def functions_of(resources):
    return of_type(resources, "AWS::Lambda::Function")


def listed(value):
    return value if isinstance(value, list) else [value]


def names_in(value):
    """Logical ids and parameters that a value refers to."""
    if isinstance(value, list):
        return {name for item in value for name in names_in(item)}
    if not isinstance(value, dict):
        return set()
    if "Ref" in value:
        return {value["Ref"]}
    if "Fn::GetAtt" in value:
        return {value["Fn::GetAtt"][0]}
    if "Fn::Sub" in value:
        text, *local = listed(value["Fn::Sub"])
        return set(re.findall(r"\$\{(\w+)", text)) | names_in(local) - {"AWS"}
    return {name for item in value.values() for name in names_in(item)}


def statements(resources):
    """Role, condition or None, and statement, of all roles."""
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                if "Fn::If" in statement:
                    condition, found, other = statement["Fn::If"]
                    assert other == NO_VALUE
                    yield name, condition, found
                else:
                    yield name, None, statement


def mappings(resources):
    """Per worker, the queues that it reads."""
    found = {}
    for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        worker = function_of_alias(resources, mapping["FunctionName"]["Ref"])
        found.setdefault(worker, set()).add(mapping["EventSourceArn"]["Fn::GetAtt"][0])
    return found


def function_of_alias(resources, name):
    return resources[name]["Properties"]["FunctionName"]["Ref"]


def variables(function):
    return function["Environment"]["Variables"]


def arn_of(name):
    return {"Fn::GetAtt": [name, "Arn"]}


def modules_of(resources):
    """By function that serves HTTP, the module of its handler."""
    found = {name: f["Handler"].rsplit(".", 1)[0] for name, f in functions_of(resources).items()}
    return {name: module for name, module in found.items() if module.endswith(".api")}


def operations_of(module):
    """What an application answers: by the OpenAPI document and elsewhere, as ``VERB /path``."""
    api = importlib.import_module(module)
    paths = api.app.whole.openapi()["paths"]
    told = {f"{verb.upper()} {path}" for path, verbs in paths.items() for verb in verbs}
    rows = [row for part in api.SERVICE.elsewhere for row in api.SERVICE.rows_at(part)]
    return told | {f"{row.method} {row.path}" for row in rows}


def function_of_route(resources, route):
    (integration,) = names_in(route["Target"])
    uri = resources[integration]["Properties"]["IntegrationUri"]["Fn::Sub"]
    return re.search(r"\$\{(\w+)\.Arn\}", uri)[1]


def route_taken(resources, request):
    """The route that API Gateway takes: a whole path before a prefix, a longer before a shorter."""

    def fits(key):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(key).replace(r"\{proxy\+\}", ".+"))
        return re.fullmatch(pattern, request)

    routes = of_type(resources, "AWS::ApiGatewayV2::Route").values()
    fitting = [route for route in routes if fits(route["RouteKey"])]
    assert fitting, request
    return max(fitting, key=lambda it: ("{proxy+}" not in it["RouteKey"], len(it["RouteKey"])))


# ---- least privilege ------------------------------------------------------------------------


USING_A_KEY = {"kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"}
OWN_KEY = {"Fn::If": ["OwnKey", {"Ref": "KmsKeyArn"}, NO_VALUE]}


def permission(actions, resource, condition=None, when=None):
    """A statement in a form that can be compared."""
    return (frozenset(actions), json.dumps(resource), json.dumps(condition), when)


def needed_by(resources, name):
    """What a function may do, as its environment, its queues and its logs tell."""
    function = functions_of(resources)[name]
    env = variables(function)
    log_group = function["LoggingConfig"]["LogGroup"]["Ref"]
    yield permission({"logs:CreateLogStream", "logs:PutLogEvents"}, arn_of(log_group))
    yield permission(TRACING, "*")
    for queue in mappings(resources).get(name, ()):
        reading = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
        yield permission(reading, arn_of(queue))
    if "QUEUE_URL" in env:
        yield permission({"sqs:SendMessage"}, arn_of(env["QUEUE_URL"]["Ref"]))
    if "RESULTS_TABLE" in env:
        verbs = ("GetItem", "PutItem", "UpdateItem", "DeleteItem")
        yield permission({f"dynamodb:{v}" for v in verbs}, arn_of(env["RESULTS_TABLE"]["Ref"]))
    if "RESULTS_BUCKET" in env:
        place = {"Fn::Sub": f"${{{env['RESULTS_BUCKET']['Ref']}.Arn}}/jobs/*"}
        yield permission({"s3:GetObject", "s3:PutObject"}, place)
    if "HISTORY_TABLE" in env:
        table = arn_of(env["HISTORY_TABLE"]["Ref"])
        verbs = ("Query", "PutItem", "UpdateItem", "BatchWriteItem")
        yield permission({f"dynamodb:{v}" for v in verbs}, table)
    yield permission(USING_A_KEY, {"Ref": "KmsKeyArn"}, when="OwnKey")
    for variable in env:
        if variable.endswith(("_MODEL_DIR", "_EXTRA_MODELS")):
            yield from needed_for_model(env[variable])


def needed_for_model(value):
    """Reading the one place that a function's model comes from, where it comes from one."""
    when, uri, other = value["Fn::If"]
    assert other == NO_VALUE
    place = re.fullmatch(r"s3://(\$\{ModelsBucket\})/(\$\{\w+ModelPrefix\})", uri["Fn::Sub"])
    arn = "arn:${AWS::Partition}:s3:::" + place[1]
    yield permission({"s3:GetObject"}, {"Fn::Sub": f"{arn}/{place[2]}/*"}, when=when)
    below = {"StringLike": {"s3:prefix": {"Fn::Sub": f"{place[2]}/*"}}}
    yield permission({"s3:ListBucket"}, {"Fn::Sub": arn}, below, when)


def granted_to(resources, role):
    for name, when, statement in statements(resources):
        if name == role:
            assert statement["Effect"] == "Allow"
            for resource in listed(statement["Resource"]):
                actions = listed(statement["Action"])
                yield permission(actions, resource, statement.get("Condition"), when)


def test_every_function_may_do_what_its_environment_says_and_nothing_else(resources):
    functions = functions_of(resources)
    assert len(functions) == 6
    for name, function in functions.items():
        granted = set(granted_to(resources, function["Role"]["Fn::GetAtt"][0]))
        assert granted == set(needed_by(resources, name)), name


def test_no_role_is_shared(resources):
    roles = [function["Role"]["Fn::GetAtt"][0] for function in functions_of(resources).values()]
    assert len(set(roles)) == len(roles)


def test_no_role_has_a_wildcard_action(resources):
    for name, _, statement in statements(resources):
        assert not [a for a in listed(statement["Action"]) if "*" in a], name
        assert "NotAction" not in statement
        assert "NotResource" not in statement


def test_only_tracing_and_log_delivery_have_no_resource_to_name(resources):
    for name, _, statement in statements(resources):
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= NAMELESS.get(name, TRACING), name


def test_no_role_uses_a_managed_policy(gradual):
    roles = of_type(gradual, "AWS::IAM::Role").values()
    assert not [role for role in roles if "ManagedPolicyArns" in role]


def test_deployments_may_move_the_aliases_and_look_at_alarms(gradual):
    aliases = functions_of(gradual)
    moving = {"lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"}
    allowed = {permission(moving, arn_of(name)) for name in aliases}
    allowed |= {permission(moving, {"Fn::Sub": f"${{{name}.Arn}}:live"}) for name in aliases}
    alarms = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"
    allowed.add(permission({"cloudwatch:DescribeAlarms"}, {"Fn::Sub": alarms}))
    assert set(granted_to(gradual, "DeploymentRole")) == allowed
    for group in of_type(gradual, "AWS::CodeDeploy::DeploymentGroup").values():
        assert group["ServiceRoleArn"] == arn_of("DeploymentRole")


def test_every_variable_of_a_function_is_one_that_the_settings_name(resources):
    told = set(re.findall(r"``(\w+)``", settings.__doc__))
    for name, function in functions_of(resources).items():
        of_models = ("_MODEL_DIR", "_MODEL_VERSION")
        unknown = {v for v in variables(function) if not v.endswith(of_models)} - told
        assert unknown == {"MODEL_RELEASE", "TOKENIZERS_PARALLELISM"}, name


def test_every_function_knows_jobs_and_recommendation_what_users_did(resources):
    functions = functions_of(resources)
    for name, function in functions.items():
        assert variables(function)["RESULTS_TABLE"] == {"Ref": "ResultsTable"}
        assert variables(function)["RESULTS_BUCKET"] == {"Ref": "ResultsBucket"}
        assert ("QUEUE_URL" in variables(function)) == name.endswith("Api")
    for name in ("RecommendationApi", "RecommendationWorker"):
        assert variables(functions[name])["HISTORY_TABLE"] == {"Ref": "HistoryTable"}
        assert variables(functions[name])["HISTORY_TTL_S"] == str(180 * DAY_S)
    assert {name for name, f in functions.items() if "HISTORY_TABLE" in variables(f)} == {
        "RecommendationApi",
        "RecommendationWorker",
    }


def test_the_function_that_lists_models_knows_all_places(resources):
    name = function_of_route(resources, route_taken(resources, "GET /v1/models"))
    function = functions_of(resources)[name]
    services = {name.removesuffix("Api") for name in functions_of(resources) if "Api" in name}
    assert {f"{service.upper()}_MODEL_DIR" for service in services} <= variables(function).keys()


# ---- functions ------------------------------------------------------------------------------


def test_every_handler_can_be_imported(resources):
    for function in functions_of(resources).values():
        module, name = function["Handler"].rsplit(".", 1)
        assert callable(getattr(importlib.import_module(module), name))


def test_every_function_is_traced_and_has_its_own_log_group(resources):
    groups = of_type(resources, "AWS::Logs::LogGroup")
    functions = functions_of(resources).values()
    assert all(function["TracingConfig"] == {"Mode": "Active"} for function in functions)
    used = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions]
    assert sorted(set(used)) == sorted(used)
    assert all("RetentionInDays" in group for group in groups.values())


def test_memory_stays_within_the_budget(parameters):
    assert parameters["MemorySizeMb"]["Default"] <= 1024


def test_every_function_starts_from_a_snapshot_unless_told_otherwise(resources, parameters):
    for name, function in functions_of(resources).items():
        switch = "ApiSnapStart" if name.endswith("Api") else "WorkerSnapStart"
        assert function["SnapStart"] == {"ApplyOn": {"Ref": switch}}
        assert parameters[switch]["Default"] == "PublishedVersions"
        assert parameters[switch]["AllowedValues"] == ["PublishedVersions", "None"]
        assert function["EphemeralStorage"]["Size"] <= 512  # more cannot be in a snapshot
        assert function["Runtime"] == "python3.13"


def test_concurrency_is_reserved_only_when_asked_for(resources, parameters):
    for name, function in functions_of(resources).items():
        kind = "Api" if name.endswith("Api") else "Worker"
        reserved = {"Ref": f"{kind}ReservedConcurrency"}
        assert function["ReservedConcurrentExecutions"] == {
            "Fn::If": [f"Reserve{kind}Concurrency", reserved, NO_VALUE]
        }
        assert parameters[reserved["Ref"]]["Default"] == 0


# ---- versions and the alias that everything calls ---------------------------------------------


def test_every_function_is_called_by_its_alias(resources):
    aliases = of_type(resources, "AWS::Lambda::Alias")
    functions = set(functions_of(resources))
    assert {alias["FunctionName"]["Ref"] for alias in aliases.values()} == functions
    assert {alias["Name"] for alias in aliases.values()} == {"live"}
    integrations = of_type(resources, "AWS::ApiGatewayV2::Integration").values()
    uris = [integration["IntegrationUri"]["Fn::Sub"] for integration in integrations]
    called = [re.search(r"functions/\$\{(\w+)\.Arn\}:live/invocations$", uri)[1] for uri in uris]
    permissions = of_type(resources, "AWS::Lambda::Permission").values()
    permitted = [function_of_alias(resources, p["FunctionName"]["Ref"]) for p in permissions]
    assert sorted(called) == sorted(permitted) == sorted(f for f in functions if "Api" in f)
    assert set(mappings(resources)) == {f for f in functions if "Worker" in f}
    machine = of_type(resources, "AWS::StepFunctions::StateMachine")["BulkStateMachine"]
    invoked = machine["DefinitionSubstitutions"].values()
    assert {function_of_alias(resources, value["Ref"]) for value in invoked} == {
        f for f in functions if "Worker" in f
    }


def versions(resources):
    """Logical ids: another one is another version."""
    found = of_type(resources, "AWS::Lambda::Version")
    return {version["FunctionName"]["Ref"]: name for name, version in found.items()}


def test_another_content_of_a_layer_is_another_version_of_every_function(resources, tmp_path):
    changed = tmp_path / "template.yaml"
    for layer in ("RuntimeLayer", "SharedLayer", "ModelsLayer"):
        text = TEMPLATE.read_text()
        start = text.index(f"  {layer}:\n")
        described = text.index("Description:", start)
        changed.write_text(text[:described] + "Description: other " + text[described + 12 :])
        after = versions(transformed(changed)["Resources"])
        before = versions(resources)
        assert len(before) == len(set(before.values()) - set(after.values())) == 6, layer


def test_another_value_of_a_parameter_is_another_version(source, resources, parameters):
    """SAM does not look at values, but a version with another description is another version."""
    found = of_type(resources, "AWS::Lambda::Version")
    described = {v["FunctionName"]["Ref"]: names_in(v["Description"]) for v in found.values()}
    for name, function in functions_of(resources).items():
        used = names_in(function) & parameters.keys()
        for condition in conditions_in(function):
            used |= names_in(source["Conditions"][condition])
        not_versioned = {f"{kind}ReservedConcurrency" for kind in ("Api", "Worker")}
        not_versioned.add("TranslationKeep")  # longer than a description: ModelRelease tells of it
        assert described[name] == used - not_versioned, name


def conditions_in(value):
    if isinstance(value, dict):
        own = {value["Fn::If"][0]} if "Fn::If" in value else set()
        return own.union(*(conditions_in(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(conditions_in(item) for item in value))
    return set()


def test_no_description_of_a_version_is_too_long(resources, parameters):
    def longest(name):
        parameter = parameters[name]
        if name == "ModelsBucket":
            return 63
        values = parameter.get("AllowedValues") or [parameter.get("MaxValue", "")]
        return parameter.get("MaxLength") or max(len(str(value)) for value in values)

    for version in of_type(resources, "AWS::Lambda::Version").values():
        text = version["Description"]["Fn::Sub"]
        names = re.findall(r"\$\{(\w+)\}", text)
        assert all(longest(name) for name in names)
        assert len(re.sub(r"\$\{\w+\}", "", text)) + sum(map(longest, names)) <= 256


def test_former_versions_and_layers_are_deleted_since_they_cost(resources):
    for kind, count in (("Version", 6), ("LayerVersion", 3)):
        found = [r for r in resources.values() if r["Type"] == f"AWS::Lambda::{kind}"]
        assert [resource["DeletionPolicy"] for resource in found] == ["Delete"] * count


# ---- deployments and alarms -----------------------------------------------------------------


def alarms_of(resources):
    return of_type(resources, "AWS::CloudWatch::Alarm")


def watched(alarm):
    """Logical ids of what an alarm is about."""
    return names_in(alarm["Dimensions"])


def about(resources, function):
    """Alarms that a deployment of a function must mind, by logical id."""
    queues = of_type(resources, "AWS::SQS::Queue")
    minded = {function}
    for queue in mappings(resources).get(function, ()):
        minded |= {queue, *names_in(queues[queue]["RedrivePolicy"]["deadLetterTargetArn"])}
    if function.endswith("Api"):
        minded.add("HttpApi")
    return {name for name, alarm in alarms_of(resources).items() if watched(alarm) & minded}


def test_a_deployment_goes_back_when_an_alarm_of_its_function_rings(gradual):
    groups = of_type(gradual, "AWS::CodeDeploy::DeploymentGroup")
    minded = set()
    for function in functions_of(gradual):
        group = groups[f"{function}DeploymentGroup"]
        names = {alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]}
        assert names == about(gradual, function), function
        assert len(names) <= 10  # CodeDeploy takes no more
        assert group["AlarmConfiguration"]["Enabled"]
        assert group["AutoRollbackConfiguration"]["Enabled"]
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        policy = gradual[f"{function}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert policy["DeploymentGroupName"] == {"Ref": f"{function}DeploymentGroup"}
        minded |= names
    assert minded == set(alarms_of(gradual))


def test_how_calls_move_is_a_parameter(parameters):
    for kind in parameters["DeploymentType"]["AllowedValues"]:
        resources = transformed(parameters={"GradualDeployment": "true", "DeploymentType": kind})
        groups = of_type(resources["Resources"], "AWS::CodeDeploy::DeploymentGroup").values()
        found = [group["DeploymentConfigName"]["Fn::Sub"][1]["ConfigName"] for group in groups]
        assert found == [kind] * 6


def test_without_gradual_deployment_there_is_nothing_of_codedeploy(resources):
    assert not [r for r in resources.values() if r["Type"].startswith("AWS::CodeDeploy")]
    assert not [r for r in resources.values() if "UpdatePolicy" in r]


def test_every_function_and_every_queue_has_its_alarms(resources):
    found = {}
    for alarm in alarms_of(resources).values():
        (name,) = watched(alarm)
        metric = f"{alarm['Namespace']} {alarm['MetricName']}"
        found.setdefault(name, set()).add(metric)
    on_function = {f"AWS/Lambda {m}" for m in ("Errors", "Duration", "Throttles")}
    on_function.add(f"{METRICS_NAMESPACE} Faults")
    expected = dict.fromkeys(functions_of(resources), on_function)
    for queues in mappings(resources).values():
        for queue in queues:
            policy = of_type(resources, "AWS::SQS::Queue")[queue]["RedrivePolicy"]
            dead = policy["deadLetterTargetArn"]["Fn::GetAtt"][0]
            expected[queue] = {"AWS/SQS ApproximateAgeOfOldestMessage"}
            expected[dead] = {"AWS/SQS ApproximateNumberOfMessagesVisible"}
    expected["HttpApi"] = {"AWS/ApiGateway 5xx", "AWS/ApiGateway Latency"}
    assert found == expected


def test_alarms_watch_what_calls_come_to(resources):
    for alarm in alarms_of(resources).values():
        if alarm["Namespace"] == "AWS/Lambda":
            (name,) = watched(alarm)
            dimensions = {d["Name"]: d["Value"] for d in alarm["Dimensions"]}
            assert dimensions == {
                "FunctionName": {"Ref": name},
                "Resource": {"Fn::Sub": f"${{{name}}}:live"},
            }
        if alarm["MetricName"] in {"Duration", "Latency"}:
            assert alarm["ExtendedStatistic"] == "p99"
            assert alarm["EvaluateLowSampleCountPercentile"] == "ignore"


def test_an_alarm_can_ring_before_the_shortest_canary_ends(resources):
    for name, alarm in alarms_of(resources).items():
        assert alarm["Period"] * alarm["DatapointsToAlarm"] < 5 * 60, name
        assert alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"]
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert alarm["TreatMissingData"] == "notBreaching"


def test_thresholds_are_parameters_that_make_sense(resources, parameters):
    for alarm in alarms_of(resources).values():
        parameter = parameters[alarm["Threshold"]["Ref"]]
        assert parameter["Type"] == "Number"
        assert parameter["Default"] >= parameter["MinValue"] >= 1
    for worker in mappings(resources):
        timeout_ms = functions_of(resources)[worker]["Timeout"] * 1000
        assert parameters["AlarmWorkerP99Ms"]["MaxValue"] < timeout_ms
    for queue in of_type(resources, "AWS::SQS::Queue").values():
        if "RedrivePolicy" in queue:  # one bad message alone must not ring
            tries_s = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
            assert parameters["AlarmOldestMessageS"]["Default"] > tries_s


def test_alarms_are_told_to_those_who_asked(resources, parameters):
    told = [
        {"Fn::If": ["MailAlarms", {"Ref": "AlarmTopic"}, NO_VALUE]},
        {"Fn::If": ["PublishAlarms", {"Ref": "AlarmTopicArn"}, NO_VALUE]},
    ]
    for alarm in alarms_of(resources).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == told
        assert alarm["AlarmDescription"]
    assert parameters["AlarmEmail"]["Default"] == parameters["AlarmTopicArn"]["Default"] == ""


# ---- dashboard ------------------------------------------------------------------------------


def dashboard_text(resources):
    """The body, with what it names several times put in place."""
    (found,) = of_type(resources, "AWS::CloudWatch::Dashboard").values()
    text, parts = found["DashboardBody"]["Fn::Sub"]
    for name, part in parts.items():
        text = text.replace(f"${{{name}}}", part["Fn::Sub"])
    return text


def dashboard(resources):
    """The body, with ``<Name>`` in place of ``${Name}``, and shorthand written out."""
    body = json.loads(re.sub(r"\$\{([\w.:]+)\}", r"<\1>", dashboard_text(resources)))
    for widget in body["widgets"]:
        before = []
        for metric in widget["properties"].get("metrics", ()):
            names = [part for part in metric if isinstance(part, str)]
            if names[0] == "...":
                names[:1] = before[: len(before) - len(names) + 1]
            names = [before[i] if name == "." else name for i, name in enumerate(names)]
            metric[:] = before = names
    return body


def metrics_on(resources):
    return [
        tuple(metric)
        for widget in dashboard(resources)["widgets"]
        for metric in widget["properties"].get("metrics", ())
    ]


def test_the_dashboard_names_what_is_there(resources):
    named = set(re.findall(r"\$\{(\w+)", dashboard_text(resources))) - {"AWS"}
    assert named <= resources.keys()
    kinds = ("Lambda::Function", "SQS::Queue", "DynamoDB::Table", "CloudWatch::Alarm")
    for kind in kinds:
        assert set(of_type(resources, f"AWS::{kind}")) <= named, kind
    assert "HttpApi" in named


def test_the_dashboard_shows_each_figure_of_everything(resources):
    found = set(metrics_on(resources))
    for function in functions_of(resources):
        for metric in ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"):
            assert ("AWS/Lambda", metric, "FunctionName", f"<{function}>") in found
        for metric in ("Items", "Failures", "Faults", "ColdStarts", "InputBytes"):
            assert (METRICS_NAMESPACE, metric, "service", f"<{function}>") in found
    for metric in ("Count", "4xx", "5xx", "Latency"):
        assert ("AWS/ApiGateway", metric, "ApiId", "<HttpApi>") in found
    for table in of_type(resources, "AWS::DynamoDB::Table"):
        for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
            assert ("AWS/DynamoDB", metric, "TableName", f"<{table}>") in found
    for queue in of_type(resources, "AWS::SQS::Queue"):
        waiting = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName")
        assert (*waiting, f"<{queue}.QueueName>") in found


def test_widgets_do_not_overlap(resources):
    taken = [
        (widget["x"] + dx, widget["y"] + dy)
        for widget in dashboard(resources)["widgets"]
        for dx in range(widget["width"])
        for dy in range(widget["height"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24


def test_own_metrics_that_are_watched_are_those_that_are_sent(resources, monkeypatch, capsys):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "intent")
    get_settings.cache_clear()
    with telemetry.invocation("http", "r") as current:
        current.failures = 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (sent,) = (line["_aws"]["CloudWatchMetrics"][0] for line in lines if "_aws" in line)
    known = {(sent["Namespace"], metric["Name"]) for metric in sent["Metrics"]}
    watched = {metric[:2] for metric in metrics_on(resources)}
    watched |= {(a["Namespace"], a["MetricName"]) for a in alarms_of(resources).values()}
    own = {metric for metric in watched if not metric[0].startswith("AWS/")}
    assert own
    assert own <= known
    assert sent["Dimensions"] == [["service"]]


# ---- HTTP API -------------------------------------------------------------------------------


def test_every_route_is_authorised(resources):
    routes = of_type(resources, "AWS::ApiGatewayV2::Route")
    assert routes
    for route in routes.values():
        assert route["AuthorizationType"] == {"Fn::If": ["UseJwt", "JWT", "AWS_IAM"]}


def test_the_api_is_closed_unless_told_otherwise(resources, parameters):
    assert parameters["Authorizer"]["Default"] == "IAM"
    permissions = of_type(resources, "AWS::Lambda::Permission")
    assert permissions
    for permitted in permissions.values():
        assert "${HttpApi}" in permitted["SourceArn"]["Fn::Sub"]


def test_no_other_site_may_call_unless_told_otherwise(source, resources, parameters):
    condition, cors, other = resources["HttpApi"]["Properties"]["CorsConfiguration"]["Fn::If"]
    assert (condition, other) == ("UseCors", NO_VALUE)
    assert parameters["AllowedOrigins"]["Default"] == ""
    assert names_in(source["Conditions"]["UseCors"]) == {"AllowedOrigins"}
    assert cors["AllowOrigins"] == {"Ref": "AllowedOrigins"}
    assert "AllowCredentials" not in cors


def test_pages_may_send_and_read_every_header_of_the_api(resources):
    cors = resources["HttpApi"]["Properties"]["CorsConfiguration"]["Fn::If"][1]
    modules = {f["Handler"].rsplit(".", 1)[0] for f in functions_of(resources).values()}
    sent = {"authorization", "content-type", "x-request-id"}
    for module in modules:
        if module.endswith(".api"):
            paths = importlib.import_module(module).app.whole.openapi()["paths"]
            operations = [operation for path in paths.values() for operation in path.values()]
            given = [p for operation in operations for p in operation.get("parameters", ())]
            sent |= {p["name"].lower() for p in given if p["in"] == "header"}
    signing = {"x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}
    sdks = {"x-amz-target", "x-amz-user-agent", "amz-sdk-invocation-id", "amz-sdk-request"}
    assert set(cors["AllowHeaders"]) == sent | signing | sdks
    assert {"location", "retry-after", "x-request-id", "x-amzn-errortype"} <= set(
        cors["ExposeHeaders"]
    )


def test_the_api_is_throttled(resources):
    settings_of_routes = resources["HttpApiStage"]["Properties"]["DefaultRouteSettings"]
    assert settings_of_routes["ThrottlingRateLimit"] == {"Ref": "ThrottlingRate"}
    assert settings_of_routes["ThrottlingBurstLimit"] == {"Ref": "ThrottlingBurst"}


CONSOLE_ROUTE = "GET /console/{proxy+}"  # whose files are no operations


def test_the_console_is_served_by_one_function_and_where_the_parameter_says_so(source, resources):
    route = resources["ConsoleRoute"]["Properties"]
    assert route["RouteKey"] == CONSOLE_ROUTE
    function = function_of_route(resources, route)
    assert source["Resources"]["ConsoleRoute"]["Condition"] == "UseConsole"
    assert source["Conditions"]["UseConsole"] == {"Fn::Equals": [{"Ref": "Console"}, "1"]}
    served = [name for name, it in functions_of(resources).items() if "CONSOLE" in variables(it)]
    assert served == [function]


def test_routes_are_those_of_the_applications(resources):
    modules = modules_of(resources)
    taken = set()
    for operation in set().union(*map(operations_of, modules.values())):
        route = route_taken(resources, operation)
        module = modules[function_of_route(resources, route)]
        assert operation in operations_of(module), operation
        taken.add(route["RouteKey"])
    routes = of_type(resources, "AWS::ApiGatewayV2::Route").values()
    assert sorted(route["RouteKey"] for route in routes) == sorted({*taken, CONSOLE_ROUTE})


def test_every_path_of_an_application_alone_comes_to_it(resources):
    modules = modules_of(resources)
    for function, module in modules.items():
        others = [operations_of(other) for other in modules.values() if other != module]
        for operation in operations_of(module).difference(*others):
            assert function_of_route(resources, route_taken(resources, operation)) == function


def test_below_a_prefix_the_function_itself_says_what_is_not_there(resources, handler, context):
    keys = [it["RouteKey"] for it in of_type(resources, "AWS::ApiGatewayV2::Route").values()]
    # Any id of a shopper may be asked for.
    others = [key for key in keys if "/v1/shoppers/" not in key]
    prefixes = [key for key in others if key.endswith("{proxy+}")]
    assert prefixes
    for key in prefixes:
        request = key.replace("{proxy+}", "not/there")
        function = function_of_route(resources, route_taken(resources, request))
        event = load_event("intent_http_not_found.json")
        event["rawPath"] = event["requestContext"]["http"]["path"] = request.split()[1]
        answer = handler(functions_of(resources)[function]["Handler"])(event, context)
        check_answer("intent_http_not_found.json", answer)


# ---- queues ---------------------------------------------------------------------------------


def test_queues_wait_six_times_as_long_as_their_worker_and_dead_letter(resources):
    queues = of_type(resources, "AWS::SQS::Queue")
    found = of_type(resources, "AWS::Lambda::EventSourceMapping")
    assert found
    for mapping in found.values():
        queue = queues[mapping["EventSourceArn"]["Fn::GetAtt"][0]]
        worker = function_of_alias(resources, mapping["FunctionName"]["Ref"])
        window_s = mapping.get("MaximumBatchingWindowInSeconds", 0)
        timeout_s = functions_of(resources)[worker]["Timeout"]
        assert queue["VisibilityTimeout"] >= 6 * timeout_s + window_s
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 3
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        concurrency = {"MaximumConcurrency": {"Ref": "WorkerMaximumConcurrency"}}
        assert mapping["ScalingConfig"] == concurrency


def test_every_queue_is_read_by_a_worker_or_holds_what_failed(resources):
    queues = of_type(resources, "AWS::SQS::Queue")
    read = [queue for found in mappings(resources).values() for queue in found]
    failed = [
        queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for name in read
    ]
    assert sorted(read + failed) == sorted(queues)


def test_a_dead_letter_queue_takes_messages_of_its_own_queue_only(resources):
    queues = of_type(resources, "AWS::SQS::Queue")
    here = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:"
    for queue in queues.values():
        if "RedrivePolicy" in queue:
            dead = queues[queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]
            assert dead["RedriveAllowPolicy"] == {
                "redrivePermission": "byQueue",
                "sourceQueueArns": [{"Fn::Sub": here + queue["QueueName"]["Fn::Sub"]}],
            }


def test_the_reason_of_a_failure_is_kept_as_long_as_its_message(resources):
    queues = of_type(resources, "AWS::SQS::Queue")
    for worker, names in mappings(resources).items():
        kept_s = int(variables(functions_of(resources)[worker])["FAILURES_TTL_S"])
        for name in names:
            dead = queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            stays_s = [queues[queue]["MessageRetentionPeriod"] for queue in (name, dead)]
            assert kept_s >= sum(stays_s)


def test_events_come_to_the_recommendation_worker_in_large_batches(resources):
    (mapping,) = (
        mapping
        for mapping in of_type(resources, "AWS::Lambda::EventSourceMapping").values()
        if mapping["EventSourceArn"]["Fn::GetAtt"][0] == "InteractionsQueue"
    )
    assert "InteractionsQueue" in mappings(resources)["RecommendationWorker"]
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (100, 5)


# ---- what is kept ---------------------------------------------------------------------------


def test_data_is_encrypted_and_expires(resources):
    for queue in of_type(resources, "AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] == {"Fn::If": ["OwnKey", NO_VALUE, True]}
        assert queue["KmsMasterKeyId"] == OWN_KEY
    for group in of_type(resources, "AWS::Logs::LogGroup").values():
        assert group["KmsKeyId"] == OWN_KEY
    for table in of_type(resources, "AWS::DynamoDB::Table").values():
        assert table["SSESpecification"] == {
            "SSEEnabled": True,
            "SSEType": {"Fn::If": ["OwnKey", "KMS", NO_VALUE]},
            "KMSMasterKeyId": OWN_KEY,
        }
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}


def test_buckets_are_closed_encrypted_and_expire(resources):
    buckets = of_type(resources, "AWS::S3::Bucket")
    policies = of_type(resources, "AWS::S3::BucketPolicy").values()
    protected = {policy["Bucket"]["Ref"]: policy["PolicyDocument"] for policy in policies}
    assert buckets.keys() == protected.keys()
    for name, bucket in buckets.items():
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {
            "SSEAlgorithm": {"Fn::If": ["OwnKey", "aws:kms", "AES256"]},
            "KMSMasterKeyID": OWN_KEY,
        }
        (statement,) = protected[name]["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert statement["Resource"] == [arn_of(name), {"Fn::Sub": f"${{{name}.Arn}}/*"}]
        (lifecycle,) = bucket["LifecycleConfiguration"]["Rules"]
        assert lifecycle["Status"] == "Enabled"
        assert lifecycle["ExpirationInDays"]


def test_no_queue_is_used_without_tls(resources):
    (policy,) = of_type(resources, "AWS::SQS::QueuePolicy").values()
    queues = of_type(resources, "AWS::SQS::Queue")
    assert sorted(queue["Ref"] for queue in policy["Queues"]) == sorted(queues)
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_the_access_log_names_who_called_and_no_token(resources):
    written = resources["HttpApiStage"]["Properties"]["AccessLogSettings"]["Format"]
    fields = json.loads(written.replace("\n", ""))
    assert fields["signer"] == "$context.identity.userArn"
    assert fields["subject"] == "$context.authorizer.claims.sub"
    assert "authorization" not in written.lower()


def test_large_results_are_there_as_long_as_what_names_them(resources):
    (rule,) = resources["ResultsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["Prefix"] == "jobs/"
    for worker in mappings(resources):
        kept_s = int(variables(functions_of(resources)[worker])["FAILURES_TTL_S"])
        assert rule["ExpirationInDays"] * DAY_S > kept_s


def test_history_is_by_user_and_event_and_can_be_restored(resources):
    table = of_type(resources, "AWS::DynamoDB::Table")["HistoryTable"]
    assert table["KeySchema"] == [
        {"AttributeName": "user", "KeyType": "HASH"},
        {"AttributeName": "event", "KeyType": "RANGE"},
    ]
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]


# ---- parameters -----------------------------------------------------------------------------


def test_every_parameter_and_output_is_described_and_has_a_default(source, parameters):
    for name, parameter in parameters.items():
        assert parameter["Description"], name
        assert "Default" in parameter, name
    assert all(output["Description"] for output in source["Outputs"].values())


def test_the_operators_page_tells_of_every_parameter_and_how_much_costs(resources, parameters):
    page = TEMPLATE.parent.joinpath("docs", "operations.md").read_text()
    assert [name for name in parameters if name not in page] == []
    assert f"{len(alarms_of(resources))} alarms" in page
    own = {metric for metric in metrics_on(resources) if metric[0] == METRICS_NAMESPACE}
    unseen = len(functions_of(resources))  # Latency, which no widget shows
    assert f"own metrics | {len(own) + unseen}:" in page
    snapshots_gb = len(functions_of(resources)) * parameters["MemorySizeMb"]["Default"] // 1024
    assert f"{snapshots_gb} GB in `prod`" in page
