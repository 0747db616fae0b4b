"""Which sentences are encoded together, which are decoded together, and for how long."""

from collections.abc import Iterator, Sequence

MAX_SENTENCES = 32  # of one batch
MAX_CACHED = 8_192  # pieces that all beams of a batch may come to: 33 MB of caches 256 wide
MAX_PADDING = 12  # tokens: so much padding costs as much time as one more run of the encoder
DROP_SHARE = 0.2  # of a batch that must have finished before it is made smaller


def encoder_batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Split places into batches of like length, shortest first.

    Args:
        lengths: tokens of the source at each place.
    """
    batch: list[int] = []
    padding = 0
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch:
            padding += (lengths[place] - lengths[batch[-1]]) * len(batch)
            if padding > MAX_PADDING:
                yield batch
                batch, padding = [], 0
        batch.append(place)
    if batch:
        yield batch


def decoder_batches(limits: Sequence[int], beams: int) -> Iterator[list[int]]:
    """Split places into batches, those with the lowest limits first.

    They hold more than the encoder's: unlike lengths cost the decoder little, and a step of many
    rows hardly takes longer than one of a few.

    Args:
        limits: most pieces of the translation at each place.
        beams: of each.
    """
    batch: list[int] = []
    for place in sorted(range(len(limits)), key=limits.__getitem__):
        cached = (len(batch) + 1) * beams * limits[place]
        if batch and (len(batch) == MAX_SENTENCES or cached > MAX_CACHED):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def smaller(going: Sequence[int], size: int) -> list[int] | None:
    """The places of a smaller batch; None where too few have finished for one.

    The last places fill the gaps, so that few have to be moved.

    Args:
        going: places that go on, in order.
        size: of the batch.
    """
    left = len(going)
    if not left or size - left < DROP_SHARE * size:
        return None
    kept = list(range(left))
    gaps = sorted(set(kept) - set(going))
    for gap, place in zip(gaps, going[left - len(gaps) :], strict=True):
        kept[gap] = place
    return kept
