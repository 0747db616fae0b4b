import json
import random

import pytest

from training.intent import shop
from training.intent.messages import Marked, Message, message_of, parts_of
from training.intent.noise import Noise, characters_of, joined, text_of
from training.intent.values import Values, pool_of
from training.intent.wishes import FOLDER, FramedWishes, frames, wishes_of

SLOTS = {
    "order_number",
    "product",
    "size",
    "color",
    "quantity",
    "date",
    "time",
    "amount",
    "email",
    "phone",
    "place",
    "code",
    "payment_method",
    "person",
    "brand",
}
LABELS = json.loads((FOLDER / "labels.json").read_text(encoding="utf-8"))
MESSAGES = {
    (author, language): shop.read_messages(FOLDER / f"{author}.{language}.tsv", language)
    for author in ("first", "second", "fifth")
    for language in shop.LANGUAGES
}


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_is_of_a_known_intent_and_its_marks_are_whole(name):
    for message in MESSAGES[name]:
        assert message.intent in {*LABELS, "out_of_scope"}, message
        assert {part.name for part in message.wishes} <= set(LABELS), message
        assert message.denied is None or message.denied in LABELS, message
        assert "](" not in message.text, message
        for start, end, slot in message.slots:
            assert slot in SLOTS, message
            assert message.text[start:end].strip() == message.text[start:end] != "", message


def test_every_intent_has_messages_in_every_language():
    for language in shop.LANGUAGES:
        known = {message.intent for message in MESSAGES["first", language]}
        assert known == {*LABELS, "out_of_scope"}
    assert len(LABELS) == 55
    assert {slot for label in LABELS.values() for slot in label.get("slots", [])} <= SLOTS


def test_no_text_is_on_both_sides_of_the_split():
    train, held = shop._split()
    texts = {message.text for message in train}
    apart = [m for part in held.values() for m in part if m.text not in texts]
    everything = sum(len(part) for part in held.values())
    # Short words, such as a greeting, were written by both authors and in more than one language.
    assert len(apart) > 0.95 * everything
    for language in shop.LANGUAGES:
        assert {m.intent for m in held[f"first.{language}"]} == {*LABELS, "out_of_scope"}


@pytest.mark.parametrize("language", shop.LANGUAGES)
def test_wishes_fit_all_their_frames(language):
    framed = FramedWishes(random.Random(0), "out_of_scope", shop.joinable)
    assert {wish.intent for wish in wishes_of(language)} <= set(LABELS)
    kinds = {"wanted", "denied", "rather", "both"}
    assert set(frames()) == kinds | {"told_to_the_shop", "for_oneself"}
    assert all(set(of) == set(shop.LANGUAGES) for of in frames().values())
    for _ in range(300):
        denied = framed.denied(language)
        assert denied.intent == "out_of_scope"
        assert denied.denied in LABELS
        made = [framed.wanted(language), denied, framed.rather(language), framed.both(language)]
        for message in made:
            assert not set("{}|\x00") & set(message.text), message
            assert all(message.text[start:end] for start, end, _ in message.slots), message
        first, second = made[-1].wishes
        assert (first.start, first.end, second.end) == (0, second.start, len(made[-1].text))
        assert first.name != second.name


def test_noise_leaves_labels_on_their_characters():
    text = "bitte die zweite Bestellung 77120 nach Hamburg schicken"
    slots = (Marked(28, 33, "order_number"), Marked(39, 46, "place"))
    message = Message(text, "change_shipping_address", slots, "de")
    changed = 0
    for seed in range(200):
        row = Noise(random.Random(seed)).apply(message)
        marked = {slot: "".join(x.value for x in row if x.slot == slot) for slot in SLOTS}
        assert marked["order_number"] == "77120"
        assert 4 <= len(marked["place"]) <= 9
        assert sum(x.begins for x in row if x.slot == "place") == 1
        changed += text_of(row) != text
    assert changed > 100


def test_no_noise_changes_nothing():
    message = Message("wo ist mein paket", "track_order", (), "de")
    assert Noise(random.Random(0), 0.0).apply(message) == characters_of(message)


def test_two_messages_in_one_keep_their_slots_and_parts():
    one = Message("cancel 123.", "cancel_order", (Marked(7, 10, "order_number"),), "en")
    other = Message("send it to Leeds", "change_shipping_address", (Marked(11, 16, "place"),), "en")
    both = joined(one, other, random.Random(1))
    assert [both.text[start:end] for start, end, _ in both.slots] == ["123", "Leeds"]
    assert both.text[slice(*both.wishes[0][:2])].startswith("cancel 123")
    assert both.text[slice(*both.wishes[1][:2])].endswith("send it to Leeds")


def test_other_values_keep_their_places():
    message = Message("order 123 to Leeds", "x", (Marked(6, 9, "order_number"),), "en")
    values = Values(random.Random(3), pool_of([message]))
    seen = set()
    for _ in range(50):
        made = values.refilled(message)
        (slot,) = made.slots
        seen.add(made.text[slot.start : slot.end])
        assert made.text.startswith("order ")
        assert made.text.endswith(" to Leeds")
    assert len(seen) > 5


def test_an_epoch_is_the_same_for_the_same_seed_and_holds_every_kind():
    train = [m for messages in MESSAGES.values() for m in messages]
    outside = Message("what is the capital of peru", "out_of_scope", (), "en", plain=True)
    epochs = shop.ShopEpochs(train, {"outside": [outside] * 3})
    once, again = epochs(random.Random(5)), epochs(random.Random(5))
    assert once == again
    assert once != epochs(random.Random(6))
    assert any(message.wishes for message in once)
    assert any(message.denied for message in once)
    assert any(message.plain for message in once)


def test_a_line_with_two_wishes_has_a_part_for_each():
    line = "cancel [123](order_number), ||and send the [mug](product) to [Leeds](place)"
    message = message_of(line, "cancel_order+change_shipping_address", "out_of_scope", "en")
    assert message.text == "cancel 123, and send the mug to Leeds"
    assert [message.text[start:end] for start, end, _ in message.slots] == ["123", "mug", "Leeds"]
    first, second = parts_of(message)
    assert (first.text, first.intent) == ("cancel 123,", "cancel_order")
    assert (second.text, second.intent) == ("and send the mug to Leeds", "change_shipping_address")
    assert [second.text[start:end] for start, end, _ in second.slots] == ["mug", "Leeds"]


def test_an_intent_with_a_plus_is_a_name_where_no_second_wish_begins():
    message = message_of("click + collect please", "click+collect", "out_of_scope")
    assert (message.text, message.intent) == ("click + collect please", "click+collect")
    assert message.wishes == ()
