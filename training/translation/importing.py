"""Any Marian checkpoint, such as those of OPUS-MT, as a served model.

The checkpoint's two sentencepiece models and its vocab.json become one tokenizer.json, which is
proved to give the same ids on sample text before anything is written.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    normalizers,
    pre_tokenizers,
)
from tokenizers.models import Unigram
from transformers import MarianMTModel, MarianTokenizer

from training.command import models_folder
from training.errors import DataError
from training.published import Published
from training.translation import golden
from training.translation.config import ImportOptions
from training.translation.data import read_file
from training.translation.datasets import PHRASES
from training.translation.evaluate import TestSet
from training.translation.pairs import Pair, read_tsv
from training.translation.publish import Candidate, Facts, publish
from training.translation.quantize import all_pieces

UNUSED_SCORE = -1e4  # of a piece that only the target side has, so that no source is cut into it
PROOF_LINES = 500
CALIBRATION_LINES = 256  # for all targets together
GOLDEN_FROM_TRANSLATIONS = 3
PHRASE_LANGUAGES = ("en", "de", "fr", "es")  # columns of the project's own phrases
_NAME = re.compile(r"-([a-z]{2,3})-([a-z]{2,3})$")
_TAG = re.compile(r"^>>([a-z]{2,3})<<$")


def convert_tokenizer(slow: MarianTokenizer) -> Tokenizer:
    """One tokenizer over the checkpoint's ids, cut like its source-side sentencepiece model.

    Args:
        slow: `transformers`' own, with both sentencepiece models.
    """
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto.FromString(slow.spm_source.serialized_model_proto())
    scores = {piece.piece: piece.score for piece in proto.pieces if piece.type == piece.NORMAL}
    size = max(slow.encoder.values()) + 1
    named = {number: text for text, number in slow.encoder.items()}
    pieces = [named.get(number, f"<unused{number}>") for number in range(size)]
    tokenizer = Tokenizer(
        Unigram(
            [(piece, scores.get(piece, UNUSED_SCORE)) for piece in pieces],
            unk_id=slow.unk_token_id,
        )
    )
    steps: list[Any] = [normalizers.Replace(Regex(" {2,}"), " ")]
    if proto.normalizer_spec.precompiled_charsmap:
        steps.insert(0, normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap))
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    special = [slow.eos_token, slow.unk_token, slow.pad_token]
    special += [text for text in slow.encoder if _TAG.match(text)]
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return tokenizer


def prove_equal(slow: MarianTokenizer, fast: Tokenizer, lines: Sequence[str]) -> None:
    """Compare both tokenizers on every line.

    Raises:
        DataError: on the first difference.
    """
    for line in lines:
        wanted = slow(line).input_ids[:-1]
        found = fast.encode(line).ids
        if wanted != found:
            raise DataError(
                f"The converted vocabulary cuts {line!r} into {fast.encode(line).tokens}, the "
                f"checkpoint's into {slow.convert_ids_to_tokens(wanted)}: this checkpoint cannot "
                "be imported."
            )


def load(name: str) -> tuple[MarianMTModel, MarianTokenizer]:
    """The checkpoint of a hub id or folder.

    Raises:
        DataError: it is no Marian checkpoint, or its embeddings are not one table.
    """
    try:
        slow = MarianTokenizer.from_pretrained(name)
        model = MarianMTModel.from_pretrained(name).eval()
    except (OSError, ValueError, TypeError) as error:
        raise DataError(
            f"{name} is neither a folder nor a hub id of a Marian checkpoint that transformers "
            f"can load (source.spm, target.spm, vocab.json and weights): {error}"
        ) from error
    if not model.config.share_encoder_decoder_embeddings:
        raise DataError(f"{name} has an embedding for each side; only a shared one can be served.")
    return model, slow


def languages_of(
    options: ImportOptions, slow: MarianTokenizer
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Source and target codes: the options', the tags', the tokenizer's or the name's.

    Raises:
        DataError: none of them says.
    """
    named = _NAME.search(options.model.rstrip("/"))
    source = options.source or slow.source_lang or (named and named[1])
    tags = tuple(match[1] for match in map(_TAG.match, slow.encoder) if match)
    single = slow.target_lang or (named and named[2])
    targets = options.target or tags or ((single,) if single else ())
    if not source or not targets:
        raise DataError("The checkpoint does not say its languages: give --source and --target.")
    if tags and not set(targets) <= set(tags):
        raise DataError(f"--target must be of the checkpoint's tags: {', '.join(tags)}")
    return (source,), targets


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
    model: MarianMTModel, fast: Tokenizer, lines: Sequence[str], source: str, target: str
) -> list[Pair]:
    """The checkpoint's own greedy translations: what its decoder will see when it serves."""
    import torch

    number = fast.token_to_id(f">>{target}<<")
    head = [] if number is None else [number]
    pairs = []
    for line in lines:
        ids = [*head, *fast.encode(line).ids, model.config.eos_token_id]
        written = model.generate(
            input_ids=torch.tensor([ids]), num_beams=1, do_sample=False, max_new_tokens=2 * len(ids)
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


def run(options: ImportOptions) -> Published:
    """Import a checkpoint.

    Raises:
        DataError: it cannot be imported.
        GateError: its int8 model is not faithful; nothing was published.
    """
    model, slow = load(options.model)
    sources, targets = languages_of(options, slow)
    lines = sample_lines(options, sources[0])
    fast = convert_tokenizer(slow)
    prove_equal(slow, fast, lines)
    print(f"the converted vocabulary gives the same ids on {len(lines)} lines")
    few = lines[: max(1, CALIBRATION_LINES // len(targets))]
    calibration = [
        pair
        for target in targets
        for pair in own_translations(model, fast, few, sources[0], target)
    ]
    name = options.name or Path(options.model).name
    tests = [TestSet(path.name, "test", read_file(path, sources, targets)) for path in options.test]
    facts = Facts(
        name=name,
        licence=options.licence or f"as stated for {name}",
        languages=sources,
        targets=targets,
        training={"command": options.made_by, "imported_from": options.model},
        data=(),
        golden=examples_of(options, sources, targets, calibration),
    )
    pieces = all_pieces(targets, model.config.vocab_size, model.config.pad_token_id)
    sets = tests or [TestSet("own translations", "calibration", calibration)]
    out = options.out or models_folder(name)
    candidate = Candidate(model, fast, pieces, calibration, sets, facts)
    return publish(candidate, out, options.card or out / "README.md")
