"""Any Marian checkpoint, such as those of OPUS-MT, as a served model.

The checkpoint's two sentencepiece models and its vocab.json become one tokenizer.json, which is
proved to give the same ids on sample text before anything is written.
"""

import argparse
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

from shared.models.spec import ModelSpec
from training.errors import DataError
from training.translation import golden
from training.translation.data import read_file
from training.translation.datasets import PHRASES
from training.translation.pairs import Pair, read_tsv
from training.translation.pipeline import TestSet, publish
from training.translation.publish import Facts
from training.translation.quantize import all_pieces

UNUSED_SCORE = -1e4  # of a piece that only the target side has, so that no source is cut into it
PROOF_LINES = 500
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
    args: argparse.Namespace, slow: MarianTokenizer
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Source and target codes: the command line's, the tags', the tokenizer's or the name's.

    Raises:
        DataError: none of them says.
    """
    named = _NAME.search(str(args.model).rstrip("/"))
    source = args.source or slow.source_lang or (named and named[1])
    tags = tuple(match[1] for match in map(_TAG.match, slow.encoder) if match)
    single = slow.target_lang or (named and named[2])
    targets = tuple(args.target or ()) or tags or ((single,) if single else ())
    if not source or not targets:
        raise DataError("The checkpoint does not say its languages: give --source and --target.")
    if tags and not set(targets) <= set(tags):
        raise DataError(f"--target must be of the checkpoint's tags: {', '.join(tags)}")
    return (source,), targets


def sample_lines(args: argparse.Namespace, source: str) -> list[str]:
    """Lines in the source language to prove the vocabulary and find int8 ranges on.

    Raises:
        DataError: there are none for this language.
    """
    if args.text:
        try:
            lines = [line.strip() for line in args.text.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"--text {args.text} must be a file of UTF-8 lines: {error}") from error
        found = [line for line in lines if line][:PROOF_LINES]
        if not found:
            raise DataError(f"--text {args.text} has no lines; give some in the source language.")
        return found
    if source not in PHRASE_LANGUAGES:
        raise DataError(f"No sample text for {source} comes with the project: give --text FILE.")
    column = PHRASE_LANGUAGES.index(source)
    rows = [row for name in PHRASES for row in read_tsv(Path(__file__).parent / name)]
    return [row[column] for row in rows][:: max(1, len(rows) // PROOF_LINES)]


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


def run(args: argparse.Namespace, command: str) -> ModelSpec:
    """Import a checkpoint.

    Raises:
        DataError: it cannot be imported.
        GateError: its int8 model is not faithful; nothing was published.
    """
    model, slow = load(args.model)
    sources, targets = languages_of(args, slow)
    lines = sample_lines(args, sources[0])
    fast = convert_tokenizer(slow)
    prove_equal(slow, fast, lines)
    print(f"the converted vocabulary gives the same ids on {len(lines)} lines")
    calibration = [
        pair
        for target in targets
        for pair in own_translations(
            model, fast, lines[: max(1, 256 // len(targets))], sources[0], target
        )
    ]
    name = args.name or Path(args.model).name
    examples = golden.read_golden(args.golden, sources, targets) if args.golden else []
    examples += [
        golden.Example(pair.source, pair.source_language, pair.target_language, ())
        for pair in calibration[:3]
    ]
    tests = [
        TestSet(path.name, "test", read_file(path, list(sources), list(targets)))
        for path in args.test
    ]
    out = args.out or Path("build/models") / name
    facts = Facts(
        name=name,
        licence=args.licence or f"as stated for {name}",
        languages=sources,
        targets=targets,
        training={"command": command, "imported_from": str(args.model)},
        data=(),
        golden=examples,
    )
    pieces = all_pieces(targets, model.config.vocab_size, model.config.pad_token_id)
    sets = tests or [TestSet("own translations", "calibration", calibration)]
    card = args.card or out / "README.md"
    return publish(model, fast, pieces, calibration, sets, facts, out, card)
