"""Sentences through a model: batches of like length, placeholders checked, never unbounded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from functions.translation.decoding.boosts import Boosts, Wanted
from functions.translation.decoding.model import MarianModel
from functions.translation.decoding.search import search
from functions.translation.text import dictionary, genders
from functions.translation.text.attempts import Scored, mean_score
from functions.translation.text.spans import (
    MARK,
    Marked,
    ModelInput,
    keeps_numbers,
    protect_numbers,
    to_model_input,
)
from shared.process.telemetry import span

DICTIONARY_WEIGHT = "dictionary_weight"  # parameter of a model, in nats; see `Boosts`
DEFAULT_BEAMS = 4  # about twice greedy search's time, for one to two BLEU


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is to be translated: a marked sentence and the spans of its text."""

    core: str
    marked: Marked = field(default_factory=Marked)


class Translator:
    """One direction of one model.

    Args:
        model: that serves it.
        target: code of the language to write.
        source: code of the language to read; None where no dictionary is to be used.
    """

    def __init__(self, model: MarianModel, target: str, source: str | None = None) -> None:
        self._model = model
        self._source, self._target = source, target
        tag = model.tokenizer.token_to_id(f">>{target}<<")
        self._head = [] if tag is None else [tag]  # a model for one target has no tags
        self._most = model.spec.limits["tokens"]
        self._placeholders = len(model.placeholder_ids)

    def translate(
        self, sentences: Sequence[Sentence], beams: int, best: int = 1
    ) -> list[list[str]]:
        """Marked translations of each sentence, the best first; see `scored`."""
        found = self.scored(sentences, beams, best)
        return [[one.text for one in results] for results in found]

    def scored(
        self, sentences: Sequence[Sentence], beams: int, best: int = 1
    ) -> list[list[Scored]]:
        """Marked translations of each sentence and their scores, the best first.

        Args:
            sentences: marked.
            beams: 1 for greedy search.
            best: how many translations of each to give, at most ``beams``.

        Returns:
            For each sentence at least one, or none where the model cannot deal with it: its
            output repeats itself or does not end.
        """
        sentences = list(sentences)
        inputs = [self._input(sentence) for sentence in sentences]
        results: list[list[Scored]] = [[] for _ in sentences]
        whole = [place for place, found in enumerate(inputs) if found is not None]
        outputs = self._run([found.text for found in inputs if found is not None], beams, best)
        for place, hypotheses in zip(whole, outputs, strict=True):
            found = inputs[place]
            assert found is not None
            results[place] = _restored(found, hypotheses, sentences[place].marked)
        self._protect_numbers(sentences, results, beams)
        self._in_parts(sentences, results, beams)
        return results

    def _input(self, sentence: Sentence) -> ModelInput | None:
        """The model's input; None where the sentence must be translated in parts."""
        found = to_model_input(sentence.core, sentence.marked)
        if found is not None and found.marks and not self._placeholders:
            return None
        if found is not None and len(self._ids(found.text)) > self._most:
            return None
        return found

    def _ids(self, text: str) -> list[int]:
        return [*self._head, *self._model.tokenizer.encode(text).ids, self._model.end]

    def _protect_numbers(
        self, sentences: list[Sentence], results: list[list[Scored]], beams: int
    ) -> None:
        """Translate again, with numbers marked, where a number went wrong.

        What still does not come through is left to `_in_parts`.
        """
        inputs: dict[int, ModelInput] = {}
        for place, hypotheses in enumerate(results):
            core, marked = sentences[place].core, sentences[place].marked
            if hypotheses and not keeps_numbers(core, hypotheses[0].text):
                results[place] = []
                sentences[place] = Sentence(protect_numbers(core, marked), marked)
                found = self._input(sentences[place])
                if found is not None:
                    inputs[place] = found
        outputs = self._run([found.text for found in inputs.values()], beams, 1)
        for (place, found), hypotheses in zip(inputs.items(), outputs, strict=True):
            results[place] = _restored(found, hypotheses, sentences[place].marked)

    def _in_parts(
        self, sentences: Sequence[Sentence], results: list[list[Scored]], beams: int
    ) -> None:
        """Translate what is between the marks by itself, where the whole did not come through."""
        parts = {
            place: self._parts(sentences[place].core)
            for place, found in enumerate(results)
            if not found
        }
        texts = [part.strip() for found in parts.values() for part in found if _is_text(part)]
        outputs = iter(self._run(texts, beams, 1))
        for place, found in parts.items():
            hypotheses = [
                [one for one in next(outputs) if keeps_numbers(part, one.text)]
                if _is_text(part)
                else [Scored(part)]
                for part in found
            ]
            if all(hypotheses):
                firsts = [some[0] for some in hypotheses]
                spaced = map(_spaced_like, found, (one.text for one in firsts))
                results[place] = [Scored("".join(spaced), mean_score(found, firsts))]

    def _parts(self, core: str) -> list[str]:
        """Runs of text, each short enough for the model, and marks in turn."""
        return [
            short
            for part in _split_keeping(core)
            for short in (self._cut(part) if _is_text(part) else [part])
        ]

    def _cut(self, text: str) -> list[str]:
        """A text in pieces that the model takes, cut between words where it can be."""
        if len(self._ids(text)) <= self._most:
            return [text]
        middle = text.rfind(" ", 1, len(text) // 2 + 1)
        middle = middle if middle > 0 else len(text) // 2
        return [*self._cut(text[:middle]), *self._cut(text[middle:])]

    def _run(self, texts: Sequence[str], beams: int, best: int) -> list[list[Scored]]:
        """Hypotheses of each text; none where no hypothesis is complete."""
        if not texts:
            return []
        with span("tokenize"):
            rows = [self._ids(text) for text in texts]
            boosts = boosts_of(self._model, texts, self._source, self._target)
        with span("infer"):
            found = search(self._model, self._target, rows, beams, boosts)
        return [
            [Scored(self._text(one.ids), one.score) for one in hypotheses[:best] if one.complete]
            for hypotheses in found
        ]

    def _text(self, ids: list[int]) -> str:
        return self._model.text(ids)


def boosts_of(
    model: MarianModel, texts: Sequence[str], source: str | None, target: str
) -> Boosts | None:
    """What the dictionary says that the texts become; None for a model that does without it."""
    weight = float(model.spec.parameters.get(DICTIONARY_WEIGHT) or 0)
    if not weight or source is None or not dictionary.has(source, target):
        return None
    wanted = [
        [_wanted(model, forms, target) for forms in dictionary.translations(text, source, target)]
        for text in texts
    ]
    return Boosts(wanted, weight, _determiners(model, target))


def _wanted(model: MarianModel, forms: Sequence[str], target: str) -> Wanted:
    """The forms of one word in pieces."""
    pieces = {form: model.pieces(form) for form in forms}
    known = ((pieces[form], genders.gender(form, target)) for form in forms)
    return Wanted(
        tuple(dict.fromkeys(pieces.values())),
        tuple(model.pieces(form.capitalize()) for form in forms if form[0].islower()),
        {form: gender for form, gender in known if gender},
    )


@lru_cache(maxsize=8)
def _determiners(model: MarianModel, target: str) -> dict[int, int]:
    """By piece, the genders of nouns behind a determiner that is one piece."""
    found: dict[int, int] = {}
    for word, behind in genders.determiners(target).items():
        for written in (word, word.capitalize()):
            pieces = model.pieces(written)
            if len(pieces) == 1:
                found[pieces[0]] = found.get(pieces[0], 0) | behind
    return found


def _restored(source: ModelInput, hypotheses: Sequence[Scored], marked: Marked) -> list[Scored]:
    """Those hypotheses that have the source's marks, with them in place."""
    texts = [(source.restore(one.text, marked), one.score) for one in hypotheses]
    return [Scored(text, score) for text, score in texts if text is not None]


def _is_text(part: str) -> bool:
    return any(character.isalpha() for character in part) and not MARK.search(part)


def _split_keeping(core: str) -> list[str]:
    """The sentence cut around its marks."""
    found, start = [], 0
    for match in MARK.finditer(core):
        found += [core[start : match.start()], match[0]]
        start = match.end()
    return [part for part in [*found, core[start:]] if part]


def _spaced_like(source: str, text: str) -> str:
    """``text`` with the spacing that ``source`` has at its ends."""
    start, end = len(source) - len(source.lstrip()), len(source.rstrip())
    return source[:start] + text.strip() + source[end:]
