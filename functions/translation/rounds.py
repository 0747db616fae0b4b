"""Sentences through one direction of a model: translated, checked, and where need be done again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from functions.translation.confidence import Known
from functions.translation.schemas import Fault
from functions.translation.text import lexicon
from functions.translation.text.attempts import NOT_FAR, Attempt, Scored, Unit, is_near
from functions.translation.text.checks import GRAVE, faults
from functions.translation.text.normal import readable
from functions.translation.text.plan import Planner
from functions.translation.text.spans import Marked
from functions.translation.text.tidy import contracted, figures_apart
from functions.translation.translator import Sentence
from shared.process.deadline import check_deadline

Translate = Callable[[Sequence[Sentence]], list[list[Scored]]]
ROUNDS = 4
MOST_MISSING = 0.2  # share of the known words that may be missing, where none need look
# What a reader must be told rightly, however well the rest is said.
STATED: frozenset[Fault] = frozenset(("negation", "hazard", "list"))
# What is seldom a false alarm: it is given up even for what is less likely.
LEFT: frozenset[Fault] = frozenset(("name", "untranslated", "repetition"))
# For these a sentence is taken apart; what comes of that is worse English, or worse German.
TAKEN_APART: frozenset[Fault] = GRAVE | STATED | {"repetition", "name"}
SURE = -0.4  # score of a translation whose tokens have a probability of two thirds
WORDED = {"en-pt", "pt-en"}  # directions with wordings
WORDS_UNSCORED = 2  # that a translation must have more, where the search gives no scores


@dataclass(frozen=True)
class Rendering:
    """What came of one attempt.

    Attributes:
        texts: translations, the one with the fewest faults first.
        faults: of the first.
        missing: words of the sentence that the first has no meaning of.
        known: words of the sentence whose meanings are known.
        complete: whether the model dealt with all of the sentence.
        choice: which of the model's translations the first is, from 0; 0 too where it is another
            only for the words that it has.
        score: how sure the model is of the first, as `Scored` has it.
    """

    texts: list[str]
    faults: list[Fault]
    missing: int = 0
    known: int = 0
    complete: bool = True
    choice: int = 0
    score: float = 0.0

    @property
    def lacks_meaning(self) -> bool:
        """Whether so much is missing that the first may say something else."""
        return self.missing > 0 and self.missing >= MOST_MISSING * self.known

    def known_of(self, core: str) -> Known:
        """What says how likely it is right, as the translation of a marked sentence."""
        share = self.missing / self.known if self.known else 0.0
        return Known.of(core, score=self.score, missing=share, faulty=bool(self.faults))

    @property
    def scored(self) -> Scored:
        """The first."""
        return Scored(self.texts[0], self.score)

    @property
    def untrue(self) -> tuple[bool, int, int]:
        """What counts more than how likely a translation is, the least first."""
        grave, stated = (sum(one in kinds for one in self.faults) for kinds in (GRAVE, STATED))
        return not self.complete, grave, stated

    @property
    def rank(self) -> tuple[bool, int, int, int, int, int]:
        """What is preferred comes first: complete, true, without faults, what the model prefers."""
        faults = len(self.faults)
        return *self.untrue, faults + self.missing, faults, self.choice

    def outdoes(self, before: "Rendering") -> bool:
        """Whether it is to be had in place of what an earlier attempt gave.

        What is wrong for sure is given up for anything better, what is nearly sure for what is
        not far less likely, a word that may be none for what is likelier. A word that is missing
        may only be said in another way: the model must have been unsure, and be surer now.
        """
        if self.untrue != before.untrue:
            return self.untrue < before.untrue
        if self.rank >= before.rank:
            return False
        if len(self.faults) < len(before.faults):
            mended = {*before.faults} - {*self.faults}
            return self.score >= (NOT_FAR if LEFT & mended else 1.0) * before.score
        if self.missing == before.missing:
            return self.score >= before.score
        if not self.score or not before.score:
            return before.missing - self.missing >= WORDS_UNSCORED
        return before.score < SURE and self.score > before.score


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
    _best: Rendering | None = None
    _tried: list[list[str]] = field(default_factory=list)
    _first_mark: int = 0

    def __post_init__(self) -> None:
        self._first_mark = len(self.planner.marked.spans)

    @property
    def rendering(self) -> Rendering:
        """The best so far."""
        return self._best or Rendering([], [], complete=False)

    def is_done(self, number: int) -> bool:
        """Whether nothing is left to be tried in round ``number``.

        Words that are missing alone are no reason to translate again, but with stand-ins.
        """
        best = self.rendering
        sound = best.complete and not best.faults and not best.choice
        return sound and (number > 1 or not best.missing)

    def next_attempt(self, number: int) -> Attempt | None:
        """What to try in round ``number``; None where it is what was tried before."""
        attempt: Attempt | None
        if number == 0:
            attempt = self.planner.first(self.core)
        elif number == 1:
            attempt = self._with_stand_ins()
        elif number == 2:
            attempt = self.planner.second(self.core, self.rendering.faults)
        elif not self.rendering.complete or TAKEN_APART & {*self.rendering.faults}:
            attempt = self.planner.third(self.core)
        else:
            return None
        if attempt is None:
            return None
        cores = [unit.core for unit in attempt.units]
        if cores in self._tried:
            return None
        self._tried.append(cores)
        return attempt

    def _with_stand_ins(self) -> Attempt | None:
        best = self.rendering
        fluent = not best.faults and SURE <= best.score < 0
        if not best.missing or not best.texts or fluent:
            return None
        return self.planner.stand_ins(self.core, self._shown(best.texts[0]), best.faults)

    def judge(self, attempt: Attempt) -> None:
        """Keep what came of an attempt, the translation with the fewest faults first."""
        target, marked = self.planner.target, self.planner.marked
        texts: dict[str, float] = {}
        for one in attempt.results:
            text = figures_apart(one.text, self.core, marked)
            texts.setdefault(contracted(text, target, marked), one.score)
        judged: list[Rendering] = []
        for place, (text, score) in enumerate(texts.items()):
            found, missing, known = self._faults(text), 0, 0
            if attempt.units:
                missing, known = self._missing(text)
            else:  # the tables are right in all but what is not theirs
                found = [fault for fault in found if fault in GRAVE]
            judged.append(Rendering([text], found, missing, known, choice=place, score=score))
            if not found and not missing and self.best == 1:
                break
        if attempt.units and not any(unit.results for unit in attempt.units):
            judged = []
        if not judged:
            return
        likeliest = judged[0]
        may_be_first = [
            one
            for one in judged
            if is_near(one.scored, likeliest.scored) or one.untrue < likeliest.untrue
        ]
        first = min(may_be_first, key=lambda one: one.rank)
        others = [one.texts[0] for one in judged if one is not first and not GRAVE & {*one.faults}]
        choice = first.choice if judged[0].faults else 0
        best = [*first.texts, *others][: self.best]
        rendering = replace(first, texts=best, complete=attempt.came_through, choice=choice)
        if self._best is None or rendering.outdoes(self._best):
            self._best = rendering

    def _shown(self, text: str) -> str:
        return self.planner.marked.shown_from(text, self._first_mark)

    def _missing(self, text: str) -> tuple[int, int]:
        planner = self.planner
        core = Marked.without(readable(self.core))
        told = Marked.without(self._shown(text))
        lost, known = lexicon.missing(core, told, planner.source, planner.target)
        return len(lost), known

    def _faults(self, text: str) -> list[Fault]:
        planner = self.planner
        core, written = readable(self.core), Marked.without(text)
        return faults(core, self._shown(text), planner.source, planner.target, written)


def run(jobs: Sequence[Job], translate: Translate) -> None:
    """Take every sentence through as many rounds as it needs.

    Raises:
        DeadlineNear: the invocation's time is up.
    """
    for number in range(ROUNDS):
        attempts = []
        for job in jobs:
            check_deadline()
            attempt = None if job.is_done(number) else job.next_attempt(number)
            if attempt is not None:
                attempts.append((job, attempt))
        units = [(unit, job) for job, attempt in attempts for unit in attempt.units]
        if units:
            results = _results([(unit, job.planner) for unit, job in units], translate)
            for (unit, job), found in zip(units, results, strict=True):
                unit.results = found
                job.planner.rank(unit)
        for job, attempt in attempts:
            job.judge(attempt)


def _results(units: Sequence[tuple[Unit, Planner]], translate: Translate) -> list[list[Scored]]:
    """Translations of each unit, the best first."""
    ways = [f"{planner.source}-{planner.target}" for _, planner in units]

    def translated(cores: Sequence[tuple[int, str]]) -> list[list[Scored]]:
        return translate([Sentence(core, units[at][1].marked) for at, core in cores])

    cores = [unit.core for unit, _ in units]
    if not WORDED & {*ways}:
        return translated([*enumerate(cores)])
    from functions.translation.text import wordings  # noqa: PLC0415 - few deployments need it

    return wordings.translations(cores, ways, translated)
