"""Which words a model takes placeholders for.

A model that was trained without placeholders copies names. A single capital letter is the name of
anything (a code, a price, a product, a person), and most vocabularies have it as one piece;
`benchmarks/firefox_placeholders.py` tells how reliably each kind of name is copied.
"""

from sentencepiece import SentencePieceProcessor

from functions.translation.contract import PLACEHOLDERS
from training.translation.firefox.tables import Standins
from training.translation.firefox.vocabulary import UNKNOWN

NAMES = (
    *("X", "Z", "W", "Y", "K", "Q", "J", "V"),
    *("Nokia", "Kodak", "Honda", "Samsung", "Siemens", "Toyota", "BMW", "Renault"),
)


def find(source: SentencePieceProcessor, target: SentencePieceProcessor) -> Standins:
    """The first names that both vocabularies have; none where they have too few."""
    found = []
    for name in NAMES:
        ids = source.piece_to_id(f"▁{name}"), target.piece_to_id(f"▁{name}")
        if UNKNOWN not in ids:
            found.append(ids)
    found = found[: len(PLACEHOLDERS)]
    if len(found) < len(PLACEHOLDERS):
        return Standins((), ())
    return Standins([ids[0] for ids in found], [ids[1] for ids in found])
