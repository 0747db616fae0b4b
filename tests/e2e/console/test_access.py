"""Keyboard, contrast, narrow screens, colours; and the pictures of the console."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.conftest import ROOT
from tests.e2e.console.conftest import new_page

PANELS = ("intent", "translation", "recommendation")
MESSAGE = "I was charged twice for my order, please give me my money back"
PICTURES = {"light": ("light", 1240), "dark": ("dark", 1240), "phone": ("light", 390)}
MOST_PICTURE_BYTES = 200_000


def fill(console, panel):
    """A panel with an answer, and its request as code."""
    page = console.open(panel)
    if panel == "intent":
        page.fill("#intent-text", MESSAGE)
        page.keyboard.press("Enter")
        page.locator(".verdict").wait_for()
    elif panel == "translation":
        page.get_by_role("button", name="Mail").click()
        page.locator("#translation-result .texts").wait_for()
    else:
        for number in (1, 4):
            with page.expect_response("**/v1/recommendations"):
                page.locator("#products button").nth(number).click()
        page.locator(".because").first.wait_for()
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("panel", PANELS)
def test_axe_finds_nothing_serious(panel, scheme, console):
    console.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page = fill(console, panel)
    for summary in page.locator(f"#{panel} summary").all():
        summary.click()
    found = Axe().run(page).response["violations"]
    serious = [it for it in found if it["impact"] in {"serious", "critical"}]
    assert [(it["id"], [node["html"] for node in it["nodes"]]) for it in serious] == []


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_is_wider_than_a_narrow_screen(width, console):
    console.page.set_viewport_size({"width": width, "height": 800})
    for panel in PANELS:
        page = fill(console, panel)
        page.locator(f"#{panel}-request summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, panel


def test_an_answer_below_a_small_screen_is_brought_into_sight(console):
    console.page.set_viewport_size({"width": 390, "height": 700})
    page = fill(console, "intent")
    expect(page.locator(".verdict .name")).to_be_in_viewport()


def test_tabs_obey_the_keyboard_and_the_address(console):
    page = console.open("intent")
    page.locator("#tab-intent").focus()
    keys = {"ArrowRight": "translation", "End": "recommendation", "Home": "intent"}
    for key, panel in keys.items():
        page.keyboard.press(key)
        expect(page.locator(f"#tab-{panel}")).to_be_focused()
        expect(page.locator(f"#{panel}")).to_be_visible()
        assert page.url.endswith(f"#{panel}")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#tab-recommendation")).to_have_attribute("aria-selected", "true")
    visible = page.locator("[role=tabpanel]:visible")
    expect(visible).to_have_count(1)


def test_every_panel_can_be_used_without_a_mouse(console):
    page = console.open("recommendation")
    page.locator("#products button").first.focus()
    with page.expect_response("**/v1/recommendations"):
        page.keyboard.press("Enter")
    expect(page.locator("#history li")).to_have_count(1)
    page.locator("#history select").focus()
    with page.expect_response("**/v1/recommendations"):
        page.keyboard.press("End")
    expect(page.locator("#history select")).to_be_focused()  # the answer does not take it away
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#history li")).to_have_count(0)


def test_colours_follow_the_system_until_they_are_chosen(console):
    page = console.open("intent")

    def background():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.emulate_media(color_scheme="light")
    light = background()
    page.emulate_media(color_scheme="dark")
    assert background() != light
    page.select_option("#theme", "light")
    assert background() == light
    page.reload()
    assert (background(), page.input_value("#theme")) == (light, "light")


def test_pictures_are_made(browser, server):
    """In build/console; CONSOLE_PICTURE is where the README's goes besides."""
    folder = ROOT / "build" / "console"
    folder.mkdir(parents=True, exist_ok=True)
    for panel in PANELS:
        for name, (scheme, width) in PICTURES.items():
            options = {"viewport": {"width": width, "height": 780}, "color_scheme": scheme}
            opened = new_page(browser, server, **options)
            page = fill(opened, panel)
            page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
            page.screenshot(path=folder / f"{panel}-{name}.png", full_page=True)
            if (panel, name) == ("intent", "light"):
                # Down to the times, which are those of a machine that is busy with tests.
                height = page.locator("#intent-result .timing").bounding_box()["y"]
                clip = {"x": 0, "y": 0, "width": width, "height": height}
                readme = page.screenshot(full_page=True, clip=clip)
            page.close()
            assert opened.errors == []
    assert len(readme) < MOST_PICTURE_BYTES
    if wanted := os.environ.get("CONSOLE_PICTURE"):
        Path(wanted).write_bytes(readme)
