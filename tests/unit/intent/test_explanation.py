import numpy as np

from functions.intent.explanation import explain, occlude


def test_every_variant_leaves_one_word_out():
    words, variants = occlude("cancel  my order!")
    assert words == ["cancel", "my", "order!"]
    assert variants == ["  my order!", "cancel   order!", "cancel  my "]


def test_weights_are_what_the_probability_loses_in_one_call():
    calls = []

    def probabilities(texts):
        calls.append(list(texts))
        return np.asarray([[0.9, 0.1] if "cancel" in t else [0.2, 0.8] for t in texts], np.float32)

    base = probabilities(["cancel it", "hi"])
    calls.clear()
    weights = explain(["cancel it", "hi"], [0, 1], base, probabilities)
    assert len(calls) == 1
    assert [(word, round(weight, 2)) for word, weight in weights[0]] == [("cancel", 0.7), ("it", 0)]
    assert weights[1] == [("hi", 0.0)]


def test_no_texts_need_no_run():
    assert explain([], [], np.empty((0, 2), np.float32), lambda texts: 1 / 0) == []
