"""The command that translates a file, on real files and the real models."""

import csv
import json

import openpyxl
import polib
import pytest

from local import catalog

ORDER, BESTELLUNG = "Where is my order?", "Wo ist meine Bestellung?"


@pytest.fixture
def products(tmp_path):
    path = tmp_path / "products.csv"
    rows = [["1", ORDER], ["2", ""], ["3", 'A "quoted" cell,\nof two lines'], ["4", "x" * 10_001]]
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["sku", "text"], *rows])
    return path


def run(*arguments):
    return catalog.main([*map(str, arguments), "--target", "de", "--source", "en"])


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_column_is_translated_and_the_rest_kept(products):
    assert run(products) == 0
    rows = rows_of(products.with_name("products.de.csv"))
    assert [row["sku"] for row in rows] == ["1", "2", "3", "4"]
    assert (rows[0]["text"], rows[0]["text_de"], rows[0]["text_de_note"]) == (ORDER, BESTELLUNG, "")
    assert rows[1]["text_de"] == ""
    assert rows[2]["text_de"].count("\n") == 1
    assert not list(products.parent.glob("*.journal"))


def test_a_bad_row_keeps_its_text_with_a_note(products):
    assert run(products) == 0
    bad = rows_of(products.with_name("products.de.csv"))[3]
    assert bad["text_de"] == bad["text"]
    assert "10000 are allowed" in bad["text_de_note"].replace(",", "")


def test_json_lines_and_a_glossary(tmp_path):
    source, terms = tmp_path / "a.jsonl", tmp_path / "terms.csv"
    source.write_text(json.dumps({"id": 7, "title": "Cloud Runner shoes"}) + "\n")
    terms.write_text("source,target\ncloud runner,Wolkenläufer\n", encoding="utf-8")
    out = tmp_path / "b.jsonl"
    assert run(source, "--column", "title", "--glossary", terms, "--out", out) == 0
    row = json.loads(out.read_text(encoding="utf-8"))
    assert row["id"] == 7
    assert "Wolkenläufer" in row["title_de"]


def test_what_was_stopped_goes_on(tmp_path, monkeypatch, capsys):
    source, out = tmp_path / "many.csv", tmp_path / "out.csv"
    texts = [f"Order {n} is here." for n in range(10)]
    source.write_text("text\n" + "\n".join(texts) + "\n")
    monkeypatch.setattr(catalog, "BATCH_ROWS", 4)
    asked = []
    real = catalog.translate_batch

    def stopping(batch, options):
        if len(asked) == 1:
            asked.append(list(batch))
            raise KeyboardInterrupt
        asked.append(list(batch))
        return real(batch, options)

    monkeypatch.setattr(catalog, "translate_batch", stopping)
    assert run(source, "--out", out) == 130
    assert not out.exists()
    with out.with_name("out.csv.journal").open("a") as stream:
        stream.write('{"text": "cut sho')
    assert run(source, "--out", out) == 0
    assert "going on after 4 rows" in capsys.readouterr().err
    assert asked == [texts[:4], texts[4:8], texts[4:8], texts[8:]]
    found = rows_of(out)
    assert [row["text"] for row in found] == texts
    assert all(str(n) in row["text_de"] for n, row in enumerate(found))


def test_an_existing_file_is_replaced_only_when_asked_and_kept(products, capsys):
    out = products.with_name("products.de.csv")
    out.write_text("mine")
    assert run(products) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert run(products, "--overwrite") == 0
    assert products.with_name("products.de.csv.previous").read_text() == "mine"


def test_a_journal_of_another_job_is_not_continued(products, capsys):
    journal = products.with_name("products.de.csv.journal")
    journal.write_text('{"job": "another"}\n')
    assert run(products) == 2
    assert "another name for the output" in capsys.readouterr().err
    assert journal.exists()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "sku,name\n1,x\n", "there are: sku, name"),
        ("a.csv", "", "no rows"),
        ("a.txt", "text\nx\n", ".csv or .jsonl"),
        ("a.jsonl", '{"text": "x"}\n{"text"\n', "a.jsonl:2 is not JSON"),
        ("a.jsonl", "[1]\n", "must be a JSON object"),
    ],
)
def test_an_unusable_file_is_told(tmp_path, capsys, name, content, told):
    path = tmp_path / name
    path.write_text(content)
    assert run(path) == 2
    assert told in capsys.readouterr().err


def test_an_unknown_language_is_told_before_any_row(products, capsys):
    assert catalog.main([str(products), "--target", "xx"]) == 2
    assert "use one of" in capsys.readouterr().err
    assert not list(products.parent.glob("*.journal"))


def test_semicolons_a_byte_order_mark_and_line_ends_are_kept(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffsku;text\r\n1;Where is my order?\r\n".encode())
    assert run(path) == 0
    written = (tmp_path / "a.de.csv").read_bytes().decode()
    assert written.startswith("\ufeffsku;text;text_de;text_de_note\r\n")
    assert f"1;{ORDER};{BESTELLUNG};" in written


def test_odd_rows_are_named_and_left_alone(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text(f"sku,sku,text\n1,2,{ORDER}\n3,{ORDER}\n4,5,{ORDER},6\n")
    assert run(path) == 0
    told = " ".join(capsys.readouterr().err.split())
    assert "more than once: sku" in told
    assert "have not 3 cells: 3, 4" in told
    lines = (tmp_path / "a.de.csv").read_text().splitlines()
    assert lines[1] == f"1,2,{ORDER},{BESTELLUNG},"
    assert lines[2:] == [f"3,{ORDER}", f"4,5,{ORDER},6"]


def test_translations_that_are_there_stay_unless_they_are_to_be_made_anew(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"text,text_de\n{ORDER},mine\n{ORDER},\n")
    assert run(path) == 0
    rows = rows_of(tmp_path / "a.de.csv")
    assert [row["text_de"] for row in rows] == ["mine", BESTELLUNG]
    assert run(path, "--overwrite") == 0
    rows = rows_of(tmp_path / "a.de.csv")
    assert [row["text_de"] for row in rows] == [BESTELLUNG, BESTELLUNG]


def test_the_column_to_translate_must_be_one(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("text,text\na,b\n")
    assert run(path) == 2
    assert "as numbers 1, 2" in capsys.readouterr().err


def test_lists_and_objects_of_json_lines_are_left_alone_with_a_note(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": ["a"]}}\n{{"text": {{"a": 1}}}}\n{{"text": "{ORDER}"}}\n')
    assert run(path) == 0
    rows = [json.loads(line) for line in (tmp_path / "a.de.jsonl").read_text().splitlines()]
    assert ["text_de" in row for row in rows] == [False, False, True]
    assert ["a list" in rows[0]["text_de_note"], "an object" in rows[1]["text_de_note"]] == [
        True
    ] * 2


def test_a_workbook_keeps_its_other_sheets_and_formats(tmp_path):
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["sku", "text"], [1, ORDER], [2, "=A2+1"], [3, 42]):
        sheet.append(row)
    sheet["B2"].font = openpyxl.styles.Font(bold=True)
    book.create_sheet("other")["A1"] = "mine"
    book.save(path)
    assert run(path) == 0
    found = openpyxl.load_workbook(tmp_path / "a.de.xlsx")
    values = list(found.worksheets[0].values)
    assert values[0] == ("sku", "text", "text_de", "text_de_note")
    assert values[1][2] == BESTELLUNG
    assert [row[2] for row in values[2:]] == [None, None]
    assert found.worksheets[0]["B2"].font.bold
    assert found["other"]["A1"].value == "mine"


def test_a_gettext_catalogue_gets_its_missing_translations(tmp_path):
    path = tmp_path / "a.po"
    path.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        f'msgid "{ORDER}"\nmsgstr ""\n\nmsgid "Hello"\nmsgstr "mine"\n\n'
        'msgid "%d shoe"\nmsgid_plural "%d shoes"\nmsgstr[0] ""\nmsgstr[1] ""\n'
    )
    assert run(path) == 0
    found = {entry.msgid: entry for entry in polib.pofile(str(tmp_path / "a.de.po"))}
    assert found[ORDER].msgstr == BESTELLUNG
    assert found["Hello"].msgstr == "mine"
    assert all("%d" in text for text in found["%d shoe"].msgstr_plural.values())


def test_a_preview_writes_nothing(products, capsys):
    assert run(products, "--preview", 1) == 0
    assert "Bestellung?" in capsys.readouterr().out
    assert list(products.parent.iterdir()) == [products]


def test_a_columns_language_is_judged_once(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text(f"text\n{BESTELLUNG}\nBirne\nHut\n", encoding="utf-8")
    assert catalog.main([str(path), "--target", "en"]) == 0
    assert "language of the column: de" in capsys.readouterr().err
    assert [row["text_en"] for row in rows_of(tmp_path / "a.en.csv")][1:] == ["Pear", "Hat"]
