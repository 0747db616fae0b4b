from collections import Counter

from training.translation.meanings import aligned, beginning, table, words, written_by_hand

THINGS = {
    "shirt": "chemise",
    "table": "table",
    "lamp": "lampe",
    "book": "livre",
    "shoe": "chaussure",
}
COLOURS = {"red": "rouge", "white": "blanche", "green": "verte", "yellow": "jaune"}
LINES = [([one], [other]) for one, other in [*THINGS.items(), *COLOURS.items()]] + [
    (["the", colour, thing], ["la", other_thing, other_colour])
    for thing, other_thing in THINGS.items()
    for colour, other_colour in COLOURS.items()
]


def test_words_are_aligned_by_what_they_stand_with():
    counts = aligned(LINES)
    for word, other in {**THINGS, **COLOURS}.items():
        assert counts[word, other] > 0, word
        assert sum(counts[word, two] for two in {*THINGS.values(), *COLOURS.values()} - {other}) < 3


def test_a_word_is_written_where_it_nearly_always_becomes_that():
    counts = Counter({("kettle", "bouilloire"): 9, ("case", "coque"): 3, ("case", "étui"): 3})
    seen = Counter({f"common{number}": 100 for number in range(160)})
    seen.update({"kettle": 10, "case": 7, "rare": 2})
    found = table(counts, seen)
    assert found["kettle"] == ("bouilloire", ["bouilloire"])
    assert found["case"] == ("", ["étui", "coque"])
    assert "rare" not in found


def test_elided_words_and_parts_of_words_are_words():
    assert words("L\u2019oreiller est lave-vaisselle") == ["oreiller", "est", "lave", "vaisselle"]
    assert beginning("oreillers") == "oreill"
    assert beginning("vis") == "vis"


def test_what_is_written_by_hand_is_known_in_all_its_forms():
    found = written_by_hand("en", "es")
    assert {"mesas", "mesa"} <= set(found["tables"])
    assert "ochenta" in found["eighty"]
    assert "blanca" not in written_by_hand("fr", "es")["white"]
    assert "white" in written_by_hand("fr", "en")["blanches"]
