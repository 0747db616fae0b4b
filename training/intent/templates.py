"""Splitting text that was made from templates, so that none is on both sides."""

import re
from collections import defaultdict

from training.intent.examples import Rows, split_rows

_FILLER_WORDS = """
the and for you your yours can could would will want need please help with how what where when why
who does did have has had are was were been this that these those there some any let get got try
trying tell give show assist assistance like know may should must more ill ive dont doesnt cant
couldnt not its our their about from into out see check way ways able possible
"""
_FILLERS = frozenset(_FILLER_WORDS.split())


def template_of(text: str) -> str:
    """A key that near-duplicates of a template-made utterance share: its sorted rare words.

    Articles, pronouns, politeness and plural endings are what such templates vary.
    """
    words = re.findall(r"[a-z]+", text.lower().replace("'", ""))
    kept = {word.rstrip("s") for word in words if word not in _FILLERS and len(word) > 2}
    return " ".join(sorted(kept))


def split_by_template(rows: Rows, fraction: float, seed: int) -> tuple[Rows, Rows]:
    """Like `split_rows`, but no template is on both sides.

    A random split of template-made text holds out sentences whose near-copies were trained on.
    """
    groups: dict[tuple[str, str], Rows] = defaultdict(list)
    for text, intent in rows:
        groups[template_of(text), intent].append((text, intent))
    keys: Rows = [(key, intent) for key, intent in groups]
    kept_keys, held_keys = split_rows(keys, fraction, seed)
    kept = [row for key in kept_keys for row in groups[key]]
    held = [row for key in held_keys for row in groups[key]]
    return kept, held
