"""The confidence of translations: fitted to judgements, written into a served folder."""

import math
import random
import shutil

import pytest

from functions.translation.confidence import Calibration, Known
from shared.models.folder import model_folders
from shared.models.spec import read_spec
from shared.settings import get_settings
from training.errors import DataError
from training.translation import calibrating
from training.translation.__main__ import main
from training.translation.calibrating import Seen, fit, least_sure, reliability
from training.translation.judgements import read_judgements
from training.translation.pairs import Pair

pytestmark = pytest.mark.filterwarnings("default")

HEADER = "source\ttarget\ttext\ttranslation\tverdict\n"
GOOD, BAD = Pair("a", "ein Satz, der stimmt", "en", "de"), Pair("a", "etwas anderes", "en", "de")


def lines(count):
    """Lines that are the likelier right the likelier the model finds them, and half of them are."""
    rng = random.Random(3)
    found = []
    for _ in range(count):
        score = -2 * rng.random()
        right = rng.random() < 1 / (1 + math.exp(-6 * (score + 1)))
        seen = Seen(GOOD if right else BAD, [Known(score, 0.0, 0.0, 1.0)], GOOD.target)
        found.append((seen, right))
    return found


def test_a_fit_says_right_as_often_as_it_is():
    judged = lines(600)
    calibration = fit([seen for seen, _ in judged], judged)
    assert 4 < calibration.score < 9
    sure = [right for seen, right in judged if least_sure(calibration, seen) >= 0.8]
    assert sum(sure) / len(sure) > 0.85
    found = reliability(judged, lambda half: fit([seen for seen, _ in judged], half))
    assert (found.lines, found.error < 0.08) == (600, True)
    assert found.sure_right / found.sure > 0.85


def test_a_line_is_as_sure_as_its_least_sure_sentence():
    sure, unsure = Known(-0.1, 0.0, 0.0, 1.0), Known(-2.0, 0.0, 0.0, 1.0)
    line = Seen(GOOD, [sure, unsure, sure], "")
    assert least_sure(Calibration(), line) == Calibration().probability(unsure)


def test_a_model_is_calibrated_by_command(tmp_path, capsys):
    whole = next(iter(model_folders(get_settings().model_dir("translation")).values()))
    folder = shutil.copytree(whole, tmp_path / "model")
    before = read_spec(folder)
    pairs = [
        Pair(text, translation, "en", "de")
        for text, translation in (
            ("Where is my order?", "Wo ist meine Bestellung?"),
            ("The jacket is too small.", "Die Jacke ist zu klein."),
            ("Do you have this shirt in blue?", "Haben Sie dieses Hemd in Blau?"),
            ("Hapax quibbles fray the snood anon.", "Nichts davon stimmt."),
            ("The gimp piping jibs akimbo.", "Auch das stimmt nicht."),
            ("Yaw the scuppers, ye lubber.", "Und das schon gar nicht."),
        )
    ]
    test = tmp_path / "mine.en-de.tsv"
    test.write_text("".join(f"{pair.source}\t{pair.target}\n" for pair in pairs))
    judged = tmp_path / "judged.tsv"
    seen = calibrating.observe(folder, pairs)
    judged.write_text(
        HEADER
        + "".join(
            f"en\tde\t{line.pair.source}\t{line.text}\t{'right' if number < 3 else 'wrong'}\n"
            for number, line in enumerate(seen)
        )
    )
    arguments = ["calibrate", "--model", str(folder), "--test", str(test), "--judged", str(judged)]
    assert main(arguments) == 0
    assert "3 of 6 judged lines are right" in capsys.readouterr().out
    after = read_spec(folder)
    assert after.version != before.version
    assert Calibration.read(after.parameters) != Calibration.read(before.parameters)
    judged.write_text(HEADER + "en\tde\tWhere is my order?\tEtwas anderes\tright\n")
    assert main(arguments) == 2
    assert "judge its translations anew" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HEADER, "holds no judgements"),
        (HEADER + "en\tde\ta\tb\tgood\n", "right, partly, wrong"),
        ("source\ttarget\ttext\nen\tde\ta\n", "lacks the column translation"),
    ],
)
def test_a_file_of_judgements_that_cannot_be_used_is_told(tmp_path, content, told):
    path = tmp_path / "judged.tsv"
    path.write_text(content)
    with pytest.raises(DataError, match=told):
        read_judgements(path)
