"""Any search over a step graph: batched, bounded, deterministic; and the greedy one."""

from collections.abc import Sequence

import numpy as np

from functions.translation.decoding.batches import decoder_batches, smaller
from functions.translation.decoding.beams import beam
from functions.translation.decoding.boosts import Booster, Boosts
from functions.translation.decoding.graph import DecoderGraph
from functions.translation.decoding.hypotheses import (
    CHECK_EVERY,
    Constraints,
    Hypothesis,
    PlaceholderGuard,
    repeats,
    step_limit,
    without_repetition,
)
from functions.translation.decoding.model import MarianModel
from functions.translation.decoding.state import Encoded


def search(
    model: MarianModel,
    language: str,
    rows: Sequence[Sequence[int]],
    beams: int,
    boosts: Boosts | None = None,
) -> list[list[Hypothesis]]:
    """Translations of each source, best first.

    Args:
        model: that writes the language.
        language: one of the model's targets.
        rows: ids of each source with its tag and end token.
        beams: 1 for greedy search.
        boosts: what is made likelier for each source; None for nothing.

    Raises:
        DeadlineNear: the function is about to be stopped.
    """
    placeholders = model.placeholder_ids
    limits = [step_limit(len(row), model.spec.limits["tokens"]) for row in rows]
    found: list[list[Hypothesis]] = [[] for _ in rows]
    for batch in decoder_batches(limits, beams):
        held = np.zeros((len(batch), len(placeholders)), dtype=bool)
        for source, place in enumerate(batch):
            held[source] = [number in rows[place] for number in placeholders]
        constraints = Constraints(np.array([limits[place] for place in batch]), held)
        chosen = [rows[place] for place in batch]
        encoded, decoder = model.encode(chosen), model.decoder(language, chosen)
        booster = Booster(boosts.of(batch), beams, decoder.places) if boosts else None
        if beams == 1:
            results = [[only] for only in greedy(decoder, encoded, constraints, booster)]
        else:
            results = beam(decoder, encoded, constraints, beams, booster=booster)
        for place, hypotheses in zip(batch, results, strict=True):
            found[place] = hypotheses
    return found


def greedy(
    decoder: DecoderGraph,
    encoded: Encoded,
    constraints: Constraints,
    booster: Booster | None = None,
) -> list[Hypothesis]:
    """The most probable piece at each step, for all sources at once.

    Those that have finished leave the batch now and then; see `smaller`.
    """
    limits = constraints.limits.tolist()
    guard = PlaceholderGuard(decoder.first_placeholder, constraints.placeholders)
    texts = [_Text(limit) for limit in limits]
    batch, going = texts, list(range(len(texts)))  # who is at each place, and who of them goes on
    end = decoder.ids[decoder.end]
    with decoder.start(encoded, max(limits)) as state:
        while going:
            logits = state.step()
            if booster:
                booster.boost(logits)
            columns = guard.greatest(logits)  # (b,)
            guard.mark(columns)
            if booster:
                booster.follow([[0]] * len(columns), columns[:, None].tolist())
            state.ids[:, 0] = decoder.pieces[columns]
            pieces = state.ids[:, 0].tolist()
            going = [place for place in going if batch[place].write(pieces[place], end)]
            kept = smaller(going, len(batch))
            if kept:
                state.keep(kept)
                guard.keep(kept)
                if booster:
                    booster.keep(kept)
                batch, going = [batch[place] for place in kept], list(range(len(kept)))
    return [Hypothesis(without_repetition(text.ids), complete=text.complete) for text in texts]


class _Text:
    """What greedy search has written for one source."""

    def __init__(self, limit: int) -> None:
        self.ids: list[int] = []
        self.complete = False
        self._limit = limit

    def write(self, piece: int, end: int) -> bool:
        """Add a piece, or end with the end token; whether it goes on."""
        if piece == end:
            self.complete = True
            return False
        self.ids.append(piece)
        length = len(self.ids)
        return length < self._limit and not (length % CHECK_EVERY == 0 and repeats(self.ids))
