"""A served intent model that is calibrated anew, without training."""

import shutil

import numpy as np
import pytest

from functions.intent.decision import rule_of
from functions.intent.wishes import TwoWishes
from shared.models.spec import read_spec, verify_files, write_spec
from shared.settings import get_settings
from training.intent import calibrating
from training.intent.__main__ import main
from training.intent.calibrate import least_sureness
from training.intent.calibrating import of_others, reliabilities

pytestmark = pytest.mark.filterwarnings("default")
SEEN_RIGHT = [
    ("track_order", "where is my order {}"),
    ("get_refund", "i want my money back for order {}"),
    ("out_of_scope", "what is {} times 7"),
    ("cancel_order", "cancel order {} please"),
]


def lines(number):
    return "".join(
        f"{intent}\t{text.format(place)}\n"
        for place in range(number // len(SEEN_RIGHT))
        for intent, text in SEEN_RIGHT
    )


@pytest.fixture
def served(tmp_path):
    return shutil.copytree(get_settings().model_dir("intent"), tmp_path / "model")


def with_parameters(folder, **changed):
    spec = read_spec(folder)
    parameters = {**spec.parameters, **changed}
    return write_spec(folder, spec.model_copy(update={"parameters": parameters}))


def calibrate(folder, test, *more):
    return main(["calibrate", "--model", str(folder), "--test", str(test), *map(str, more)])


def test_a_temperature_that_is_off_is_put_right(served, tmp_path, capsys):
    former = with_parameters(served, temperature=4.0)
    test, card = tmp_path / "mine.en.tsv", tmp_path / "card.md"
    test.write_text(lines(200), encoding="utf-8")
    card.write_text(
        f"Version `{former.version}`\n\n## Decision\n\n- old\n\n## int8 against fp32\n\nrest\n",
        encoding="utf-8",
    )
    assert calibrate(served, test, "--card", card) == 0
    shown, spec = capsys.readouterr().out, read_spec(served)
    assert "temperature and thresholds are new" in shown
    verify_files(served, spec)
    rule = rule_of(spec)
    assert rule.temperature < 2.0
    assert rule.denied == rule_of(former).denied
    assert (rule.apart == rule_of(former).apart).all()
    assert spec.version != former.version
    assert spec.training["calibrated"]["messages"] == 200
    content = card.read_text(encoding="utf-8")
    assert spec.version in content
    assert former.version not in content
    assert f"- temperature: {spec.parameters['temperature']}" in content
    assert "- old" not in content
    assert content.endswith("## int8 against fp32\n\nrest\n")


def test_what_cannot_be_calibrated_is_refused(served, tmp_path, capsys):
    few, unknown = tmp_path / "few.tsv", tmp_path / "unknown.tsv"
    few.write_text(lines(100), encoding="utf-8")
    unknown.write_text(lines(200) + "fly_home\ttake me home\n", encoding="utf-8")
    before = read_spec(served)
    assert calibrate(served, few) == 2
    assert "100 messages are too few" in capsys.readouterr().err
    assert calibrate(served, unknown) == 2
    assert "does not know fly_home" in capsys.readouterr().err
    assert calibrate(get_settings().model_dir("recommendation"), few) == 2
    assert read_spec(served) == before


def drawn(temperature, number=1_500):
    """Logits of messages that are right as often as they say with a temperature, and labels."""
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, (number, 5)).astype(np.float32)
    odds = np.exp(logits / temperature)
    odds /= odds.sum(axis=1, keepdims=True)
    labels = (rng.random((number, 1)) > odds.cumsum(axis=1)).sum(axis=1)
    return logits, labels.clip(0, 4)


def test_an_error_beyond_chance_is_told_and_gone_with_others_temperature():
    logits, labels = drawn(2.0)
    languages = ["en", "de", "fr"] * (len(labels) // 3)
    after = of_others(logits, labels)
    assert 1.8 < after.min() <= after.max() < 2.2
    found = reliabilities(logits, labels, languages, 1.0, after)
    assert set(found) == {"en", "de", "fr", "all"}
    for of in found.values():
        assert of.before > 2 * of.by_chance
        assert of.after < of.before / 2
    assert found["all"].messages == sum(found[code].messages for code in ("en", "de", "fr"))


def test_a_message_s_own_fold_does_not_choose_its_temperature():
    logits, labels = drawn(1.0, 50)
    changed = labels.copy()
    changed[:: calibrating.FOLDS] = (labels[:: calibrating.FOLDS] + 1) % 5
    one, other = of_others(logits, labels), of_others(logits, changed)
    assert (one[:: calibrating.FOLDS] == other[:: calibrating.FOLDS]).all()
    assert (one[1 :: calibrating.FOLDS] != other[1 :: calibrating.FOLDS]).all()


def test_one_in_a_hundred_messages_with_one_wish_may_be_taken_for_two():
    sure = [TwoWishes((0, 1), 5, (0.9, x / 1_000)) for x in range(600, 800)]
    assert least_sureness([*sure, *[None] * 200]) == pytest.approx(0.796)
    assert least_sureness([None] * 10) == 0.5
