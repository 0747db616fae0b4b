"""Any Marian or BART checkpoint as a served model.

Marian's, such as those of OPUS-MT, bring two sentencepiece models, of which one tokenizer.json is
made and proved to give the same ids on sample text before anything is written. BART's must have a
tokenizer.json of this project's form: target tags, and nothing added around a text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import AutoConfig

from training.command import models_folder
from training.errors import DataError
from training.published import Published
from training.translation import bart_checkpoint, golden, marian_checkpoint
from training.translation.config import ImportOptions
from training.translation.data import by_direction, read_file
from training.translation.datasets import PHRASES
from training.translation.evaluate import TestSet
from training.translation.folder import Facts
from training.translation.pairs import Pair, read_tsv
from training.translation.placeholder_rows import give_placeholders
from training.translation.publish import Candidate, publish
from training.translation.quantize import all_pieces, pieces_of
from training.translation.shapes import Model
from training.translation.vocabulary import tag

PROOF_LINES = 500
CALIBRATION_LINES = 256  # for all directions together
GOLDEN_FROM_TRANSLATIONS = 3
PHRASE_LANGUAGES = ("en", "de", "fr", "es")  # columns of the project's own phrases


@dataclass(frozen=True)
class Checkpoint:
    """What is imported.

    Attributes:
        lines: sample text of each source language.
    """

    model: Model
    tokenizer: Tokenizer
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    lines: Mapping[str, list[str]]

    @property
    def directions(self) -> list[tuple[str, str]]:
        """Source and target of each."""
        return [(s, t) for s in self.sources for t in self.targets if s != t]


def read(options: ImportOptions) -> Checkpoint:
    """The checkpoint of a hub id or folder.

    Raises:
        DataError: it is neither Marian's nor BART's, or does not say its languages.
    """
    try:
        kind = AutoConfig.from_pretrained(options.model).model_type
    except (OSError, ValueError):
        kind = ""  # Marian's reader tells what is missing
    if kind == "bart":
        model, plain = bart_checkpoint.load(options.model)
        sources, targets = bart_checkpoint.languages_of(options, plain)
        lines = _samples(options, sources)
        tokenizer = give_placeholders(model, plain, lines)
        return Checkpoint(model, tokenizer, sources, targets, lines)
    model, slow = marian_checkpoint.load(options.model)
    sources, targets = marian_checkpoint.languages_of(options, slow)
    lines = _samples(options, sources)
    tokenizer = marian_checkpoint.convert_tokenizer(slow)
    marian_checkpoint.prove_equal(slow, tokenizer, lines[sources[0]])
    print(f"the converted vocabulary gives the same ids on {len(lines[sources[0]])} lines")
    return Checkpoint(model, tokenizer, sources, targets, lines)


def _samples(options: ImportOptions, sources: tuple[str, ...]) -> dict[str, list[str]]:
    if options.text and len(sources) > 1:
        raise DataError(
            f"--text is of one language, and the model reads {', '.join(sources)}: give --source."
        )
    return {source: sample_lines(options, source) for source in sources}


def sample_lines(options: ImportOptions, source: str) -> list[str]:
    """Lines in the source language to prove the vocabulary and find int8 ranges on.

    Raises:
        DataError: there are none for this language.
    """
    if options.text:
        return _read_lines(options.text)
    if source not in PHRASE_LANGUAGES:
        raise DataError(f"No sample text for {source} comes with the project: give --text FILE.")
    column = PHRASE_LANGUAGES.index(source)
    rows = [row for name in PHRASES for row in read_tsv(Path(__file__).parent / name)]
    return [row[column] for row in rows][:: max(1, len(rows) // PROOF_LINES)]


def _read_lines(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"--text {path} must be a file of UTF-8 lines: {error}") from error
    found = [line for line in lines if line][:PROOF_LINES]
    if not found:
        raise DataError(f"--text {path} has no lines; give some in the source language.")
    return found


def own_translations(
    model: Model, fast: Tokenizer, lines: Sequence[str], source: str, target: str
) -> list[Pair]:
    """The checkpoint's own greedy translations: what its decoder will see when it serves."""
    import torch

    number = fast.token_to_id(tag(target))
    head = [] if number is None else [number]
    pairs = []
    for line in lines:
        ids = [*head, *fast.encode(line).ids, model.config.eos_token_id]
        if len(ids) >= model.config.max_position_embeddings:
            continue  # no position for its last pieces
        written = model.generate(
            input_ids=torch.tensor([ids]),
            num_beams=1,
            do_sample=False,
            max_new_tokens=min(2 * len(ids), model.config.max_position_embeddings - 1),
        )[0]
        text = fast.decode(written.tolist(), skip_special_tokens=True)
        pairs.append(Pair(line, text, source, target))
    return pairs


def examples_of(
    options: ImportOptions,
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    calibration: Sequence[Pair],
) -> list[golden.Example]:
    """The golden sentences that the options name, and the first of the model's own."""
    named = golden.read_golden(options.golden, sources, targets) if options.golden else []
    return named + [
        golden.Example(pair.source, pair.source_language, pair.target_language, ())
        for pair in calibration[:GOLDEN_FROM_TRANSLATIONS]
    ]


def pieces_for(options: ImportOptions, found: Checkpoint) -> Mapping[str, NDArray[np.uint16]]:
    """The columns of each language's output layer: every piece, or those of ``--pairs``."""
    config = found.model.config
    if not options.pairs:
        return all_pieces(found.tokenizer, found.targets, config.pad_token_id)
    texts: dict[str, list[str]] = {target: [] for target in found.targets}
    for path in options.pairs:
        for pair in read_file(path, found.sources, found.targets):
            texts[pair.target_language].append(pair.target)
    missing = [target for target, lines in texts.items() if not lines]
    if missing:
        raise DataError(
            f"--pairs has no texts in {', '.join(missing)}: give some in every target language, "
            "or none at all to write with every piece."
        )
    return pieces_of(found.tokenizer, texts, config.pad_token_id)


def run(options: ImportOptions) -> Published:
    """Import a checkpoint.

    Raises:
        DataError: it cannot be imported.
        GateError: no precision is faithful; nothing was published.
    """
    found = read(options)
    pieces = pieces_for(options, found)
    count = max(1, CALIBRATION_LINES // len(found.directions))
    calibration = [
        pair
        for source, target in found.directions
        for pair in own_translations(
            found.model, found.tokenizer, found.lines[source][:count], source, target
        )
    ]
    name = options.name or Path(options.model).name
    tests = by_direction(options.test, found.sources, found.targets)
    sets = [TestSet(name, "test", pairs) for name, pairs in tests.items()]
    facts = Facts(
        name=name,
        licence=options.licence or f"as stated for {name}",
        languages=found.sources,
        targets=found.targets,
        training={"command": options.made_by, "imported_from": options.model},
        data=(),
        golden=examples_of(options, found.sources, found.targets, calibration),
    )
    out = options.out or models_folder(name)
    candidate = Candidate(
        found.model, found.tokenizer, pieces, calibration, sets or own_sets(calibration), facts
    )
    return publish(candidate, out, options.card or out / "README.md")


def own_sets(calibration: Sequence[Pair]) -> list[TestSet]:
    """The checkpoint's own translations, by direction."""
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in calibration:
        groups.setdefault((pair.source_language, pair.target_language), []).append(pair)
    if len(groups) == 1:
        return [TestSet("own translations", "calibration", list(calibration))]
    return [
        TestSet(f"own translations {source}-{target}", "calibration", pairs)
        for (source, target), pairs in groups.items()
    ]
