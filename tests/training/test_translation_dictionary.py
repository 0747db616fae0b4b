import gzip

import pytest

from functions.translation.text.dictionary import Table
from training.errors import DataError
from training.translation import dictionary, meanings
from training.translation.agreement import nouns


def test_the_served_table_is_the_written_one():
    """Run `python -m training.translation.dictionary --written-only` after a change."""
    served = gzip.decompress((meanings.OUT / "dictionary.txt.gz").read_bytes()).decode()
    assert served == dictionary.table(dictionary.written())


def test_every_row_has_forms_in_each_language():
    rows = dictionary.written()
    assert len(rows) > 9_000
    firsts = [row[0][0] for row in rows]
    assert len(firsts) == len({*firsts})
    for row in rows:
        for cell in row:
            assert len(cell) == len({*cell})
            assert not any(character in form for form in cell for character in "()[]{}/0123456789")


@pytest.mark.parametrize("line", ["a\tb\tc", "a\tb\tc\t", "a;;b\tc\td\te"])
def test_a_row_that_cannot_be_read_is_told(tmp_path, line):
    path = tmp_path / "mine.tsv"
    path.write_text(f"one\teins\tun\tuno\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.tsv, line 2: 4 cells"):
        dictionary.written(path)


LINES = [
    [
        "The kettle is hot.",
        "Der Wasserkocher ist heiß.",
        "La bouilloire est chaude.",
        "El hervidor",
    ],
    ["A kettle for tea", "Ein Wasserkocher für Tee", "Une bouilloire à thé", "Un hervidor de té"],
    ["KETTLE", "WASSERKOCHER", "BOUILLOIRE", "HERVIDOR"],
    ["A cup for tea", "Eine Tasse für Tee", "Une tasse à thé", "Una taza de té"],
    ["Cups", "Tassen", "Tasses", "Tazas"],
]


def test_words_have_the_case_that_they_have_within_sentences():
    found = dictionary.words_as_written([line[1] for line in LINES])
    assert found[0] == ["Der", "Wasserkocher", "ist", "heiß"]  # nowhere small
    assert found[2] == ["Wasserkocher"]


def test_what_is_seen_together_is_counted():
    columns = [dictionary.words_as_written([line[at] for line in LINES]) for at in (0, 1)]
    counts = dictionary.counted(*columns)
    assert counts["kettle"][0] == "Wasserkocher"
    assert "cup" not in counts  # seen once


def packed(rows):
    return Table(gzip.compress(dictionary.table(rows).encode()))


NOTHING = packed([[["zzz"], ["Zzz"], ["zzz"], ["zzz"]]])


def test_a_line_for_each_word_of_each_language():
    found = dictionary.rows_counted(LINES, {}, NOTHING)
    assert [["kettle"], ["Wasserkocher"], ["bouilloire"], ["hervidor"]] in found["en"]
    assert [["kettle"], ["Wasserkocher"], ["bouilloire"], ["hervidor"]] in found["fr"]


def test_words_that_texts_often_have_are_left_to_the_model():
    often = {"en": {"kettle": 50.0}, "de": {}, "fr": {}, "es": {}}
    found = dictionary.rows_counted(LINES, often, NOTHING)
    assert not [row for row in found["en"] if row[0] == ["kettle"]]
    assert [row for row in found["de"] if row[1] == ["wasserkocher"]]


def test_what_the_written_dictionary_says_is_not_said_twice():
    known = packed([[["kettle"], ["Wasserkocher"], ["théière"], ["hervidor"]]])
    found = dictionary.rows_counted(LINES, {}, known)
    assert [["kettle"], [], ["bouilloire"], []] in found["en"]


def test_a_common_form_is_written_and_not_looked_up():
    known = packed([[["purlin"], ["Pfette"], ["panne"], ["~correa"]]])
    assert known.forms("purlin", "en", "es") == ["correa"]
    assert known.forms("correa", "es", "en") is None
    assert known.forms("pfette", "de", "es") == ["correa"]


def test_a_folder_without_the_texts_is_refused_before_anything_is_written(tmp_path, capsys):
    before = (meanings.OUT / "dictionary.txt.gz").stat().st_mtime_ns
    with pytest.raises(SystemExit) as refused:
        dictionary.main(["--data-dir", str(tmp_path)])
    assert refused.value.code == 2
    told = capsys.readouterr().err
    assert str(tmp_path / "mt" / "own") in told
    assert "give the folder that holds mt/" in told
    assert (meanings.OUT / "dictionary.txt.gz").stat().st_mtime_ns == before


def test_the_served_genders_are_those_of_the_nouns():
    """Run `python -m training.translation.dictionary --written-only` after a change."""
    served = gzip.decompress((meanings.OUT / "genders.txt.gz").read_bytes()).decode()
    assert served == dictionary.genders_table(nouns())
