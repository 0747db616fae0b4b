"""Beam search against plain searches that share nothing with it but the models."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.translation.contract import BLOCK
from functions.translation.decoding.beams import Continuations, Tree, beam
from functions.translation.decoding.hypotheses import Constraints, Hypothesis
from functions.translation.decoding.model import MarianModel
from shared.settings import get_settings

END = 0
TEXTS = ["Where is my order?", "Thanks", "The parcel was damaged when it arrived."]


@pytest.fixture(scope="module")
def model():
    return MarianModel.load(get_settings().model_dir("translation") / "en-de-fr-es")


@settings(max_examples=40, deadline=None)
@given(
    sources=st.integers(1, 5),
    beams=st.integers(1, 6),
    blocks=st.integers(1, 9),
    values=st.integers(2, 50),
    seed=st.integers(0, 999),
)
def test_the_search_graph_finds_the_best_of_all_columns(
    model, sources, beams, blocks, values, seed
):
    """Also among equal ones, of which the first is the better one."""
    rng = np.random.default_rng(seed)
    logits = rng.integers(values, size=(sources * beams, 1, blocks * BLOCK)).astype(np.float32)
    totals = rng.integers(3, size=(sources, beams)).astype(np.float32)
    totals[rng.random(totals.shape) < 0.2] = -np.inf
    totals[:, 0] = 0.0
    scores, candidates = Continuations(model.decoder("de").search, logits, totals).find()
    exponents = np.exp(logits - logits.max(axis=2, keepdims=True)).sum(axis=2, keepdims=True)
    likelihoods = logits - logits.max(axis=2, keepdims=True) - np.log(exponents)
    sums = (likelihoods[:, 0] + totals.reshape(-1, 1)).reshape(sources, -1)
    best = np.sort(sums, axis=1)[:, ::-1][:, : 2 * beams]
    np.testing.assert_allclose(scores, best, atol=1e-4)
    found = np.take_along_axis(sums, candidates, axis=1)
    np.testing.assert_allclose(found, scores, atol=1e-4)
    for row, places in zip(scores, candidates, strict=True):
        assert len(set(places)) == 2 * beams
        for value in np.unique(row[row > -np.inf]):
            assert np.array_equal(places[row == value], np.sort(places[row == value]))


class Plain:
    """A decoder that starts anew for every hypothesis and every step."""

    def __init__(self, model, text):
        tag = model.tokenizer.token_to_id(">>de<<")
        self.row = [tag, *model.tokenizer.encode(text).ids, model.end]
        self.decoder = model.decoder("de")
        self._encoded = model.encode([self.row])

    def likelihoods(self, ids):
        """Log-probabilities (L,) of the piece after ``ids``, placeholders left out."""
        with self.decoder.start(self._encoded, len(ids) + 1) as state:
            for piece in ids:
                state.step()
                state.ids[:] = piece
            logits = state.step()[0, 0, : self.decoder.first_placeholder].astype(np.float64)
        return logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())

    def search(self, beams, steps):
        """Beam search as it is written in books, for so many steps."""
        open_, ended = [([], 0.0)], []
        for length in range(1, steps + 1):
            grown = [
                (total + value, ids, column)
                for ids, total in open_
                for column, value in enumerate(self.likelihoods(ids))
            ]
            grown = sorted(grown, key=lambda one: -one[0])[: 2 * beams]
            ended += [
                (total / length, ids)
                for total, ids, column in grown[:beams]
                if column == self.decoder.end
            ]
            open_ = [
                ([*ids, self.decoder.ids[column]], total)
                for total, ids, column in grown
                if column != self.decoder.end
            ][:beams]
            worst = sorted(score for score, _ in ended)[-beams:]
            if len(worst) == beams and open_[0][1] / length <= worst[0]:
                break
        else:
            ended += [(total / steps, ids) for ids, total in open_]
        return ended


@pytest.mark.parametrize("beams", [2, 4])
def test_beam_search_finds_what_a_plain_one_finds(model, beams):
    plain = [Plain(model, text) for text in TEXTS]
    limits = np.array([9, 9, 9])
    held = np.zeros((3, len(model.placeholder_ids)), dtype=bool)
    encoded = model.encode([one.row for one in plain])
    found = beam(model.decoder("de"), encoded, Constraints(limits, held), beams)
    for one, hypotheses in zip(plain, found, strict=True):
        expected = {tuple(ids): score for score, ids in one.search(beams, 9)}
        assert hypotheses
        for hypothesis in hypotheses:
            assert hypothesis.score == pytest.approx(expected[tuple(hypothesis.ids)], abs=2e-2)
        best = max(hypotheses, key=lambda one: one.score)
        assert best.score == pytest.approx(max(expected.values()), abs=2e-2)


def slots(sources, beams, longest):
    """What a tree needs of a decoder's state."""
    state = SimpleNamespace(beams=beams, followed=[], kept=[])
    state.follow = lambda parents, ids: state.followed.append((parents, ids))
    state.keep = state.kept.append
    return state


def grow(tree, *candidates):
    """A step of a tree over ten columns; candidates are parent, column and total."""
    scores = np.array([[total for _, _, total in one] for one in candidates])
    places = np.array([[10 * parent + column for parent, column, _ in one] for one in candidates])
    return tree.grow(scores, places)


def test_a_source_ends_only_where_the_end_is_among_its_best():
    tree = Tree(slots(1, 2, 9), [9], range(10), END)
    parents, columns = grow(tree, [(0, 5, -1.0), (0, 6, -2.0), (0, END, -3.0), (0, 7, -4.0)])
    assert (parents, columns) == ([[0, 0]], [[5, 6]])
    assert tree.ended == [[]]
    parents, columns = grow(tree, [(1, END, -1.5), (1, 7, -2.0), (0, END, -3.0), (1, 8, -4.0)])
    assert (parents, columns) == ([[1, 1]], [[7, 8]])
    assert tree.ended == [[Hypothesis([6], -0.75)]]
    assert tree.totals.tolist() == [[-2.0, -4.0]]
    assert tree.going == [0]


def test_pieces_are_followed_from_beam_to_beam():
    tree = Tree(slots(1, 2, 9), [9], range(10), END)
    grow(tree, [(0, 5, -1.0), (0, 6, -2.0), (0, 7, -3.0), (0, 8, -4.0)])
    grow(tree, [(1, 1, -2.1), (0, 2, -2.2), (0, 3, -9.0), (0, 4, -9.0)])
    grow(tree, [(1, 3, -2.3), (0, 4, -2.4), (0, 8, -9.0), (0, 9, -9.0)])
    grow(tree, [(0, END, -2.5), (1, END, -2.6), (0, 8, -90.0), (1, 9, -91.0)])
    assert tree.ended == [[Hypothesis([5, 2, 3], -2.5 / 4), Hypothesis([6, 1, 4], -2.6 / 4)]]
    assert tree.going == []  # no open one is as good as the two that ended


def test_a_source_at_its_limit_is_cut_and_the_others_go_on():
    tree = Tree(slots(2, 2, 9), [1, 9], range(10), END)
    one = [(0, 5, -1.0), (0, 6, -2.0), (0, 7, -3.0), (0, 8, -4.0)]
    grow(tree, one, one)
    assert tree.ended == [
        [Hypothesis([5], -1.0, complete=False), Hypothesis([6], -2.0, complete=False)],
        [],
    ]
    assert tree.going == [1]
    grow(tree, [(0, END, -1.0)] * 2 + one[2:], [(0, END, -1.5), *one[1:]])
    assert [len(found) for found in tree.ended] == [2, 1]
