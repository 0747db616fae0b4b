import json
import zipfile

import pytest

from training.errors import DataError
from training.intent.data import from_files
from training.intent.formats import read_messages
from training.intent.messages import Message


def written(message: Message) -> tuple[str, str, list[tuple[str, str]]]:
    return (
        message.intent,
        message.text,
        [(slot.name, message.text[slot.start : slot.end]) for slot in message.slots],
    )


def test_a_csv_marks_slots_and_denials_in_its_texts(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        'text,intent\n"where is [10045](order_number), please",track_order\n'
        "do not cancel it,denied:cancel_order\nnice weather,oos\n"
    )
    where, denied, outside = read_messages(path)
    assert written(where) == (
        "track_order",
        "where is 10045, please",
        [("order_number", "10045")],
    )
    assert (denied.intent, denied.denied) == ("out_of_scope", "cancel_order")
    assert outside.intent == "out_of_scope"


def test_rasa_s_yaml_with_both_kinds_of_entities(tmp_path):
    path = tmp_path / "nlu.yml"
    path.write_text(
        """version: "3.1"
nlu:
- intent: track_order
  examples: |
    - where is [10045](order_number)
    - is my [blue]{"entity": "color", "value": "navy"} scarf on its way?
- intent: greet
  examples:
  - text: hello there
- synonym: navy
  examples: |
    - blue
"""
    )
    assert list(map(written, read_messages(path))) == [
        ("track_order", "where is 10045", [("order_number", "10045")]),
        ("track_order", "is my blue scarf on its way?", [("color", "blue")]),
        ("greet", "hello there", []),
    ]


def test_lex_v2_s_export_fills_its_slots(tmp_path):
    root = "Shop/BotLocales/de_DE"
    documents = {
        f"{root}/Intents/TrackOrder/Intent.json": {
            "name": "TrackOrder",
            "sampleUtterances": [
                {"utterance": "wo ist {OrderNumber}"},
                {"utterance": "kommt {Item} bald"},
            ],
        },
        f"{root}/Intents/TrackOrder/Slots/OrderNumber/Slot.json": {
            "name": "OrderNumber",
            "slotTypeName": "AMAZON.AlphaNumeric",
        },
        f"{root}/Intents/TrackOrder/Slots/Item/Slot.json": {
            "name": "Item",
            "slotTypeName": "Items",
        },
        f"{root}/SlotTypes/Items/SlotType.json": {
            "name": "Items",
            "slotTypeValues": [
                {"sampleValue": {"value": "der Stuhl"}},
                {"sampleValue": {"value": "die Lampe"}},
            ],
        },
    }
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, document in documents.items():
            archive.writestr(name, json.dumps(document))
    number, item = read_messages(path)
    assert written(number) == ("TrackOrder", "wo ist 10045", [("OrderNumber", "10045")])
    assert written(item) == ("TrackOrder", "kommt die Lampe bald", [("Item", "die Lampe")])
    assert item.language == "de"


def test_dialogflow_s_export_of_either_edition(tmp_path):
    says = [{"data": [{"text": "where is "}, {"text": "10045", "alias": "order_number"}]}]
    (tmp_path / "es" / "intents").mkdir(parents=True)
    (tmp_path / "es" / "intents" / "track_usersays_en.json").write_text(json.dumps(says))
    phrases = {
        "trainingPhrases": [
            {"parts": [{"text": "a "}, {"text": "blue", "parameterId": "color"}, {"text": " one"}]}
        ]
    }
    cx = tmp_path / "cx" / "intents" / "pick" / "trainingPhrases"
    cx.mkdir(parents=True)
    (cx / "fr.json").write_text(json.dumps(phrases))
    (message,) = read_messages(tmp_path / "es")
    assert written(message) == ("track", "where is 10045", [("order_number", "10045")])
    (message,) = read_messages(tmp_path / "cx")
    assert written(message) == ("pick", "a blue one", [("color", "blue")])
    assert message.language == "fr"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("other.json", "[1]", "neither a Lex V2 export"),
        ("broken.json", "{", "not JSON"),
        ("nlu.yml", "intents: []", "no list 'nlu'"),
        ("nlu.yaml", "nlu: [", "not YAML"),
        ("marked.csv", "text,intent\nno,denied:\n", "lacks the denied intent's name"),
    ],
)
def test_what_is_of_no_format_is_told_with_what_is(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DataError, match=words):
        read_messages(path)


@pytest.mark.filterwarnings("default")
def test_a_test_file_may_hold_texts_out_of_scope_that_the_training_has_not(tmp_path):
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    rows = [f"{intent} [{i}](number),{intent}" for intent in ("one", "two") for i in range(12)]
    train.write_text("\n".join(["text,intent", *rows]))
    test.write_text("text,intent\none a,one\nnice weather,out_of_scope\n")
    dataset = from_files(train, test, seed=0)
    assert dataset.labels == ["one", "two"]
    assert dataset.slots == ("number",)
    assert dataset.test["test"].labels == [0, -1]
