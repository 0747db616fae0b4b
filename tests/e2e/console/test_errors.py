"""What a user sees where there is no answer, and where there is none yet."""

import json
import re
import urllib.error

import pytest
from playwright.sync_api import expect


def send(page, text):
    page.fill("#intent-text", text)
    page.keyboard.press("Enter")


def test_a_text_that_is_too_long_is_counted_and_refused_in_the_services_words(console):
    page = console.open("intent")
    text = "ä" * 8_001
    send(page, text)
    with pytest.raises(urllib.error.HTTPError) as refused:
        console.ask("/v1/intent", {"text": text, "explain": True})
    problem = json.load(refused.value)
    expect(page.locator("#intent-count.bad")).to_have_text(
        f"8,001 of {problem['allowed']:,} characters"
    )
    shown = page.get_by_role("alert")
    expect(shown).to_contain_text("422 · limit exceeded")
    expect(shown).to_contain_text(problem["detail"])
    expect(shown).to_contain_text(f"allowed: {problem['allowed']}")
    assert re.search(r"Request [0-9a-f-]{36}", shown.inner_text())
    assert len(console.refusals()) == 1
    send(page, "where is my order?")
    expect(shown).to_have_count(0)
    expect(page.locator(".verdict")).to_be_visible()


def test_a_filter_is_json_before_it_is_sent_and_known_before_it_is_used(console):
    page = console.open("recommendation")
    page.fill("#filter", '{"field": ')
    expect(page.locator("#filter-error")).to_contain_text("Not yet JSON")
    expect(page.locator("#filter")).to_have_attribute("aria-invalid", "true")
    page.fill("#filter", '{"field": "colour", "eq": "red"}')
    expect(page.get_by_role("alert")).to_contain_text("422 · invalid request")
    expect(page.get_by_role("alert")).to_contain_text("colour")
    page.fill("#filter", "")
    expect(page.locator("#recommendation-result .items li").first).to_be_visible()
    expect(page.locator("#filter-error")).to_be_hidden()
    assert console.refusals()


def test_an_error_that_is_no_problem_document(console, answered):
    page = console.open("intent")
    answered("/v1/intent", "<h1>Bad gateway</h1>", 502, "text/html")
    send(page, "where is my order?")
    expect(page.get_by_role("alert")).to_contain_text("502")
    expect(page.get_by_role("alert")).to_contain_text("something other than the service")
    assert len(console.refusals()) == 1


def test_a_server_that_is_gone(console):
    page = console.open("intent")
    page.route("**/v1/intent", lambda route: route.abort("connectionrefused"))
    send(page, "where is my order?")
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    expect(page.get_by_role("alert")).to_contain_text("still running?")
    assert len(console.refusals()) == 1


def test_a_slow_answer_is_waited_for_and_can_be_cancelled(console):
    page = console.open("intent")
    held = []

    def hold(route):
        held.append(route)

    page.route("**/v1/intent", hold)
    send(page, "where is my order?")
    expect(page.locator("#intent-result .waiting")).to_contain_text("Waiting")
    expect(page.locator("#intent-result")).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("cancelled before it was answered")
    expect(page.locator(".waiting")).to_have_count(0)
    page.unroute("**/v1/intent")
    send(page, "where is my order?")
    expect(page.locator(".verdict")).to_be_visible()


def test_of_two_requests_the_newer_one_is_shown(console):
    page = console.open("intent")
    held = []
    page.route("**/v1/intent", lambda route: held.append(route) if not held else route.continue_())
    send(page, "I forgot my password")
    send(page, "please cancel my order")
    (result,) = console.ask("/v1/intent", {"text": "please cancel my order"})["results"]
    name = result["intent"]["name"].replace("_", " ")
    expect(page.locator(".verdict .name")).to_have_text(name)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_service_without_its_model_says_so_and_the_others_go_on(console, answered):
    problem = {"type": "urn:x:problem:model-missing", "title": "Error", "status": 500}
    answered("/v1/intent/labels", problem | {"detail": "No model is there."}, 500)
    page = console.page
    page.goto(console.address)
    expect(page.get_by_role("alert")).to_contain_text("500 · model missing")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    expect(page.locator("#intent .loading")).to_have_count(0)
    page.get_by_role("tab", name="Recommendation").click()
    expect(page.locator("#recommendation-result .items li").first).to_be_visible()
    assert len(console.refusals()) == 1


def test_what_is_written_is_shown_and_never_run(console):
    page = console.open("intent")
    page.on("dialog", lambda _: pytest.fail("a script ran"))
    send(page, "<img src=x onerror=alert(1)> where is my order?")
    expect(page.locator(".words")).to_contain_text("onerror")
    assert page.locator("#intent-result img").count() == 0
