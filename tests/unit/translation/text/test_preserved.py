"""What comes through a translation unchanged, whatever the model writes around it."""

import re

import pytest

from functions.translation.schemas import TranslateRequest
from functions.translation.service import get_service
from functions.translation.text.spans import keeps_numbers

TARGETS = ["de", "fr", "es"]


def english(text, target, **fields):
    request = TranslateRequest(text=text, source="en", target=target, **fields)
    (outcome,) = get_service().translate([request])
    return outcome.translations[0]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "token",
    [
        *("{name}", "%s", "%(count)d", "{{x}}", "https://example.com/a?b=1", "anna@example.com"),
        *("$12.50", "12,50 €", "#12345", "A-4711", "2024-05-01", "🎉", "⟦0⟧", "\U000f0000"),
    ],
)
def test_a_token_comes_through_once(token, target):
    text = f"Dear customer, please look at {token} before you pay."
    found = english(text, target).text
    assert found.count(token) == 1
    assert found != text
    assert re.search("[⟦⟧\U000f0000-\U000ffffd]", found.replace(token, "")) is None


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("It works with iOS 17.2, macOS 14.1 and Windows 11.", ["iOS 17.2", "macOS 14.1"]),
        ("It has Bluetooth 5.3 and USB 3.0.", ["Bluetooth 5.3", "USB 3.0"]),
        ("A case for the iPhone 15 Pro Max", ["iPhone 15 Pro Max"]),
        ("We deliver within 48 h.", ["48 h"]),
        ("Call +49 30 373941 21°C today.", ["+49 30 373941", "21°C"]),
        ("Call +49 30 985994 8 42 x 99 cm today.", ["42 x 99 cm"]),
        ("It costs €52 851°C today.", ["851°C"]),
        ("Keep it between −20 °C and +40 °C.", ["−20 °C", "+40 °C"]),
    ],
)
def test_versions_models_and_signs_of_measures_come_through(text, kept, target):
    found = english(text, target).text
    assert [part for part in kept if part not in found] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Contents: 1 × kettle, 2x cups", "Inhalt: 1 × Wasserkocher, 2x Tassen"),
        ("Delivery time: 2–3 working days", "Lieferzeit: 2–3 Werktage"),
        ("Free returns within 30 days; batteries not included.",
         "Kostenlose Rücksendung innerhalb von 30 Tagen; Batterien nicht enthalten."),
    ],
)  # fmt: skip
def test_counts_and_what_stands_beside_a_colon_or_semicolon_are_read_apart(text, expected):
    assert english(text, "de").text == expected


@pytest.mark.parametrize("target", TARGETS)
def test_many_tokens_of_one_sentence_come_through_in_full(target):
    tokens = [f"{{t{number}}}" for number in range(12)]
    found = english(f"Please send {' and '.join(tokens)} to my house.", target).text
    assert sorted(re.findall(r"\{t\d+\}", found)) == sorted(tokens)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "text",
    [
        "We have 3 red shoes and 25 blue shirts in stock.",
        "Order 1 of 3: we sent 2 boxes on 12/05/2024, {name}, %s, {{x}}, a@b.co, $12.50, A-123, 🎉",
        "The price fell by 15.5 % in 2 days.",
    ],
)
def test_numbers_come_through(text, target):
    assert keeps_numbers(text, english(text, target).text)


@pytest.mark.parametrize("target", TARGETS)
def test_lines_bullets_and_spacing_are_kept(target):
    text = "  Hello!\n\n- Red shoes\r\n-  Blue shirts  \n\n1) The price is good.\n"
    found = english(text, target).text
    pattern = r"  \S.*\n\n- \S.*\r\n-  \S.*\S  \n\n1\) \S.*\n"
    assert re.fullmatch(pattern, found)


HTML = (
    '<div class="big"><p>We sold <b>red shoes</b> to the <a href="/where?is=my&amp;order">man</a>.'
    "</p><!-- where is my order --><br/>5 &lt; 6 &amp; 7 &nbsp;&copy; <code>where is</code>"
    "<span class='notranslate'>Cloud Runner</span><script>if (a < b) {}</script></div>"
)


@pytest.mark.parametrize("target", TARGETS)
def test_html_keeps_its_tags_attributes_and_entities(target):
    found = english(HTML, target, format="html").text
    tags = re.compile(r"<(?:[a-z/!][^<>]*)>")
    assert sorted(tags.findall(found)) == sorted(tags.findall(HTML))
    assert tags.sub("", found) != tags.sub("", HTML)
    for kept in ("&nbsp;", "&copy;", "<code>where is</code>", ">Cloud Runner<", "if (a < b) {}"):
        assert kept in found
    text = re.sub(r"<script>.*?</script>", "", found)
    assert re.findall(r"&(?!\w+;)|<(?![a-z/!])", text) == []
    assert re.search(r"<b>[^<]*\w[^<]*</b>", found)


@pytest.mark.parametrize("target", TARGETS)
def test_numbers_and_signs_of_html_come_through(target):
    found = english("<p>The number 5 &lt; 6 is right.</p>", target, format="html").text
    assert sorted(re.findall(r"\d+", found)) == ["5", "6"]


def test_a_line_break_inside_of_a_paragraph_ends_no_sentence():
    broken, whole = "<p>\n  Where is\n  my order?\n</p>", "<p>\n  Where is my order?\n</p>"
    assert english(broken, "de", format="html") == english(whole, "de", format="html")
    assert english(broken, "de", format="html").text == "<p>\n  Wo ist meine Bestellung?\n</p>"


def test_a_link_in_html_keeps_its_entities():
    link = "https://example.com/?a=1&amp;copy=2"
    assert link in english(f"<p>Please look at {link} now.</p>", "de", format="html").text


def test_what_the_model_writes_in_html_is_escaped():
    found = english("<p>Tom &amp; Jerry &lt; Anna</p>", "de", format="html").text
    assert re.findall(r"&(?!(?:amp|lt|gt);)", found) == []
    assert re.findall(r"<(?!/?p>)", found) == []


@pytest.mark.parametrize("target", TARGETS)
def test_a_glossary_term_is_used_and_reported(target):
    glossary = [
        {"source": "cloud runner", "target": "Wolkenläufer"},
        {"source": "gift card", "target": "Gutschein"},
    ]
    text = "The cloud runner is new. I like my CLOUD RUNNER a lot."
    found = english(text, target, glossary=glossary)
    assert "Wolkenläufer" in found.text
    assert "WOLKENLÄUFER" in found.text
    assert "runner" not in found.text.lower()
    (applied,) = found.glossary_applied
    assert (applied.source, applied.target, applied.count) == ("cloud runner", "Wolkenläufer", 2)
    assert english(text, target).glossary_applied is None


def test_a_glossary_is_kept_by_way_of_english():
    glossary = [{"source": "Rucksack", "target": "sac"}]
    request = TranslateRequest(
        text="Wo ist mein Rucksack?", source="de", target="fr", glossary=glossary
    )
    (outcome,) = get_service().translate([request])
    (found,) = outcome.translations
    assert "sac" in found.text
    assert [term.count for term in found.glossary_applied or []] == [1]
