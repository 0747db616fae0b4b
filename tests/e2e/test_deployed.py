"""The stack, deployed by `sam deploy` into an AWS emulator that runs its functions in containers.

The emulator (layers/emulator.sh) checks signatures and enforces the roles' policies. What it does
not do is below, each with the test that tells when a newer version does:

| in AWS | in the emulator | test_emulator_ |
|---|---|---|
| CodeDeploy shifts traffic, and back on an alarm | its resources are refused | codedeploy |
| SQS moves dead letters back itself | no such action; `local.redrive` does | message_moves |
| batches of more than ten messages, collected for a while | ten at most, at once | batches |
| a mapping reads its queue with the function's role | it reads any | mapping_rights |
| the API invokes only what permits it | it invokes any | invoke_permissions |
| the API's throttling and access log | forgotten; empty | throttling, access_log |
| metrics of queues, tables, the API and EMF lines, hence alarms | none | metrics |
| X-Ray keeps traces | no such action | traces |
| SnapStart restores what has been loaded | a container that then loads | snapshots |
| memory, and processor time with it, is limited | it is not | memory |
| a parameter may set a number, as mappings' concurrency | text, which stops them | numbers |
| SAM's transform knows the deployment's parameters | it knows their defaults | (not observable) |
| encryption at rest, buckets' lifecycles | kept as settings, without effect | (not observable) |
"""

import json
import os
import shutil
import subprocess
import time
from typing import NamedTuple

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import ROOT
from tests.e2e.emulator import REGION, Stack, until
from tests.expectations import outcomes, translations

BUILT = ROOT / ".aws-sam" / "build"
SERVICES = ("Intent", "Translation", "Recommendation")
PATHS = dict(zip(SERVICES, ("/v1/intent", "/v1/translate", "/v1/recommendations"), strict=True))
REQUESTS = {
    "Intent": {"text": "where is my package?"},
    "Translation": {"text": "Where is my order?", "source": "en", "target": "de"},
    "Recommendation": {"history": [{"item_id": "85123A", "event": "purchase"}], "k": 3},
}
POISON = '{"text": '
TRIES = 3  # maxReceiveCount in template.yaml
ASYNC = {"prefer": "respond-async"}


def check_result(service: str, result: dict) -> None:
    """Compare what a service answered to its request above."""
    if service == "Intent":
        assert outcomes(result) == ["track_order"]
    elif service == "Translation":
        assert translations(result)[0]["text"] == "Wo ist meine Bestellung?"
    else:
        assert len(result["items"]) == 3


class Worked(NamedTuple):
    service: str
    first: dict


class Deployed(NamedTuple):
    stack: Stack
    mended: int


@pytest.fixture(scope="module")
def deployed(emulator, sam):
    stack = Stack(emulator, sam)
    stack.deploy(BUILT)
    return Deployed(stack, stack.mend_mappings())


@pytest.fixture(scope="module")
def stack(deployed):
    return deployed.stack


@pytest.fixture(scope="module")
def shop(stack):
    """A caller who may use this API and nothing else."""
    api = f"arn:aws:execute-api:{REGION}:*:{stack.names['HttpApi']}/*"
    right = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": api}
    return stack.new_user("shop", right)


def job(stack, caller, job_id: str, status: str = "succeeded") -> dict:
    """A job, as soon as it has this status."""

    def look() -> dict | None:
        answer = stack.ask(caller, "GET", f"/v1/jobs/{job_id}").body
        return answer if answer["status"] == status else None

    return until(look, f"job {job_id} that {status}")


@pytest.fixture(scope="module", params=SERVICES)
def worked(request, stack, shop):
    """A service that has answered a message, so that its worker is loaded when others come."""
    message_id = stack.send(f"{request.param}Queue", REQUESTS[request.param])
    return Worked(request.param, job(stack, shop, message_id))


@pytest.fixture(scope="module")
def service(worked):
    return worked.service


def test_every_resource_is_there(stack):
    resources = stack.resources().values()
    assert {it["ResourceStatus"] for it in resources} == {"CREATE_COMPLETE"}
    kinds = [it["ResourceType"] for it in resources]
    assert kinds.count("AWS::Lambda::Function") >= 2 * len(SERVICES)


@pytest.mark.parametrize("known", [False, True])
def test_the_api_is_closed_to_who_has_no_right(stack, known):
    caller = stack.new_user("stranger") if known else None
    answer = stack.ask(caller, "POST", PATHS["Intent"], REQUESTS["Intent"])
    assert answer.status == 403
    assert "results" not in answer.body


@pytest.mark.parametrize("name", SERVICES)
def test_a_request_over_http(stack, shop, name):
    answer = stack.ask(shop, "POST", PATHS[name], REQUESTS[name])
    assert answer.status == 200
    check_result(name, answer.body)


def operations() -> set[str]:
    """What the applications answer, as their OpenAPI documents tell, as ``VERB /path``."""
    found = (json.loads(it.read_text())["paths"] for it in ROOT.glob("docs/openapi/*.json"))
    return {f"{verb.upper()} {path}" for paths in found for path in paths for verb in paths[path]}


def test_every_route_leads_to_an_application(stack, shop):
    answers = {}
    for key in operations():
        method, path = key.split()
        path = path.replace("{item_id}", "85123A").replace("{job_id}", "unknown")
        body = POISON.encode() if method in {"POST", "PUT"} else None
        answers[key] = stack.ask(shop, method, path, body)
    assert len(answers) >= 20
    assert [key for key, it in answers.items() if "x-request-id" not in it.headers] == []
    usual = {"GET": 200, "POST": 400, "PUT": 400, "DELETE": 200}
    unusual = {key: it.status for key, it in answers.items() if it.status != usual[key.split()[0]]}
    assert unusual == {"GET /v1/jobs/{job_id}": 404}


def test_an_application_says_what_is_not_there_below_its_prefix(stack, shop):
    found = stack.client("apigatewayv2").get_routes(ApiId=stack.names["HttpApi"], MaxResults="200")
    keys = [route["RouteKey"] for route in found["Items"] if "{proxy+}" in route["RouteKey"]]
    # Every id may be a shopper's, or that of an item which is written.
    keys = [key for key in keys if "/v1/shoppers/" not in key and not key.startswith("PUT ")]
    assert keys
    for key in keys:
        answer = stack.ask(shop, *key.replace("{proxy+}", "not/there").split())
        assert answer.status == 404
        assert answer.body["type"].endswith(":not-found"), key


def test_amazon_translates_client(stack, shop):
    translate = stack.drop_in("translate", shop)
    terms = {"File": b"en,de\nCloud Runner,Wolke 7\n", "Format": "CSV"}
    translate.import_terminology(Name="e2e", MergeStrategy="OVERWRITE", TerminologyData=terms)
    answer = translate.translate_text(
        Text="The Cloud Runner is back in stock.",
        SourceLanguageCode="auto",
        TargetLanguageCode="de",
        TerminologyNames=["e2e"],
    )
    assert "Wolke 7" in answer["TranslatedText"]
    translate.delete_terminology(Name="e2e")
    with pytest.raises(translate.exceptions.ResourceNotFoundException):
        translate.get_terminology(Name="e2e")


def test_amazon_lexs_client(stack, shop):
    lex = stack.drop_in("lexv2-runtime", shop)
    session = {"botId": "SHOPSHOP01", "botAliasId": "TSTALIASID", "localeId": "en_US"}
    session["sessionId"] = "e2e"
    answer = lex.recognize_text(**session, text=REQUESTS["Intent"]["text"])
    assert answer["sessionState"]["intent"]["name"] == "track_order"
    assert lex.get_session(**session)["sessionState"] == answer["sessionState"]
    lex.delete_session(**session)
    with pytest.raises(lex.exceptions.ResourceNotFoundException):
        lex.get_session(**session)


def test_amazon_personalizes_clients(stack, shop):
    events = stack.drop_in("personalize-events", shop)
    event = {"eventType": "Purchase", "itemId": "85123A", "sentAt": time.time()}
    events.put_events(trackingId="e2e", sessionId="e2e", userId="e2e-shopper", eventList=[event])
    assert stack.history("e2e-shopper") == ["85123A"]
    runtime = stack.drop_in("personalize-runtime", shop)
    campaign = "arn:aws:personalize:eu-central-1:123456789012:campaign/e2e"
    answer = runtime.get_recommendations(campaignArn=campaign, userId="e2e-shopper", numResults=3)
    assert len(answer["itemList"]) == 3
    with pytest.raises(runtime.exceptions.InvalidInputException):
        runtime.get_action_recommendations(campaignArn=campaign, userId="e2e-shopper")


def test_aws_clients_without_a_right_are_refused(stack):
    translate = stack.drop_in("translate", stack.new_user("stranger-to-translate"))
    with pytest.raises(ClientError, match=r"403|Forbidden|AccessDenied"):
        translate.list_languages()


def test_a_message_becomes_a_result(worked):
    check_result(worked.service, worked.first["result"])


def test_a_request_is_answered_later(stack, shop, service):
    accepted = stack.ask(shop, "POST", PATHS[service], REQUESTS[service], ASYNC)
    assert (accepted.status, accepted.body["status"]) == (202, "queued")
    assert accepted.headers["location"] == f"/v1/jobs/{accepted.body['id']}"
    check_result(service, job(stack, shop, accepted.body["id"])["result"])


def test_poison_alone_becomes_a_dead_letter_with_its_reason(stack, shop, service):
    dead = f"{service}DeadLetterQueue"
    with stack.quick(f"{service}Queue"):
        poison, good = (stack.send(f"{service}Queue", it) for it in (POISON, REQUESTS[service]))
        check_result(service, job(stack, shop, good)["result"])
        until(lambda: stack.messages(dead), f"message in {dead}")
    problem = job(stack, shop, poison, "failed")["problem"]
    assert problem["type"].endswith(":malformed-json")
    records = stack.log_records(f"{service}WorkerLogs", "message failed")
    codes = [record["code"] for record in records if record["message_id"] == poison]
    assert codes == ["malformed-json"] * TRIES
    assert "malformed-json" in stack.redrive(service, "list")
    assert stack.take(dead) == [POISON]


def test_a_dead_letter_is_answered_once_its_cause_is_mended(stack, shop, service):
    dead = f"{service}DeadLetterQueue"
    with stack.quick(f"{service}Queue"), stack.without(f"{service}WorkerRole", "dynamodb"):
        sent = stack.ask(shop, "POST", PATHS[service], REQUESTS[service], ASYNC)
        until(lambda: stack.messages(dead), f"message in {dead}")
    assert job(stack, shop, sent.body["id"], "queued")
    assert stack.redrive(service, "send", "--all") == "1 sent again\n"
    check_result(service, job(stack, shop, sent.body["id"])["result"])
    until(lambda: not stack.messages(f"{service}Queue"), "end of the message")
    assert stack.messages(dead) == 0


@pytest.mark.parametrize("worked", ["Intent"], indirect=True)
def test_a_job_runs_once_however_often_its_message_comes(stack, shop, worked):
    for _ in range(2):
        stack.send("IntentQueue", {"text": "where is my package?"}, job_id="twice")
        until(lambda: not stack.messages("IntentQueue"), "end of the message")
    assert outcomes(job(stack, shop, "twice")["result"]) == ["track_order"]


@pytest.mark.parametrize("worked", ["Intent"], indirect=True)
def test_another_body_under_a_used_id_becomes_a_dead_letter(stack, shop, worked):
    dead, other = "IntentDeadLetterQueue", {"text": "I want to pay by card"}
    with stack.quick("IntentQueue"):
        stack.send("IntentQueue", {"text": "where is my package?"}, job_id="once")
        until(lambda: not stack.messages("IntentQueue"), "end of the message")
        stack.send("IntentQueue", other, job_id="once")
        until(lambda: stack.messages(dead), f"message in {dead}")
    assert "job-id-reused" in stack.redrive("Intent", "list")
    assert outcomes(job(stack, shop, "once")["result"]) == ["track_order"]
    assert [json.loads(body) for body in stack.take(dead)] == [other]


@pytest.mark.parametrize("worked", ["Recommendation"], indirect=True)
def test_events_count_in_the_next_recommendation(stack, shop, worked):
    bought = {"user_id": "e2e", "item_id": "85123A", "event": "purchase", "timestamp": 1323450000}
    viewed = {"user_id": "e2e", "item_id": "22697", "event": "view", "timestamp": 1323450060}
    stack.send("InteractionsQueue", {"events": [bought, viewed]})
    until(lambda: len(stack.history("e2e")) == 2, "history")
    wanted = {"user_id": "e2e", "k": 3, "explain": True}
    answer = stack.ask(shop, "POST", PATHS["Recommendation"], wanted)
    because = {reason["item_id"] for item in answer.body["items"] for reason in item["because"]}
    assert because == {"85123A", "22697"}


@pytest.mark.parametrize("worked", ["Recommendation"], indirect=True)
def test_what_is_written_of_items_is_obeyed(stack, shop, worked):
    written = stack.ask(shop, "PUT", "/v1/items/22697", {"fields": {"e2e_stock": 3}})
    assert (written.status, written.body["written"]) == (200, 1)
    wanted = {"k": 3, "filter": {"field": "e2e_stock", "gte": 1}}
    answer = stack.ask(shop, "POST", PATHS["Recommendation"], wanted)
    assert [item["item_id"] for item in answer.body["items"]] == ["22697"]
    items = [{"item_id": "22697", "fields": {"e2e_stock": 0}}]
    message_id = stack.send("RecommendationQueue", {"items": items})
    assert job(stack, shop, message_id)["result"]["written"] == 1

    def sold_out() -> bool:
        return stack.ask(shop, "POST", PATHS["Recommendation"], wanted).body["items"] == []

    until(sold_out, "answer that knows what another process has written")


@pytest.mark.parametrize("worked", ["Recommendation"], indirect=True)
def test_a_session_becomes_its_users_and_its_events_are_counted(stack, shop, worked):
    viewed = {"session_id": "e2e-session", "item_id": "84879"}
    for user in ({}, {"user_id": "e2e-joined"}):
        sent = stack.ask(shop, "POST", "/v1/events", {"event": viewed | user})
        assert sent.status == 200
    assert sent.body["joined"] == 1
    assert stack.history("e2e-joined") == ["84879", "84879"]

    def is_rising() -> bool:
        rising = stack.ask(shop, "GET", "/v1/items/trending").body["items"]
        return "84879" in {item["item_id"] for item in rising}

    until(is_rising, "answer that has the item among those on the rise")
    basket = {"basket": ["22697"], "k": 2}
    answer = stack.ask(shop, "POST", "/v1/recommendations/bought-together", basket)
    assert len(answer.body["items"]) == 2


def test_functions_log_into_their_groups(stack, shop):
    assert stack.ask(shop, "GET", "/v1/languages").status == 200
    records = stack.log_records("TranslationApiLogs", "invocation")
    assert {record["kind"] for record in records} == {"http"}


# ---- what the emulator does not do --------------------------------------------------------------


def test_emulator_numbers(deployed):
    assert deployed.mended == 4


def test_emulator_codedeploy(stack):
    application = {"Type": "AWS::CodeDeploy::Application", "Properties": {}}
    body = json.dumps({"Resources": {"Application": application}})
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        stack.client("cloudformation").create_stack(StackName="other", TemplateBody=body)


def test_emulator_message_moves(stack):
    arn = f"arn:aws:sqs:{REGION}:000000000000:{stack.names['IntentDeadLetterQueue']}"
    with pytest.raises(ClientError, match="InvalidAction"):
        stack.sqs.start_message_move_task(SourceArn=arn)


@pytest.mark.parametrize("worked", ["Recommendation"], indirect=True)
def test_emulator_batches(stack, worked):
    users = [f"batch{number}" for number in range(12)]
    events = [{"user_id": it, "item_id": "85123A", "timestamp": 1323450000} for it in users]
    stack.send_all("InteractionsQueue", [{"event": event} for event in events])
    until(lambda: all(stack.history(user) for user in users), "history of every user")
    records = stack.log_records("RecommendationWorkerLogs", "invocation")
    assert max(record["items"] for record in records) <= 10


@pytest.mark.parametrize("worked", ["Intent"], indirect=True)
def test_emulator_mapping_rights(stack, shop, worked):
    with stack.without("IntentWorkerRole", "sqs"):
        message_id = stack.send("IntentQueue", REQUESTS["Intent"])
        check_result("Intent", job(stack, shop, message_id)["result"])


def test_emulator_invoke_permissions(stack, shop):
    with stack.without_permission("IntentApi"):
        answer = stack.ask(shop, "POST", PATHS["Intent"], REQUESTS["Intent"])
    assert answer.status == 200


def test_emulator_throttling(stack):
    api = stack.client("apigatewayv2")
    stage = api.get_stage(ApiId=stack.names["HttpApi"], StageName="$default")
    assert stage["DefaultRouteSettings"] == {}


def test_emulator_access_log(stack, shop):
    assert stack.ask(shop, "GET", "/v1/languages").status == 200
    assert stack.log("HttpApiLogs") == []


@pytest.mark.parametrize(
    "namespace", ["RetailInference", "AWS/SQS", "AWS/DynamoDB", "AWS/ApiGateway"]
)
def test_emulator_metrics(stack, shop, namespace):
    assert stack.ask(shop, "GET", "/v1/languages").status == 200
    assert any('"CloudWatchMetrics"' in line for line in stack.log("TranslationApiLogs"))
    assert stack.client("cloudwatch").list_metrics(Namespace=namespace)["Metrics"] == []


def test_emulator_traces(stack):
    now = time.time()
    with pytest.raises(ClientError):
        stack.client("xray").get_trace_summaries(StartTime=now - 60, EndTime=now)


def test_emulator_snapshots(stack, shop):
    assert stack.ask(shop, "GET", "/v1/languages").status == 200
    lines = stack.log("TranslationApiLogs")
    assert any("INIT START(type: on-demand" in line for line in lines)
    assert [line for line in lines if "RESTORE" in line] == []


def test_emulator_memory(stack, shop):
    assert stack.ask(shop, "GET", "/v1/languages").status == 200
    containers = docker("ps", "--quiet", "--filter", "label=ministack=lambda")
    assert set(docker("inspect", "--format", "{{.HostConfig.Memory}}", *containers)) == {"0"}


def docker(*arguments: str) -> list[str]:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.split()


# ---- what changes the stack, and ends it --------------------------------------------------------


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """What was built, with another content of a layer that every function has."""
    checkout = tmp_path_factory.mktemp("changed")
    built = checkout / BUILT.relative_to(ROOT)
    shutil.copytree(ROOT / "statemachines", checkout / "statemachines")  # as far from it as here
    shutil.copytree(BUILT, built, copy_function=os.link)
    (built / "SharedLayer" / "python" / "shared" / "added.txt").write_text("added")
    return built


def check_update(stack, caller, before: dict, key: str) -> None:
    """All functions are served as they were deployed last, and with another ``key``."""
    for name, (served, latest) in stack.served().items():
        assert served == latest, name
        assert served[key] != before[name][0][key], name
    answer = stack.ask(caller, "POST", PATHS["Intent"], REQUESTS["Intent"])
    assert (answer.status, answer.headers["x-cold-start"]) == (200, "true")


def test_an_update_of_a_layer_alone_reaches_callers(stack, shop, changed):
    before = stack.served()
    stack.deploy(changed)
    check_update(stack, shop, before, "Layers")


def test_an_update_of_a_parameter_alone_reaches_callers(stack, shop, changed):
    before = stack.served()
    stack.deploy(changed, LogLevel="DEBUG", Console="1")
    check_update(stack, shop, before, "Environment")


def test_the_console_is_behind_the_authorizer_once_a_parameter_says_so(stack, shop):
    page = stack.ask(shop, "GET", "/console/index.html")
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Retail inference</h1>" in page.body
    described = stack.ask(shop, "GET", "/console/openapi.json").body["paths"]
    assert {"/v1/intent", "/v1/translate", "/v1/recommendations"} <= described.keys()
    assert stack.ask(None, "GET", "/console/index.html").status == 403


def test_nothing_is_left_when_it_is_deleted(stack):
    stack.delete()
    assert stack.client("lambda").list_functions()["Functions"] == []
    assert stack.sqs.list_queues().get("QueueUrls", []) == []
    assert stack.client("dynamodb").list_tables()["TableNames"] == []
    assert stack.client("apigatewayv2").get_apis()["Items"] == []
