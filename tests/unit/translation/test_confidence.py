import pytest

from functions.translation.confidence import LEAST_SURE, Calibration, Known
from functions.translation.engine import Engine
from functions.translation.schemas import TranslateRequest, TranslateResponse
from functions.translation.service import TranslationService, get_service
from tests.by_english import two_models

SURE = Known(score=-0.1, missing=0.0, faults=0.0, length=1.5)


def translation(service=None, **fields):
    (outcome,) = (service or get_service()).translate([TranslateRequest(**fields)])
    assert isinstance(outcome, TranslateResponse), outcome
    return outcome.translations[0]


def test_what_is_less_likely_or_lacks_words_or_has_faults_is_less_sure():
    calibration = Calibration()
    sure = calibration.probability(SURE)
    assert LEAST_SURE < sure < 1
    for worse in (
        Known(-1.5, 0.0, 0.0, 1.5),
        Known(-0.1, 0.5, 0.0, 1.5),
        Known(-0.1, 0.0, 1.0, 1.5),
    ):
        assert calibration.probability(worse) < sure
    assert calibration.probability(Known(-1e6, 0.0, 0.0, 1.0)) == 0.0


def test_weights_are_read_back_and_what_a_model_lacks_is_the_default():
    given = Calibration(1.0, 2.0, -3.0, -4.0, 0.5)
    assert Calibration.read({**given.written(), "d_model": 384}) == given
    assert Calibration.read({"confidence_base": 0.25}) == Calibration(base=0.25)
    assert Calibration.read({}) == Calibration()


def test_a_translation_says_how_sure_it_is():
    sure = translation(text="Where is my order?", source="en", target="de")
    unsure = translation(
        text="Hapax quibbles notwithstanding, the snood's gimp piping frays anon.",
        source="en",
        target="de",
    )
    assert 0.5 < sure.confidence <= 1
    assert unsure.confidence < sure.confidence
    assert sure.review is None
    assert "unsure" in {reason.reason for reason in unsure.review_reasons}


def test_a_text_is_as_sure_as_its_least_sure_sentence():
    texts = ["Where is my order?", "Hapax quibbles notwithstanding, the snood frays anon."]
    alone = [translation(text=text, source="en", target="de").confidence for text in texts]
    both = translation(text=" ".join(texts), source="en", target="de").confidence
    assert both == pytest.approx(min(alone), abs=0.02)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "Where is my order?", "source": "en", "beam_size": 1},  # no probabilities
        {"text": "42 !!!", "source": "en"},
        {"text": "Wo ist meine Bestellung?", "source": "de"},
    ],
)
def test_where_there_is_nothing_to_be_sure_of_none_is_told(fields):
    found = translation(target="de", **fields)
    assert found.confidence is None
    assert "confidence" not in found.model_dump()


def test_of_two_runs_in_turn_both_must_be_right(monkeypatch, tmp_path):
    monkeypatch.setattr(Engine, "certainty", lambda engine, hop: lambda known: 0.7)
    service = TranslationService(Engine(two_models(tmp_path), 1))
    found = translation(service, text="Wo ist meine Bestellung?", source="de", target="fr")
    assert found.confidence == pytest.approx(0.49)
