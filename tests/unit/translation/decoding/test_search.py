import numpy as np
import pytest

from functions.translation.decoding import search as searching
from functions.translation.decoding.beams import beam
from functions.translation.decoding.hypotheses import Constraints, Hypothesis, repeats, step_limit
from functions.translation.decoding.model import MarianModel
from functions.translation.decoding.search import greedy
from shared.settings import get_settings

TEXTS = [
    "Where is my order?",
    "Hello!",
    "I would like to return these shoes because they are too small for my brother.",
    "The parcel was damaged when it arrived, and nobody answered the phone at the shop.",
    "Thanks",
    "How much does shipping cost?",
]
FOREIGN = [
    "Wo ist meine Bestellung?",
    "Merci beaucoup pour votre aide.",
    "¿Cuánto cuesta el envío?",
]


@pytest.fixture(scope="module")
def model():
    return MarianModel.load(get_settings().model_dir("translation") / "en-de-fr-es")


def search(model, texts, beams=0, target="de", limits=None, held=None):
    """Hypotheses of each text: of a beam search, or the one of greedy search where beams is 0."""
    tag = model.tokenizer.token_to_id(f">>{target}<<")
    head = [] if tag is None else [tag]
    rows = [[*head, *model.tokenizer.encode(text).ids, model.end] for text in texts]
    limits = limits or [step_limit(len(row), model.spec.limits["tokens"]) for row in rows]
    if held is None:
        held = [[number in row for number in model.placeholder_ids] for row in rows]
    constraints = Constraints(np.array(limits), np.array(held))
    encoded, decoder = model.encode(rows), model.decoder(target)
    if beams:
        return beam(decoder, encoded, constraints, beams)
    return [[found] for found in greedy(decoder, encoded, constraints)]


def score(model, text, ids, target="de"):
    """Log-probability a piece of one translation without placeholders, from the decoder alone."""
    tag = model.tokenizer.token_to_id(f">>{target}<<")
    encoded = model.encode([[tag, *model.tokenizer.encode(text).ids, model.end]])
    decoder = model.decoder(target)
    total = 0.0
    with decoder.start(encoded, len(ids) + 1) as state:
        for piece in [*ids, model.end]:
            logits = state.step()[0, 0, : decoder.first_placeholder].astype(np.float64)
            (column,) = np.flatnonzero(decoder.pieces == piece)
            total += logits[column] - logits.max() - np.log(np.exp(logits - logits.max()).sum())
            state.ids[:, 0] = piece
    return total / (len(ids) + 1)


def ids_of(found: list[list[Hypothesis]]) -> list[list[list[int]]]:
    return [[hypothesis.ids for hypothesis in hypotheses] for hypotheses in found]


@pytest.mark.parametrize("beams", [0, 4])
def test_a_sentence_comes_out_the_same_in_any_batch(model, beams):
    alone = [search(model, [text], beams)[0] for text in TEXTS]
    for order in ([0, 1, 2, 3, 4, 5], [5, 3, 1, 4, 2, 0], [2, 2, 4, 4, 4, 4]):
        together = search(model, [TEXTS[place] for place in order], beams)
        assert ids_of(together) == ids_of([alone[place] for place in order])


@pytest.mark.parametrize("beams", [0, 3])
def test_two_runs_give_the_same(model, beams):
    assert search(model, TEXTS, beams) == search(model, TEXTS, beams)


def test_one_beam_is_greedy_search(model):
    assert ids_of(search(model, TEXTS, 1)) == ids_of(search(model, TEXTS))


def test_scores_are_those_of_the_decoder(model):
    for text, hypotheses in zip(TEXTS, search(model, TEXTS, 4), strict=True):
        complete = [found for found in hypotheses if found.complete and not repeats(found.ids)]
        assert complete
        for found in complete:
            assert found.score == pytest.approx(score(model, text, found.ids), abs=1e-3)


def test_four_beams_find_no_worse_than_greedy_search(model):
    gains = [
        best[0].score - score(model, text, first[0].ids)
        for text, best, first in zip(
            TEXTS, search(model, TEXTS, 4), search(model, TEXTS), strict=True
        )
        if first[0].complete and best[0].complete
    ]
    assert len(gains) > 2
    assert np.mean(gains) >= -1e-4
    assert sum(gain >= -1e-4 for gain in gains) >= 0.8 * len(gains)


@pytest.mark.parametrize("beams", [2, 8])
def test_hypotheses_are_distinct_and_best_first(model, beams):
    for hypotheses in search(model, TEXTS[:4], beams):
        assert len(hypotheses) == beams
        assert len({tuple(found.ids) for found in hypotheses}) == beams
        order = [(not found.complete, -found.score) for found in hypotheses]
        assert order == sorted(order)


@pytest.mark.parametrize("beams", [0, 3])
def test_each_obeys_its_own_limit_and_what_that_cuts_is_not_complete(model, beams):
    long = [TEXTS[2], TEXTS[3]] * 2
    whole = search(model, long, beams)
    cut = search(model, long, beams, limits=[3, 1, 5, 100])
    for hypotheses, limit in zip(cut[:3], [3, 1, 5], strict=True):
        assert {len(found.ids) for found in hypotheses} == {limit}
        assert not any(found.complete for found in hypotheses)
    assert ids_of(cut[3:]) == ids_of(whole[3:])
    assert whole[3][0].complete


@pytest.mark.parametrize("beams", [0, 4])
def test_a_placeholder_is_written_at_most_once_and_only_where_the_source_holds_it(model, beams):
    texts = ["⟦0⟧ ⟦0⟧ ⟦0⟧ is not ⟦0⟧ or ⟦1⟧.", "Hello ⟦2⟧, ⟦2⟧, ⟦2⟧, your order ⟦2⟧!"] * 2
    for text, hypotheses in zip(texts, search(model, texts, beams), strict=True):
        for found in hypotheses:
            written = [piece for piece in found.ids if piece in model.placeholder_ids]
            assert len(written) == len(set(written))
            assert all(f"⟦{model.placeholder_ids.index(piece)}⟧" in text for piece in written)


@pytest.mark.parametrize("beams", [0, 4])
def test_a_placeholder_that_is_not_allowed_is_never_written(model, beams):
    texts = ["Hello ⟦0⟧, your order ⟦1⟧ is here.", "⟦0⟧ and ⟦0⟧"]
    nothing = [[False] * len(model.placeholder_ids)] * 2
    found = search(model, texts, beams, held=nothing)
    assert not any(
        set(ids) & set(model.placeholder_ids) for group in ids_of(found) for ids in group
    )
    allowed = ids_of(search(model, texts, beams))
    assert set(allowed[0][0]) & set(model.placeholder_ids)


def test_only_pieces_of_the_target_language_are_written(model):
    for target in model.spec.targets:
        allowed = set(model.decoder(target).pieces.tolist())
        assert all(set(ids) <= allowed for (ids,) in ids_of(search(model, TEXTS, target=target)))
    outputs = [ids_of(search(model, TEXTS, target=target)) for target in model.spec.targets]
    assert len({str(found) for found in outputs}) == len(model.spec.targets)


def test_texts_in_several_languages_are_read_together_as_alone(model):
    together = search(model, FOREIGN, target="en")
    assert ids_of(together) == [ids_of(search(model, [t], target="en"))[0] for t in FOREIGN]
    assert [hypotheses[0].complete for hypotheses in together] == [True] * 3


@pytest.mark.parametrize("beams", [1, 4])
def test_sources_are_searched_in_batches_and_come_back_in_their_order(model, beams, monkeypatch):
    tag = model.tokenizer.token_to_id(">>de<<")
    rows = [[tag, *model.tokenizer.encode(text).ids, model.end] for text in TEXTS * 2]
    sizes = []
    batches = searching.decoder_batches

    def watched(limits, count):
        for batch in batches(limits, count):
            sizes.append(len(batch))
            yield batch

    monkeypatch.setattr(searching, "decoder_batches", watched)
    whole = searching.search(model, "de", rows, beams)
    assert sizes == [len(rows)]
    monkeypatch.setattr("functions.translation.decoding.batches.MAX_SENTENCES", 5)
    assert searching.search(model, "de", rows, beams) == whole
    assert sizes[1:] == [5, 5, 2]
    assert ids_of(whole) == ids_of(search(model, TEXTS * 2, beams if beams > 1 else 0))
    assert searching.search(model, "de", [], beams) == []
