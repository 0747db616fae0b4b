"""What served models make of sentence pairs, through the service itself; no torch."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sacrebleu.metrics import CHRF

from functions.translation.decoding.model import MarianModel
from functions.translation.decoding.search import search
from functions.translation.engine import Engine
from functions.translation.schemas import MAX_TEXTS, ReviewReason, TranslateRequest, Translation
from functions.translation.service import TranslationService
from functions.translation.text.languages import Routes
from functions.translation.translator import DEFAULT_BEAMS
from shared.errors import ServiceError
from shared.models.folder import model_folders
from shared.models.spec import ModelSpec, read_spec
from training.errors import DataError
from training.translation.pairs import Pair
from training.translation.scores import source_ids

GREEDY = 1
SEED = 0
PAGE_CHARACTERS = 20_000  # of one request

Hop = tuple[str, str]


@dataclass(frozen=True)
class Line:
    """One pair and what came of its source.

    Attributes:
        text: as the service answers.
        chrf: of it against the reference, in percent, of the sentence.
        greedy: what the model alone writes without beams; None where two models take turns.
        beam: the same with the service's beams.
        confidence: the model's mean probability of a piece of ``beam`` (geometric mean).
        reasons: why someone should read the translation.
    """

    pair: Pair
    text: str
    chrf: float
    greedy: str | None = None
    beam: str | None = None
    confidence: float | None = None
    reasons: tuple[ReviewReason, ...] = ()


@dataclass(frozen=True)
class Lines:
    """The lines of one file in one direction.

    Attributes:
        name: of the file, and the direction.
    """

    name: str
    source: str
    target: str
    rows: Sequence[Line]


@dataclass(frozen=True)
class Answers:
    """All of one folder.

    Attributes:
        specs: of its models.
        given: how many lines the files have, of which ``sets`` may hold a sample.
    """

    specs: Sequence[ModelSpec]
    sets: Sequence[Lines]
    given: int

    @property
    def rows(self) -> list[Line]:
        """The lines of all sets."""
        return [row for of_set in self.sets for row in of_set.rows]


def sample(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """At most so many pairs, the same ones each time, in their order."""
    if len(pairs) <= most:
        return list(pairs)
    places = random.Random(SEED).sample(range(len(pairs)), most)
    return [pairs[place] for place in sorted(places)]


def _pages(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Pairs in requests of as many as one may have."""
    pages: list[list[Pair]] = []
    room = 0
    for pair in pairs:
        if not pages or len(pages[-1]) == MAX_TEXTS or len(pair.source) > room:
            pages.append([])
            room = PAGE_CHARACTERS
        pages[-1].append(pair)
        room -= len(pair.source)
    return pages


def served(service: TranslationService, pairs: Sequence[Pair]) -> list[Translation]:
    """The service's translations of pairs of one direction.

    Raises:
        DataError: it refuses one.
    """
    found: list[Translation] = []
    for page in _pages(pairs):
        first = page[0]
        request = TranslateRequest(
            texts=[pair.source for pair in page],
            source=first.source_language,
            target=first.target_language,
        )
        (outcome,) = service.translate([request])
        if isinstance(outcome, ServiceError):
            raise DataError(f"The service refuses a text: {outcome}")
        found += outcome.translations
    return found


def alone(
    model: MarianModel, pairs: Sequence[Pair], beams: int
) -> tuple[list[str], list[float | None]]:
    """What the model writes of whole lines without the service around it.

    Returns:
        Texts and the geometric mean probability of a piece; greedy search computes none.
    """
    target = pairs[0].target_language
    rows = source_ids(model, [pair.source for pair in pairs], target)
    best = [hypotheses[0] for hypotheses in search(model, target, rows, beams)]
    confidence = [math.exp(min(0.0, one.score)) if beams > GREEDY else None for one in best]
    return [model.text(one.ids) for one in best], confidence


def ask(folder: Path, sets: Mapping[str, Sequence[Pair]], most: int) -> Answers:
    """What the models of a folder make of pairs.

    Args:
        folder: of one served model or of several.
        sets: pairs of one direction each, by name; none empty.
        most: lines of each set; larger ones are sampled.

    Raises:
        DataError: a text is refused, or no model serves a direction.
        ModelError: the folder cannot be served.
    """
    folders = model_folders(folder)
    specs = {name: read_spec(path) for name, path in folders.items()}
    service, routes = TranslationService(Engine(folder, 1)), Routes.of(specs)
    opened: dict[str, MarianModel] = {}
    found = []
    for name, pairs in sets.items():
        chosen = sample(pairs, most)
        name_of = routes.models.get((chosen[0].source_language, chosen[0].target_language))
        if name_of is not None and name_of not in opened:
            opened[name_of] = MarianModel.load(folders[name_of])
        model = None if name_of is None else opened[name_of]
        found.append(_lines(name, chosen, served(service, chosen), model))
    return Answers(list(specs.values()), found, sum(map(len, sets.values())))


def _lines(
    name: str, pairs: Sequence[Pair], given: Sequence[Translation], model: MarianModel | None
) -> Lines:
    nothing: list[None] = [None] * len(pairs)
    greedy: Sequence[str | None] = nothing
    beam: Sequence[str | None] = nothing
    confidence: Sequence[float | None] = nothing
    if model is not None:
        greedy, _ = alone(model, pairs, GREEDY)
        beam, confidence = alone(model, pairs, DEFAULT_BEAMS)
    chrf = CHRF()
    columns = zip(pairs, given, greedy, beam, confidence, strict=True)
    rows = [
        Line(
            pair,
            translation.text,
            chrf.sentence_score(translation.text, [pair.target]).score,
            one,
            other,
            sure,
            tuple(translation.review_reasons or ()),
        )
        for pair, translation, one, other, sure in columns
    ]
    first = pairs[0]
    return Lines(name, first.source_language, first.target_language, rows)
