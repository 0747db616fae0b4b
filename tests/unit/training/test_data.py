import pytest

from training.errors import DataError
from training.intent.data import from_csv
from training.intent.examples import (
    DataWarning,
    check_training_rows,
    label_names,
    read_csv,
    split_rows,
)


@pytest.fixture
def write(tmp_path):
    def to_file(content, encoding="utf-8"):
        path = tmp_path / "mine.csv"
        path.write_bytes(content.encode(encoding))
        return path

    return to_file


def rows(*pairs):
    return "text,intent\n" + "".join(f'"{text}",{intent}\n' for text, intent in pairs)


def test_a_plain_file_is_read(write):
    path = write(rows(("where, is it", "track"), ("hi", "OOS")))
    assert read_csv(path) == [("where, is it", "track"), ("hi", "out_of_scope")]


def test_a_byte_order_mark_and_quoted_line_breaks_are_fine(write):
    assert read_csv(write('\ufefftext,intent\n"two\nlines",a\n')) == [("two\nlines", "a")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no column 'text' and 'intent'"),
        ("utterance,intent\nhi,a\n", "no column 'text'"),
        ("text,intent\n", "no examples"),
        ("text,intent\nhi,a\n  ,b\n", "line 3: empty text"),
        ("text,intent\nhi,\n", "line 2: empty intent"),
        ("text,intent\nhi\n", "line 2: empty intent"),
    ],
)
def test_what_is_wrong_is_named(write, content, message):
    with pytest.raises(DataError, match=message):
        read_csv(write(content))


def test_another_encoding_is_named_with_its_line(write):
    with pytest.raises(DataError, match="line 3: not UTF-8"):
        read_csv(write("text,intent\nhi,a\nschöne Grüße,b\n", "cp1252"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.csv: no such file"):
        read_csv(tmp_path / "nothing.csv")


def test_one_intent_only_is_refused():
    with pytest.raises(DataError, match="at least two"):
        check_training_rows([("a", "x"), ("b", "x"), ("c", "out_of_scope")], "mine")


def test_a_single_example_is_refused_by_name():
    with pytest.raises(DataError, match="lonely"):
        check_training_rows([("a", "x"), ("b", "x"), ("c", "lonely")], "mine")


def test_two_labels_for_one_text_are_warned_about():
    given = [("hi", "a"), ("Hi ", "b"), ("hi", "a"), *((f"t{i}", "ab"[i % 2]) for i in range(40))]
    with pytest.warns(DataWarning, match=r"1 texts .*'hi': a \(2\), b \(1\)"):
        kept = check_training_rows(given, "mine")
    assert ("hi", "a") in kept
    assert len(kept) == 41


def test_few_examples_are_warned_about():
    with pytest.warns(DataWarning, match="fewer than 10 texts for a, b"):
        check_training_rows([("1", "a"), ("2", "a"), ("3", "b"), ("4", "b")], "mine")


def test_a_split_keeps_an_example_of_every_intent_on_both_sides():
    given = [
        (f"{intent}{i}", intent) for intent in "abc" for i in range(2 if intent == "a" else 30)
    ]
    kept, held = split_rows(given, 0.1, seed=1)
    assert {intent for _, intent in kept} == {intent for _, intent in held} == set("abc")
    assert sorted(kept + held) == sorted(given)


def test_out_of_scope_comes_last():
    assert label_names([("t", "z"), ("t", "out_of_scope"), ("t", "a")])[-1] == "out_of_scope"


def test_a_test_file_with_an_unknown_intent_is_refused(write, tmp_path):
    train = write(rows(*((f"t{i}", "ab"[i % 2]) for i in range(40))))
    test = tmp_path / "test.csv"
    test.write_text("text,intent\nhello,c\n")
    with pytest.raises(DataError, match="not: c"):
        from_csv(train, test, seed=0)


def test_texts_of_the_test_file_are_left_out_of_training(write, tmp_path):
    train = write(rows(*((f"t{i}", "ab"[i % 2]) for i in range(40))))
    test = tmp_path / "test.csv"
    test.write_text("text,intent\nT0,a\nnew,b\n")
    with pytest.warns(DataWarning, match="1 texts are also in the test file"):
        dataset = from_csv(train, test, seed=0)
    assert "t0" not in dataset.train.texts + dataset.validation.texts
    assert len(dataset.test["test"]) == 2
