"""Labelled texts: reading, checking and splitting them. Imports without torch."""

import codecs
import csv
import io
import operator
import random
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from shared.models.spec import DataSource
from training.errors import DataError
from training.intent.messages import Message

OUT_OF_SCOPE = "out_of_scope"
OUT_OF_SCOPE_NAMES = {"oos", "out_of_scope", "out-of-scope"}
TEXT_COLUMN, INTENT_COLUMN = "text", "intent"
MIN_PER_INTENT = 2


class DataWarning(UserWarning):
    """Training data that can be used, but that its owner should look at."""


@dataclass(frozen=True, slots=True)
class Split:
    """Texts and the indices of their labels, in the same order.

    Attributes:
        messages: the same with all that is marked in them; None where nothing is.
    """

    texts: list[str]
    labels: list[int]
    messages: list[Message] | None = None

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Dataset:
    """Splits over one list of labels.

    Attributes:
        name: as in spec.json and on the command line.
        labels: class names in the order of the logits; the out-of-scope class comes last.
        test: sets to measure on, by name.
        epochs: makes the messages of an epoch by chance; None for the training split as it is.
        joinable: whether two intents can be asked for as two wishes in one message.
        pairs: held-out messages with two wishes.
    """

    name: str
    labels: list[str]
    train: Split
    validation: Split
    test: dict[str, Split] = field(default_factory=dict)
    sources: tuple[DataSource, ...] = ()
    epochs: Callable[[random.Random], list[Message]] | None = None
    joinable: Callable[[str, str], bool] = operator.ne
    pairs: tuple[Message, ...] = ()

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the slots that are marked in the training texts."""
        marked = self.train.messages or []
        return tuple(sorted({slot.name for message in marked for slot in message.slots}))

    @property
    def denies(self) -> bool:
        """Whether training texts say which intent they deny."""
        return any(message.denied for message in self.train.messages or [])

    @property
    def out_of_scope(self) -> int | None:
        return self.labels.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in self.labels else None


Rows = list[tuple[str, str]]


def read_csv(
    path: Path, text_column: str = TEXT_COLUMN, intent_column: str = INTENT_COLUMN
) -> Rows:
    """(text, intent) of each line of a UTF-8 CSV file with a header.

    Raises:
        DataError: no file, another encoding, a missing column, an empty text or intent.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file.")
    raw = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    try:
        content = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path}, line {line}: not UTF-8. Save the file as UTF-8, for example with "
            f"'iconv -f WINDOWS-1252 -t UTF-8 {path.name}'."
        ) from error
    reader = csv.DictReader(io.StringIO(content, newline=""))
    missing = [
        name for name in (text_column, intent_column) if name not in (reader.fieldnames or ())
    ]
    if missing:
        found = ", ".join(reader.fieldnames or ()) or "nothing"
        raise DataError(
            f"{path}: no column {' and '.join(map(repr, missing))}; the header has {found}. "
            f"The first line must name the columns {text_column},{intent_column}."
        )
    rows: Rows = []
    for row in reader:
        text, intent = (row[text_column] or "").strip(), (row[intent_column] or "").strip()
        if not text or not intent:
            empty = text_column if not text else intent_column
            raise DataError(f"{path}, line {reader.line_num}: empty {empty}. Fill or delete it.")
        rows.append((text, OUT_OF_SCOPE if intent.lower() in OUT_OF_SCOPE_NAMES else intent))
    if not rows:
        raise DataError(f"{path}: a header but no examples.")
    return rows


def _torn_message(name: str, torn: dict[str, Counter[str]], first: dict[str, str]) -> str:
    shown = [
        f"'{first[key]}': " + ", ".join(f"{intent} ({n})" for intent, n in intents.most_common())
        for key, intents in list(torn.items())[:5]
    ]
    return (
        f"{name}: {len(torn)} texts have several intents, of which the most frequent is kept: "
        + "; ".join(shown)
    )


def check_training_rows(rows: Rows, name: str) -> Rows:
    """Rows fit to train on: duplicates dropped, contradictions and thin classes named.

    Raises:
        DataError: fewer than two intents, or one with fewer than `MIN_PER_INTENT` texts.
    """
    by_text: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[str, str] = {}
    for text, intent in rows:
        key = _key(text)
        by_text[key][intent] += 1
        first.setdefault(key, text)
    torn = {key: intents for key, intents in by_text.items() if len(intents) > 1}
    if torn:
        warnings.warn(_torn_message(name, torn, first), DataWarning, 2)
    unique = [(first[key], intents.most_common(1)[0][0]) for key, intents in by_text.items()]
    counts = Counter(intent for _, intent in unique)
    if len(set(counts) - {OUT_OF_SCOPE}) < 2:
        raise DataError(
            f"{name}: only {len(set(counts) - {OUT_OF_SCOPE})} intent; a classifier needs at "
            "least two besides out_of_scope."
        )
    thin = sorted(intent for intent, count in counts.items() if count < MIN_PER_INTENT)
    if thin:
        raise DataError(
            f"{name}: fewer than {MIN_PER_INTENT} different texts for {', '.join(thin)}. Each "
            "intent needs one to train on and one to validate with: add examples or leave the "
            "intent out."
        )
    scarce = sorted(intent for intent, count in counts.items() if count < 10)
    if scarce:
        message = f"{name}: fewer than 10 texts for {', '.join(scarce)}; expect weak accuracy there"
        warnings.warn(message, DataWarning, 2)
    return unique


def label_names(rows: Rows) -> list[str]:
    """All intents in alphabetical order, out of scope last."""
    names = sorted({intent for _, intent in rows})
    if OUT_OF_SCOPE in names:
        names.remove(OUT_OF_SCOPE)
        names.append(OUT_OF_SCOPE)
    return names


def to_split(
    rows: Rows,
    labels: Sequence[str],
    name: str = "test",
    marked: Mapping[str, Message] | None = None,
) -> Split:
    """Rows as a split over known labels.

    A text out of scope gets the label -1 where that is no class of its own.

    Args:
        rows: texts and their intents.
        labels: in the order of the logits.
        name: of the file, for an error.
        marked: messages by their texts, where any has a mark.

    Raises:
        DataError: an intent that is not among ``labels``.
    """
    index = {OUT_OF_SCOPE: -1} | {label: position for position, label in enumerate(labels)}
    unknown = sorted({intent for _, intent in rows} - set(index))
    if unknown:
        raise DataError(f"{name}: intents that the training data has not: {', '.join(unknown)}.")
    texts = [text for text, _ in rows]
    messages = None
    if marked is not None:
        messages = [
            replace(marked.get(text, Message(text, intent)), intent=intent) for text, intent in rows
        ]
    return Split(texts, [index[intent] for _, intent in rows], messages)


def split_rows(rows: Rows, fraction: float, seed: int, *, at_least: int = 1) -> tuple[Rows, Rows]:
    """Rows to keep and rows held out, the same fraction of each intent."""
    rng = random.Random(seed)
    by_intent: dict[str, Rows] = defaultdict(list)
    for row in rows:
        by_intent[row[1]].append(row)
    kept: Rows = []
    held: Rows = []
    for intent in sorted(by_intent):
        members = by_intent[intent]
        rng.shuffle(members)
        count = min(max(at_least, round(len(members) * fraction)), len(members) - 1)
        held += members[:count]
        kept += members[count:]
    return kept, held


def _key(text: str) -> str:
    return " ".join(text.lower().split())


def without(rows: Rows, test_rows: Rows, name: str) -> Rows:
    """Rows whose text is not among the test texts, which would otherwise be learnt by heart."""
    held = {_key(text) for text, _ in test_rows}
    kept = [row for row in rows if _key(row[0]) not in held]
    if len(kept) < len(rows):
        message = f"{name}: {len(rows) - len(kept)} texts are also in the test file; left out here"
        warnings.warn(message, DataWarning, 2)
    return kept
