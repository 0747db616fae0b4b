"""What a request cost, as the answers' headers tell it."""

import copy
import re

import pytest

from shared.process.pricing import architecture, invocation_usd
from shared.settings import get_settings
from tests.expectations import load_event

HEADER = "x-estimated-cost-usd"
SERVICES = ("intent", "translation", "recommendation")


@pytest.fixture
def switched_on(monkeypatch):
    monkeypatch.setenv("COST_HEADER", "1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
    get_settings.cache_clear()


def total_ms(headers):
    return float(re.search(r"total;dur=([\d.]+)", headers["server-timing"])[1])


def answer_of(handler, service, context, **changes):
    event = copy.deepcopy(load_event(f"{service}_http.json")) | changes
    return handler(f"functions.{service}.api.handler")(event, context)


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_is_told_unless_asked_for(service, handler, context):
    assert HEADER not in answer_of(handler, service, context)["headers"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_tells_the_price_of_its_own_time(service, handler, context, switched_on):
    answer = answer_of(handler, service, context)
    assert answer["statusCode"] == 200
    told = answer["headers"][HEADER]
    assert re.fullmatch(r"0\.\d{10}", told)
    # The timing is rounded to 0.01 ms, which may be the start of another whole one.
    ms = total_ms(answer["headers"])
    low, high = (invocation_usd(ms + d, 1_024, architecture()) for d in (-0.01, 0.01))
    assert low - 1e-10 <= float(told) <= high + 1e-10


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"body": "{"}, 400), ({"body": "{}"}, 422), ({"body": "x" * 300_000}, 413)],
)
def test_a_refused_request_has_its_price_too(changes, status, handler, context, switched_on):
    answer = answer_of(handler, "intent", context, **changes)
    assert answer["statusCode"] == status
    assert float(answer["headers"][HEADER]) > 0
