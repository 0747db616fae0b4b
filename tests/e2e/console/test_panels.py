"""What each panel shows is what its service answers."""

import re

from playwright.sync_api import expect


def readable(name):
    return name.replace("_", " ")


def send(page, text):
    page.fill("#intent-text", text)
    page.keyboard.press("Enter")


def test_a_message_gets_its_intent_its_reasons_and_its_alternatives(console):
    page = console.open("intent")
    label = console.ask("/v1/intent/labels")["labels"][0]
    send(page, label["examples"][0])
    request = {"text": label["examples"][0], "top_k": 4, "explain": True}
    (result,) = console.ask("/v1/intent", request)["results"]
    verdict = page.locator(".verdict")
    expect(verdict.locator(".name")).to_have_text(readable(result["intent"]["name"]))
    expect(verdict).to_contain_text(label["description"])
    confidence = float(verdict.locator(".sure").inner_text().rstrip(" %"))
    assert abs(confidence - result["intent"]["confidence"] * 100) < 0.6
    others = page.locator(".ranked li .name").all_text_contents()
    assert others == [readable(it["name"]) for it in result["alternatives"]]
    words = page.locator(".words .token").all_inner_texts()
    assert words == [it["token"] for it in result["explanation"]]
    assert page.locator(".ranked .bar").count() == len(others)
    expect(page.locator(".timing")).to_have_text(re.compile(r"ms in the browser .* ms in the serv"))
    expect(page.locator("#intent-result .model")).to_contain_text("@")


def test_the_word_that_counts_most_is_shaded_most(console):
    page = console.open("intent")
    page.locator("#intent-examples button").first.click()
    page.locator(".words").wait_for()
    text = page.input_value("#intent-text")
    (result,) = console.ask("/v1/intent", {"text": text, "explain": True})["results"]
    weights = [abs(it["weight"]) for it in result["explanation"]]
    shades = page.locator(".word").evaluate_all(
        "words => words.map(word => parseInt(word.style.getPropertyValue('--weight')))"
    )
    assert shades.index(max(shades)) == weights.index(max(weights))
    assert max(shades) == 100


def test_what_is_no_wish_of_the_shops_is_told_with_its_reason(console):
    page = console.open("intent")
    for text in ("will it rain in Hamburg tomorrow?", ""):
        send(page, text)
        (result,) = console.ask("/v1/intent", {"text": text})["results"]
        reason = readable(result["abstained"]["reason"])
        expect(page.locator(".verdict.abstained .name")).to_have_text(f"No intent: {reason}")
        expect(page.locator(".verdict.abstained")).to_contain_text(result["abstained"]["detail"])


def test_a_short_answer_is_read_by_the_turn_before(console):
    page = console.open("intent")
    labels = console.ask("/v1/intent/labels")
    slot = next((it for it in labels.get("slots") or [] if "order" in it), "order_number")
    asking = [it for it in labels["labels"] if slot in (it.get("slots") or [])] or labels["labels"]
    intent = asking[0]["name"]
    page.click("#intent-context summary")
    page.select_option("#context-intent", intent)
    page.fill("#context-slot", slot)
    send(page, "48213")
    context = {"intent": intent, "asked_slot": slot}
    (result,) = console.ask("/v1/intent", {"text": "48213", "context": context})["results"]
    assert [it["name"] for it in result["slots"]] == [slot]
    expect(page.locator("mark.slot")).to_have_text(f"48213 {slot}")
    expect(page.locator(".verdict")).to_contain_text(f"answer about: {readable(intent)}")


def slot_of(text, words, name, value=None):
    start = text.index(words)
    place = {"start": start, "end": start + len(words)}
    return {"name": name, "text": words, "value": value, "confidence": 0.9, **place}


def test_slots_are_marked_where_they_are_and_missing_ones_asked_for(console, answered):
    page = console.open("intent")
    intent = console.ask("/v1/intent/labels")["labels"][0]["name"]
    text = "🎁🎁 Zwei Vasen <b>für</b> 30 € bis morgen"
    date = slot_of(text, "morgen", "date", "2026-01-02")
    slots = [date, slot_of(text, "30 €", "price", "30 EUR")]
    result = {
        "intent": {"name": intent, "confidence": 0.9},
        "alternatives": [],
        "abstained": None,
        "slots": slots,
        "missing_slots": ["order_number"],
    }
    answered("/v1/intent", {"model": "m@1", "results": [result], "warnings": ["Said to you."]})
    send(page, text)
    assert page.locator("mark.slot").all_inner_texts() == ["30 € price", "morgen date"]
    cells = page.locator("tbody tr").first.locator("td").all_inner_texts()
    assert cells == ["morgen", "2026-01-02", "90 %"]
    expect(page.locator(".marked")).to_contain_text("<b>für</b>")  # as text, not as markup
    expect(page.locator(".note")).to_contain_text("Said to you.")
    page.get_by_role("button", name="order number").click()
    expect(page.locator("#intent-text")).to_be_focused()
    with page.expect_request("**/v1/intent") as sent:
        send(page, "48213")
    known = {"date": "2026-01-02", "price": "30 EUR"}
    context = {"intent": intent, "slots": known, "asked_slot": "order_number"}
    assert sent.value.post_data_json["context"] == context


def test_two_wishes_and_a_denied_one_are_named(console, answered):
    page = console.open("intent")
    text = "Cancel it and send me the bill"
    wishes = [
        {"name": "cancel_it", "confidence": 0.9, "span": {"start": 0, "end": 9}},
        {"name": "get_bill", "confidence": 0.8, "span": {"start": 14, "end": 30}},
    ]
    abstained = {"reason": "ambiguous", "detail": "Two wishes.", "competing": wishes}
    result = {"intent": None, "alternatives": [], "abstained": abstained}
    answered("/v1/intent", {"model": "m@1", "results": [result], "warnings": []})
    send(page, text)
    assert page.locator(".ranked small").all_inner_texts() == ["“Cancel it”", "“send me the bill”"]
    denied = {"name": "cancel_it", "confidence": 0.9}
    result["abstained"] = {"reason": "denied", "detail": "Not wanted.", "denied": denied}
    answered("/v1/intent", {"model": "m@1", "results": [result], "warnings": []})
    send(page, "do not cancel it")
    expect(page.locator(".verdict")).to_contain_text("Not wanted: cancel it, 90 %")


def test_a_translation_stands_beside_its_text_with_what_was_kept(console):
    page = console.open("translation")
    page.select_option("#target", "de")
    page.get_by_role("button", name="Mail").click()
    shown = page.locator("#translation-result .texts")
    shown.wait_for()
    text = page.input_value("#translation-text")
    (translation,) = console.ask("/v1/translate", {"text": text, "target": "de"})["translations"]
    assert shown.text_content() == translation["text"]
    kept = set(page.locator("#translation-result mark.kept").all_inner_texts())
    assert kept >= {"{name}", "48213", "https://shop.example/t/48213"}
    assert kept == set(page.locator("#translation-marks .texts mark.kept").all_inner_texts())
    expect(page.locator("#translation-direction")).to_have_text(
        re.compile(r"English, [\d.]+ % sure → German")
    )


def test_glossary_markup_and_other_translations(console):
    page = console.open("translation")
    page.select_option("#target", "fr")
    page.get_by_role("button", name="Markup").click()
    expect(page.locator("#translation-result .texts")).to_contain_text("<b>")
    assert page.locator("#translation-result b").count() == 0
    page.get_by_role("button", name="Glossary").click()
    expect(page.locator("#translation-result mark.term")).to_have_text("Cloud Runner")
    page.get_by_text("Glossary and options").click()
    page.fill("#alternatives", "2")
    page.fill("#keep", "Nova, Cloud")
    with page.expect_request("**/v1/translate") as sent:
        page.get_by_role("button", name="Translate", exact=True).click()
    assert sent.value.post_data_json["keep"] == ["Nova", "Cloud"]
    expect(page.locator(".others li")).to_have_count(2)
    page.get_by_role("button", name="Remove this term").click()
    page.locator("#translation-text").press("Control+Enter")
    expect(page.locator("#translation-result mark.term")).to_have_count(0)


def test_what_should_be_read_is_told_and_marked(console, answered):
    page = console.open("translation")
    sentence = "This is NOT a toy (3 years)."
    reason = {"reason": "negation", "detail": "One of both has none.", "sentence": sentence}
    translation = {"text": "Das ist Spielzeug.", "target": "de", "review": True}
    translation |= {"review_reasons": [reason], "source": {"language": "en", "confidence": 0.9}}
    answered("/v1/translate", {"model": "m@1", "translations": [translation], "warnings": ["Hm."]})
    page.fill("#translation-text", f"Hello. {sentence}")
    page.get_by_role("button", name="Translate", exact=True).click()
    expect(page.locator(".review")).to_contain_text("negation: One of both has none.")
    expect(page.locator("#translation-marks mark.doubtful")).to_have_text([sentence, "to be read"])
    expect(page.locator("#translation-result")).to_contain_text("Hm.")


def test_what_is_left_as_it_was_says_why(console):
    page = console.open("translation")
    page.get_by_role("button", name="Translate", exact=True).click()
    (translation,) = console.ask("/v1/translate", {"text": "", "target": "de"})["translations"]
    expect(page.locator("#translation-result")).to_contain_text(
        translation["untranslated"]["detail"]
    )


def test_languages_are_those_that_the_service_names(console):
    page = console.open("translation")
    languages = console.ask("/v1/languages")["languages"]
    options = page.locator("#source option").evaluate_all("all => all.map(it => it.value)")
    assert options == ["", *(it["code"] for it in languages)]
    for language in languages:
        page.select_option("#source", language["code"])
        served = page.locator("#target option").evaluate_all("all => all.map(it => it.value)")
        assert served == language["targets"]
    page.select_option("#source", "en")
    page.select_option("#target", "fr")
    page.click("#swap")
    assert (page.input_value("#source"), page.input_value("#target")) == ("fr", "en")


def titles(page):
    return page.locator("#recommendation-result .items .title").all_inner_texts()


def choose(page, name):
    """Click a product, and wait for what it changes."""
    with page.expect_response("**/v1/recommendations"):
        page.locator("#products").get_by_role("button", name=name).click()
    page.locator("#recommendation-result:not([aria-busy])").wait_for(state="attached")


def test_recommendations_follow_what_is_clicked(console):
    page = console.open("recommendation")
    before = titles(page)
    popular = console.ask("/v1/items/popular?k=24")["items"]
    assert page.locator("#products small").all_inner_texts() == [it["item_id"] for it in popular]
    choose(page, popular[1]["item_id"])
    page.get_by_text("purchase", exact=True).first.click()
    choose(page, popular[4]["item_id"])
    history = [
        {"item_id": popular[1]["item_id"], "event": "view"},
        {"item_id": popular[4]["item_id"], "event": "purchase"},
    ]
    request = {"history": history, "k": 8, "explain": True}
    items = console.ask("/v1/recommendations", request)["items"]
    assert titles(page) == [it["title"] for it in items] != before
    reasons = [it for it in items if it["because"]]
    expect(page.locator(".because")).to_have_count(len(reasons))
    first = page.locator(".because").first
    assert first.inner_text().startswith("because of ")
    assert any(it["title"] in first.inner_text() for it in (popular[1], popular[4]))
    assert page.locator(".moved.new").count() > 0
    with page.expect_response("**/v1/recommendations"):
        page.get_by_role("button", name=f"Remove {popular[1]['title']}").click()
    expect(page.locator("#history li")).to_have_count(1)
    with page.expect_response("**/v1/recommendations"):
        page.get_by_role("button", name="Clear").click()
    expect(page.locator("#history-empty")).to_be_visible()
    page.locator("#recommendation-result:not([aria-busy])").wait_for(state="attached")
    assert titles(page) == before


def test_similar_products_can_be_looked_at_and_left_again(console):
    page = console.open("recommendation")
    item = console.ask("/v1/recommendations", {"k": 8})["items"][0]
    similar = console.ask(f"/v1/items/{item['item_id']}/similar?k=24")["items"]
    page.get_by_role("button", name=f"Similar to {item['title']}").click()
    expect(page.locator("#products small").first).to_have_text(similar[0]["item_id"])
    expect(page.locator("#products-title")).to_have_text(f"Like {item['title']}")
    page.get_by_role("button", name="Popular again").click()
    expect(page.locator("#products-title")).to_have_text("Popular products")


def test_options_of_a_recommendation_are_sent(console):
    page = console.open("recommendation")
    page.uncheck("#exclude-seen")
    page.fill("#diversity", "0.5")
    page.fill("#k", "3")
    with page.expect_request(
        lambda it: it.url.endswith("/recommendations") and "price" in (it.post_data or "")
    ) as sent:
        page.fill("#filter", '{"field": "price", "lte": 2}')
    body = sent.value.post_data_json
    wanted = {"k": 3, "diversity": 0.5, "exclude_seen": False}
    assert {name: body[name] for name in wanted} == wanted
    assert body["filter"] == {"field": "price", "lte": 2}
    expect(page.locator("#recommendation-result .items li")).to_have_count(3)
