"""A Marian model of OPUS-MT's size, imported: what the gate chooses, and what that costs.

    python -m benchmarks.opus_size make FOLDER            (with transformers and sentencepiece)
    python -m training.translation import --model FOLDER --text TEXTS --source en --target de \
        --out IMPORTED
    python -m benchmarks.opus_size int8 FOLDER INT8
    python -m benchmarks.opus_size measure FOLDER IMPORTED INT8   (with CTranslate2 as well)

``make`` writes a folder as transformers does: 512 wide, 6+6 layers, two sentencepiece models, about
59,000 pieces. Its weights are random, so what it writes means nothing; how large it is, how long it
takes to load and how long a piece takes does not depend on that. No int8 is faithful to choices
between random neighbours, so the gate takes fp32; ``int8`` writes that folder without asking it.
``measure`` compares both with CTranslate2 on the same weights, each in a process of its own.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import write
from shared.models.folder import TOKENIZER_FILE

PIECES = 32_000  # of each sentencepiece model
SHARED = 5_900  # of them, those that both have: digits, names, signs
ROUNDS = 3
TEXTS = [
    "Where is my order 10045?",
    "The lamp arrived broken, and I would like to have my money back.",
    "Wear safety goggles and gloves, and unplug the saw before changing the blade.",
    "Available in red, navy, olive and sand.",
    "Our returns desk is open from Monday to Friday between nine and five.",
    "Please send the invoice to the address on my account.",
]
PEER = "ctranslate2"
LONGEST = 24  # pieces that each side writes, since random weights do not end a sentence


def sentencepiece_model(path: Path, pieces: list[str]) -> None:
    """A Unigram model of given pieces, the commoner ones first."""
    from sentencepiece import sentencepiece_model_pb2 as format_

    model = format_.ModelProto()
    model.trainer_spec.model_type = format_.TrainerSpec.UNIGRAM
    model.trainer_spec.vocab_size = len(pieces) + 3
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = True
    model.normalizer_spec.remove_extra_whitespaces = True
    model.normalizer_spec.escape_whitespaces = True
    kind = format_.ModelProto.SentencePiece
    for text, role in (("<unk>", kind.UNKNOWN), ("<s>", kind.CONTROL), ("</s>", kind.CONTROL)):
        model.pieces.add(piece=text, score=0.0, type=role)
    for place, text in enumerate(pieces):
        model.pieces.add(piece=text, score=-2.0 - 10.0 * place / len(pieces), type=kind.NORMAL)
    path.write_bytes(model.SerializeToString())


def vocabulary() -> tuple[list[str], list[str]]:
    """Pieces of the source and of the target: letters, words of `TEXTS`, and others."""
    letters = [chr(number) for number in range(33, 127)]
    words = dict.fromkeys(f"▁{word}" for text in TEXTS for word in text.split())
    both = [*letters, "▁", *words, *(f"▁both{number}" for number in range(SHARED))][:SHARED]
    sides = [
        [*both, *(f"▁{side}{number}" for number in range(PIECES - SHARED))]
        for side in ("source", "target")
    ]
    return sides[0], sides[1]


def make(folder: Path) -> None:
    """Write the folder as `transformers` and OPUS-MT's converter do."""
    import torch
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    source, target = vocabulary()
    for name, pieces in (("source", source), ("target", target)):
        sentencepiece_model(folder / f"{name}.spm", pieces)
    joint = [*dict.fromkeys(["</s>", "<unk>", *source, *target]), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({text: n for n, text in enumerate(joint)}))
    files = (str(folder / name) for name in ("source.spm", "target.spm", "vocab.json"))
    MarianTokenizer(*files, source_lang="en", target_lang="de").save_pretrained(folder)
    torch.manual_seed(0)
    MarianMTModel(
        MarianConfig(
            vocab_size=len(joint),
            decoder_vocab_size=len(joint),
            d_model=512,
            encoder_layers=6,
            decoder_layers=6,
            encoder_attention_heads=8,
            decoder_attention_heads=8,
            encoder_ffn_dim=2_048,
            decoder_ffn_dim=2_048,
            max_position_embeddings=512,
            activation_function="swish",
            scale_embedding=True,
            static_position_embeddings=True,
            pad_token_id=len(joint) - 1,
            eos_token_id=0,
            bos_token_id=0,
            decoder_start_token_id=len(joint) - 1,
            forced_eos_token_id=None,
            num_beams=4,
        )
    ).save_pretrained(folder)
    (folder / "texts.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    print(f"wrote {folder}: {len(joint):,} pieces")


Way = Callable[[str], None]  # translates a text


def ours(folder: Path) -> Way:
    """The served folder: the likeliest piece at each of `LONGEST` steps, whatever it is."""
    from functions.translation.decoding.model import MarianModel

    model = MarianModel.load(folder)
    (target,) = model.spec.targets

    def translate(text: str) -> None:
        row = [*model.tokenizer.encode(text).ids, model.end]
        decoder = model.decoder(target, [row])
        with decoder.start(model.encode([row]), LONGEST) as state:
            for _ in range(LONGEST):
                state.ids[:, 0] = decoder.pieces[state.step()[:, 0].argmax(axis=1)]

    return translate


def peer(folder: Path) -> Way:
    """CTranslate2 in int8, with the same vocabulary."""
    import ctranslate2
    from tokenizers import Tokenizer

    translator = ctranslate2.Translator(
        str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
    )
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))

    def translate(text: str) -> None:
        row = [*tokenizer.encode(text).tokens, "</s>"]
        translator.translate_batch(
            [row], beam_size=1, max_decoding_length=LONGEST, min_decoding_length=LONGEST
        )

    return translate


def convert(folder: Path, served: Path) -> None:
    """Write what `peer` takes, into ``folder``/`PEER`."""
    from ctranslate2.converters import TransformersConverter

    out = folder / PEER
    TransformersConverter(str(folder)).convert(str(out), quantization="int8", force=True)
    shutil.copyfile(served / TOKENIZER_FILE, out / TOKENIZER_FILE)


def timed(make_way: Callable[[Path], Way], folder: Path) -> dict[str, Any]:
    """Processor time and memory of one way, in this process."""
    start = time.process_time()
    way = make_way(folder)
    way(TEXTS[0])
    found: dict[str, Any] = {"first_translation_s": round(time.process_time() - start, 2)}
    times = []
    for _ in range(ROUNDS):
        for text in TEXTS:
            begun = time.process_time()
            way(text)
            times.append((time.process_time() - begun) * 1e3)
    found["sentence_ms"] = round(median(times), 1)
    lines = Path("/proc/self/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    found["resident_mb"] = round(int(status["VmRSS"].split()[0]) / 1024)
    return found


def in_process(kind: str, folder: Path) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.opus_size", kind, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def size_mb(folder: Path) -> float:
    """Of all files of a folder."""
    sizes = (path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return round(sum(sizes) / 1e6, 1)


def write_int8(folder: Path, out: Path) -> None:
    """The first scheme that the gate looks at, whatever the gate says."""
    from training.translation import importing
    from training.translation.config import ImportOptions
    from training.translation.folder import Facts
    from training.translation.publish import Candidate

    options = ImportOptions(
        model=str(folder), text=folder / "texts.txt", source="en", target=("de",)
    )
    found = importing.read(options)
    pairs = importing.own_translations(found.model, found.tokenizer, TEXTS, "en", "de")
    facts = Facts("opus-size", "none", ("en",), ("de",), {"command": "none"}, ())
    pieces = importing.pieces_for(options, found)
    candidate = Candidate(found.model, found.tokenizer, pieces, pairs, (), facts)
    candidate.write(candidate.precisions()[0], out)


def measure(folder: Path, imported: Path, int8: Path) -> None:
    """Write results/opus_size.json."""
    spec = json.loads((imported / "spec.json").read_text())
    if not (folder / PEER / TOKENIZER_FILE).exists():
        command = [sys.executable, "-m", "benchmarks.opus_size", "convert", str(folder), str(int8)]
        subprocess.run(command, check=True)
    by_peer = in_process("peer", folder / PEER)
    result = {
        "unit": f"processor milliseconds for a sentence of {LONGEST} pieces, one thread",
        "pieces": spec["parameters"]["vocab_size"],
        "gate": spec["quantization"],
        "ours, as imported": {"size_mb": size_mb(imported), **in_process("ours", imported)},
        "ours, int8": {"size_mb": size_mb(int8), **in_process("ours", int8)},
        "CTranslate2, int8": {"size_mb": size_mb(folder / PEER), **by_peer},
    }
    path = write("opus_size", "python -m benchmarks.opus_size measure FOLDER IMPORTED INT8", result)
    print(f"wrote {path.name}")


def main(argv: list[str] | None = None) -> None:
    """Make the folder, or measure what was imported of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=("make", "int8", "convert", "measure", "ours", "peer"))
    parser.add_argument("folders", nargs="+", type=Path)
    args = parser.parse_args(argv)
    if args.what in ("ours", "peer"):
        print(json.dumps(timed({"ours": ours, "peer": peer}[args.what], args.folders[0])))
    elif args.what == "make":
        make(args.folders[0])
    elif args.what in ("int8", "convert"):
        {"int8": write_int8, "convert": convert}[args.what](args.folders[0], args.folders[1])
    else:
        measure(*args.folders[:3])


if __name__ == "__main__":
    main()
