from hypothesis import given
from hypothesis import strategies as st

from functions.translation.decoding.batches import (
    DROP_SHARE,
    MAX_CACHED,
    MAX_PADDING,
    MAX_SENTENCES,
    decoder_batches,
    encoder_batches,
    smaller,
)

LENGTHS = st.lists(st.integers(2, 255), max_size=80)


@given(LENGTHS)
def test_the_encoder_takes_every_source_once_with_little_padding(lengths):
    batches = list(encoder_batches(lengths))
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    for batch in batches:
        widest = max(lengths[place] for place in batch)
        assert sum(widest - lengths[place] for place in batch) <= MAX_PADDING


def test_sources_of_one_length_are_encoded_together():
    assert list(encoder_batches([7] * 40)) == [list(range(40))]
    assert list(encoder_batches([])) == []


@given(LENGTHS, st.integers(1, 8))
def test_the_decoder_takes_every_source_once_and_no_more_memory_than_stated(limits, beams):
    batches = list(decoder_batches(limits, beams))
    assert sorted(place for batch in batches for place in batch) == list(range(len(limits)))
    for batch in batches:
        assert len(batch) <= MAX_SENTENCES
        cached = len(batch) * beams * max(limits[place] for place in batch)
        assert cached <= MAX_CACHED or len(batch) == 1


def test_short_sources_fill_a_batch():
    assert [len(batch) for batch in decoder_batches([30] * 70, 4)] == [32, 32, 6]
    assert [len(batch) for batch in decoder_batches([255] * 9, 8)] == [4, 4, 1]


@given(st.sets(st.integers(0, 39)), st.integers(1, 40))
def test_a_smaller_batch_holds_those_that_go_on_and_moves_only_the_last(places, size):
    going = sorted(place for place in places if place < size)
    kept = smaller(going, size)
    if not going or size - len(going) < DROP_SHARE * size:
        assert kept is None
    else:
        assert sorted(kept) == going
        moved = [place for here, place in enumerate(kept) if here != place]
        assert all(place >= len(going) for place in moved)
