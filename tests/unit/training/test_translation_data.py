"""Reading, turning, filtering and splitting sentence pairs; no torch needed."""

import gzip

import pytest

from training.errors import DataError
from training.translation import datasets, golden
from training.translation.__main__ import build_parser, main, recorded_command
from training.translation.config import Options
from training.translation.data import load, read_file
from training.translation.pairs import Pair, usable


def arguments(*more):
    return Options(**vars(build_parser().parse_args([*map(str, more)])))


@pytest.fixture
def pairs_file(tmp_path):
    path = tmp_path / "mine.en-de.tsv"
    lines = [f"I have {n} shoes.\tIch habe {n} Schuhe.\n" for n in range(300)]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_a_name_tells_the_direction_whichever_way_is_asked_for(pairs_file):
    assert read_file(pairs_file, ["en"], ["de"])[0].target == "Ich habe 0 Schuhe."
    assert read_file(pairs_file, ["de"], ["en"])[0].target == "I have 0 shoes."
    with pytest.raises(DataError, match="name it like"):
        read_file(pairs_file, ["en"], ["fr"])


def test_a_plain_name_takes_the_direction_of_the_command(tmp_path):
    path = tmp_path / "mine.tsv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.write("Hello.\tBonjour.\n")
    assert read_file(path, ["en"], ["fr"]) == [Pair("Hello.", "Bonjour.", "en", "fr")]
    with pytest.raises(DataError):
        read_file(path, ["en"], ["fr", "de"])


def test_held_out_pairs_are_not_trained_on(pairs_file):
    data = load(arguments("--pairs", pairs_file, "--source", "en", "--target", "de"))
    held_out = data.held_out["held out"]
    assert 0 < len(held_out) < 60
    assert len(held_out) + len(data.train) == 300
    assert not {p.source for p in held_out} & {p.source for p in data.train}


def test_test_pairs_are_reported_whole_and_watched_in_part(pairs_file):
    data = load(
        arguments("--pairs", pairs_file, "--test", pairs_file, "--source", "de", "--target", "en")
    )
    assert {name: len(found) for name, found in data.test.items()} == {"mine de-en": 300}
    assert {name: len(found) for name, found in data.held_out.items()} == {"mine de-en": 150}


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        ("Hello.", "Hallo.", True),
        ("", "Hallo.", False),
        ("Hello there my friend.", "Hello there my friend.", False),
        ("OK", "OK", True),
        ("Yes.", "Das ist ein viel zu langer Satz, der nichts mit dem anderen zu tun hat.", False),
        ("word " * 40, "Wort " * 40, False),
    ],
)
def test_pairs_that_teach_nothing_are_left_out(source, target, fits):
    assert usable(Pair(source, target, "en", "de"), 32) is fits


def test_the_project_s_phrases_are_whole_and_apart_from_the_golden_sentences():
    for name in datasets.PHRASES:
        rows = datasets.read_tsv(golden.DEFAULT.parent / name)
        assert len(rows) > 400
        assert all(len(row) == 4 and all(map(str.strip, row)) for row in rows)
        phrases = {text.strip().lower() for row in rows for text in row}
        english = golden.read_golden(golden.DEFAULT, ["en"], ["de", "fr", "es"])
        assert not phrases & {example.source.lower() for example in english}


def test_golden_sentences_are_there_for_every_direction():
    for source, target in [(a, "en") for a in ("de", "fr", "es")]:
        for one, other in ((source, target), (target, source)):
            examples = golden.read_golden(golden.DEFAULT, [one], [other])
            assert len(examples) == 10
            assert all(example.accepted for example in examples)


def test_the_recorded_command_names_no_folder_of_this_machine():
    given = ["--dataset", "retail", "--data-dir", "/x/y", "--test", "/x/y/mt/dev/a.tsv"]
    given += ["--base", "/x/z", "--work-dir", "/tmp/w", "--resume", "--out", "layers/a"]
    assert recorded_command(given) == (
        "python -m training.translation --dataset retail --data-dir DATA_DIR "
        "--test DATA_DIR/mt/dev/a.tsv --base BASE --out layers/a"
    )


def test_a_missing_collection_is_told(tmp_path, capsys):
    asked = ["--dataset", "retail", "--source", "en", "--target", "de"]
    assert main(asked) == 2
    assert "--data-dir" in capsys.readouterr().err
    assert main([*asked, "--data-dir", str(tmp_path)]) == 2
    assert "tatoeba" in capsys.readouterr().err
