"""Sentences through one direction of a model: translated, checked, and where need be done again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from functions.translation.schemas import Fault
from functions.translation.text.attempts import Attempt
from functions.translation.text.checks import GRAVE, faults
from functions.translation.text.normal import readable
from functions.translation.text.plan import Planner
from functions.translation.text.tidy import contracted
from functions.translation.translator import Sentence
from shared.process.deadline import check_deadline

Translate = Callable[[Sequence[Sentence]], list[list[str]]]
ROUNDS = 3


@dataclass(frozen=True)
class Rendering:
    """What came of one attempt.

    Attributes:
        texts: translations, the one with the fewest faults first.
        faults: of the first.
        complete: whether the model dealt with all of the sentence.
        choice: which of the model's translations the first is, from 0.
    """

    texts: list[str]
    faults: list[Fault]
    complete: bool = True
    choice: int = 0

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        """What is preferred comes first: complete, true, without faults, what the model prefers."""
        grave = sum(one in GRAVE for one in self.faults)
        return not self.complete, grave, len(self.faults), self.choice


@dataclass(eq=False)
class Job:
    """One sentence on its way.

    Attributes:
        core: marked.
        best: how many translations are wanted of it.
    """

    core: str
    planner: Planner
    best: int
    renderings: list[Rendering] = field(default_factory=list)
    _tried: list[list[str]] = field(default_factory=list)
    _first_mark: int = 0

    def __post_init__(self) -> None:
        self._first_mark = len(self.planner.marked.spans)

    @property
    def rendering(self) -> Rendering:
        """The best so far."""
        return min(self.renderings, key=lambda one: one.rank)

    @property
    def is_done(self) -> bool:
        return bool(self.renderings) and self.rendering.rank == (False, 0, 0, 0)

    def next_attempt(self, number: int) -> Attempt | None:
        """What to try in round ``number``; None where it is what was tried before."""
        if number == 0:
            attempt = self.planner.first(self.core)
        elif number == 1:
            attempt = self.planner.second(self.core, self.rendering.faults)
        else:
            attempt = self.planner.third(self.core)
        cores = [unit.core for unit in attempt.units]
        if cores in self._tried:
            return None
        self._tried.append(cores)
        return attempt

    def judge(self, attempt: Attempt) -> None:
        """Keep what came of an attempt, the translation with the fewest faults first."""
        target, marked = self.planner.target, self.planner.marked
        texts = [contracted(attempt.text(k), target, marked) for k in range(attempt.choices)]
        texts = list(dict.fromkeys(texts))
        judged: list[tuple[str, list[Fault]]] = []
        for text in texts:
            found = self._faults(text)
            judged.append((text, found))
            if not found and self.best == 1:
                break
        ranked = sorted(judged, key=lambda one: Rendering([], one[1]).rank)  # stable
        some = bool(attempt.units) and any(unit.results for unit in attempt.units)
        if attempt.units and not some:
            ranked = []
        first, least = ranked[0] if ranked else ("", [])
        others = [text for text, found in judged if text != first and not GRAVE & set(found)]
        texts = [first, *others][: self.best] if ranked else []
        choice = [text for text, _ in judged].index(first) if ranked else 0
        self.renderings.append(Rendering(texts, least, attempt.came_through, choice))

    def _faults(self, text: str) -> list[Fault]:
        told = self.planner.marked.shown_from(text, self._first_mark)
        return faults(readable(self.core), told, self.planner.source, self.planner.target)


def run(jobs: Sequence[Job], translate: Translate) -> None:
    """Take every sentence through as many rounds as it needs.

    Raises:
        DeadlineNear: the invocation's time is up.
    """
    for number in range(ROUNDS):
        attempts = []
        for job in jobs:
            check_deadline()
            attempt = None if job.is_done else job.next_attempt(number)
            if attempt is not None:
                attempts.append((job, attempt))
        units = [(unit, job) for job, attempt in attempts for unit in attempt.units]
        if units:
            results = translate([Sentence(unit.core, job.planner.marked) for unit, job in units])
            for (unit, _), found in zip(units, results, strict=True):
                unit.results = found
        for job, attempt in attempts:
            job.judge(attempt)
