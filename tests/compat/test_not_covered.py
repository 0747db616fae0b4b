"""Every operation of AWS's that is not served: it says so by an error that it knows."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from examples.drop_in import SERVICES
from functions.intent.lex.operations import OPERATIONS as LEX
from functions.recommendation.personalize.operations import OPERATIONS as PERSONALIZE
from functions.translation.aws.operations import OPERATIONS as TRANSLATE

ROOT = Path(__file__).resolve().parents[2]
MIGRATE = (ROOT / "docs" / "migrate.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| (yes|no) \|", re.MULTILINE)
ROWS = {row.name: row for row in (*TRANSLATE, *LEX, *PERSONALIZE)}
MODELS = {name: get_session().get_service_model(name) for name in SERVICES}
OPERATIONS = {name: model for model in MODELS.values() for name in model.operation_names}
SERVED = {name for name, covered in ROW.findall(MIGRATE) if covered == "yes"}
EVENT_STREAM = "StartConversation"  # which boto3 does not have
CASES = [
    (service, name)
    for service, model in MODELS.items()
    for name in model.operation_names
    if name not in SERVED and name != EVENT_STREAM
]


def example(shape):
    """A value with all that a shape requires."""
    about = shape.metadata
    if shape.type_name == "structure":
        return {name: example(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [example(shape.member)] * about.get("min", 1)
    if shape.type_name == "map":
        return {}
    if shape.type_name == "timestamp":
        return datetime(2026, 1, 1, tzinfo=UTC)
    if shape.type_name in {"integer", "long", "float", "double"}:
        return about.get("min", 1)
    if shape.type_name == "boolean":
        return True
    text = about["enum"][0] if "enum" in about else "a" * max(about.get("min", 1), 1)
    return text.encode() if shape.type_name == "blob" else text


def test_the_page_has_every_operation_of_aws_and_so_do_the_tables():
    told = {name for name, _ in ROW.findall(MIGRATE)}
    assert told == set(OPERATIONS)
    assert set(OPERATIONS) <= set(ROWS)


def test_methods_and_paths_are_those_of_aws():
    for name, model in OPERATIONS.items():
        http = model.operation_model(name).http
        row = ROWS[name]
        assert (row.method, row.path) == (http["method"], http["requestUri"])
        prefix = model.metadata.get("targetPrefix")
        assert row.target == (f"{prefix}.{name}" if prefix else None)


@pytest.mark.parametrize(("service", "name"), CASES)
def test_what_is_not_served_says_so(connect, service, name):
    client, operation = connect(service), MODELS[service].operation_model(name)
    (method,) = (it for it, of in client.meta.method_to_api_mapping.items() if of == name)
    with pytest.raises(ClientError) as raised:
        getattr(client, method)(**example(operation.input_shape))
    error = raised.value.response["Error"]
    assert error["Code"] in {shape.name for shape in operation.error_shapes}
    assert error["Message"].startswith(f"{name} is not served here: docs/migrate.md")


def test_an_operation_that_is_new_is_unknown(connect):
    client = connect("translate")

    def rename(request, **_):
        request.headers["X-Amz-Target"] += "Too"

    client.meta.events.register("before-sign", rename)
    try:
        with pytest.raises(ClientError) as raised:
            client.list_languages()
    finally:
        client.meta.events.unregister("before-sign", rename)
    assert raised.value.response["Error"]["Code"] == "UnknownOperationException"
