"""The timed process of translation's peers: CTranslate2, transformers on torch, optimum.

    python -m benchmarks.peers.translators fast|slow THREADS

All run the served model's weights with its tokenizer; ``fast`` is CTranslate2 alone.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from ctranslate2 import Translator
from onnxruntime import SessionOptions
from optimum.onnxruntime import ORTModelForSeq2SeqLM
from tokenizers import Tokenizer

from benchmarks.peers.ctranslate2_model import convert
from benchmarks.peers.marian import load
from benchmarks.translation_blocks import LONGEST, TARGET, Way, count, model_folder, serve
from training.translation.vocabulary import PAD


def ctranslate2_way(model: Any, tokenizer: Tokenizer, threads: int) -> Way:
    """CTranslate2 in int8."""
    folder = Path(tempfile.mkdtemp(prefix="ctranslate2-"))
    convert(model, tokenizer, folder)
    translator = Translator(
        str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=threads
    )
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    tag, end = f">>{TARGET}<<", tokenizer.id_to_token(model.config.eos_token_id)

    def translate(texts: list[str], beams: int) -> int:
        encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        sources = [
            [tag, *(tokenizer.id_to_token(number) for number in encoding.ids), end]
            for encoding in encodings
        ]
        results = translator.translate_batch(
            sources,
            beam_size=beams,
            max_batch_size=max(1, 32 // beams),
            max_decoding_length=LONGEST,
        )
        rows = [[vocabulary[text] for text in result.hypotheses[0]] for result in results]
        tokenizer.decode_batch(rows)
        return count(rows)

    return translate


def generate_way(model: Any, tokenizer: Tokenizer) -> Way:
    """`generate` of transformers, on a torch or an optimum model."""
    tag, end = tokenizer.token_to_id(f">>{TARGET}<<"), model.config.eos_token_id

    def translate(texts: list[str], beams: int) -> int:
        rows = [[tag, *e.ids, end] for e in tokenizer.encode_batch_fast(texts)]
        width = max(map(len, rows))
        ids = torch.tensor([row + [PAD] * (width - len(row)) for row in rows])
        with torch.inference_mode():
            written = model.generate(
                input_ids=ids,
                attention_mask=(ids != PAD).long(),
                num_beams=beams,
                do_sample=False,
                max_new_tokens=LONGEST,
            ).tolist()
        found = [[number for number in row if number not in (PAD, end)] for row in written]
        tokenizer.decode_batch(found)
        return count(found)

    return translate


def make(kind: str, threads: int) -> dict[str, Way]:
    """The ways of one process."""
    torch.set_num_threads(threads)
    model, tokenizer, _ = load(model_folder())
    if kind == "fast":
        return {"CTranslate2, int8": ctranslate2_way(model, tokenizer, threads)}
    ways = {"transformers generate, torch fp32": generate_way(model, tokenizer)}
    heads = {model.config.encoder_attention_heads, model.config.decoder_attention_heads}
    if len(heads) == 1:  # optimum exports no decoder whose heads are not as many as the encoder's
        folder = tempfile.mkdtemp(prefix="optimum-")
        model.save_pretrained(folder)
        options = SessionOptions()
        options.intra_op_num_threads = threads
        exported = ORTModelForSeq2SeqLM.from_pretrained(
            folder, export=True, session_options=options
        )
        ways["optimum ORTModelForSeq2SeqLM, fp32"] = generate_way(exported, tokenizer)
    return ways


if __name__ == "__main__":
    output, sys.stdout = sys.stdout, sys.stderr
    ways = make(sys.argv[1], int(sys.argv[2]))
    sys.stdout = output
    serve(ways)
