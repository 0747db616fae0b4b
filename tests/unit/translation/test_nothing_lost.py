"""Codes, variables, numbers and names put into sentences: none lost, changed or doubled."""

import random
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.translation_kept import faults, made, some_tokens, with_tokens
from functions.translation.schemas import TranslateRequest
from functions.translation.service import get_service
from functions.translation.text.attempts import Scored
from functions.translation.translator import Translator

SENTENCES = [
    *("Where is my order?", "The shoes are too small.", "Please send it to my house today."),
    *("We sell lamps, rugs and mirrors.", "This is not a toy.", "Thank you for your message."),
    *("Kind regards, your team", "FREE SHIPPING", "Dark Green", "Do not wash with bleach."),
]


@st.composite
def texts(draw):
    """A sentence with tokens between its words, and these."""
    tokens = [token for _, token in draw(some_tokens())]
    dice = draw(st.randoms(use_true_random=False))
    return with_tokens(draw(st.sampled_from(SENTENCES)), tokens, dice), tokens


def echo(text):
    return text


def losing(text):
    return re.sub("⟦.⟧ ?", "", text)


def doubling(text):
    return f"{text} {text}"


def other_numbers(text):
    return re.sub(r"(?<!⟦)\d+(?!⟧)", "7", text)


def letters_alone(text):
    return re.sub(r"[^a-zA-Z ]", "", text)


@pytest.mark.parametrize("model", [echo, losing, doubling, other_numbers, letters_alone])
def test_whatever_the_model_writes(model, monkeypatch):
    get_service()  # whose models are tried before one is put in their place
    monkeypatch.setattr(
        Translator,
        "_run",
        lambda self, texts, beams, best: [[Scored(model(text))] for text in texts],
    )

    @settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
    @given(texts(), st.sampled_from(["de", "fr", "es"]))
    def holds(made, target):
        check(made, target)

    holds()


# The same examples each time; the benchmark looks for others among thousands.
@settings(deadline=None, max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
@given(texts(), st.sampled_from(["de", "fr", "es"]))
def test_whatever_this_model_writes(made, target):
    check(made, target)


def check(made, target):
    text, tokens = made
    request = TranslateRequest(text=text, texts=None, source="en", target=target)
    (answer,) = get_service().translate([request])
    found = answer.translations[0].text
    assert faults(text, found, tokens, "en") == [], (text, found)
    wanted = Counter(re.findall(r"\d+", " ".join(tokens)))
    assert Counter(re.findall(r"\d+", found)) == wanted, (text, found)


PLAIN = {
    ("en", "de"): ["The kettle is broken and I want my money back.", "Blue cotton shirt"],
    ("en", "fr"): ["Your parcel will arrive tomorrow.", "Do not bend"],
    ("en", "es"): ["We sell pillows, rugs and mirrors.", "Kind regards, your team"],
    ("de", "en"): ["Ihre Bestellung ist unterwegs.", "Rote Schuhe für Damen"],
    ("fr", "en"): ["J'ai reçu six tasses blanches hier.", "Contient des noix."],
    ("es", "en"): ["El cargador no funciona desde ayer.", "Sillas de jardín"],
}


def test_a_fixed_part_of_the_benchmark_of_what_is_kept():
    """`benchmarks.translation_kept` does the same with thousands of sentences."""
    dice = random.Random(0)
    drawn = iter(made(60))
    for (source, target), sentences in PLAIN.items():
        tokens = [[token for _, token in next(drawn)] for _ in range(10)]
        texts = [with_tokens(dice.choice(sentences), some, dice) for some in tokens]
        request = TranslateRequest(texts=texts, source=source, target=target)
        (answer,) = get_service().translate([request])
        for text, one, some in zip(texts, answer.translations, tokens, strict=True):
            assert faults(text, one.text, some, source) == [], (text, one.text)
