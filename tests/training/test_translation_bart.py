"""A BART for all directions of four languages, served from one folder."""

import copy
import itertools

import numpy as np
import onnx
import pytest
import torch
from onnxruntime import InferenceSession
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from transformers import BartForConditionalGeneration

from functions.translation.contract import PLACEHOLDERS
from functions.translation.decoding.hypotheses import repeats
from functions.translation.decoding.model import MarianModel
from functions.translation.text.languages import Routes
from shared.models.spec import read_spec
from tests.training import toy_translation as toy
from training.errors import DataError
from training.graph_builder import value_info
from training.translation import bart_checkpoint, import_model, importing
from training.translation.__main__ import main
from training.translation.batches import encode_pairs
from training.translation.export import write_graphs
from training.translation.firefox.standins import NAMES
from training.translation.folder import Facts, write_folder
from training.translation.marian_builder import MarianBuilder
from training.translation.pairs import Pair
from training.translation.placeholder_rows import give_placeholders
from training.translation.precision import (
    CROSS,
    FP32,
    OUTPUT,
    dynamic,
    int8,
    sensitive,
    smoothed,
    with_apart,
)
from training.translation.quantize import (
    LARGE,
    all_pieces,
    calibrate,
    large_channels,
    losses,
    smoothing_of,
)
from training.translation.scores import decode, forced_agreement, source_ids
from training.translation.served import read_served
from training.translation.shapes import model_of, state_of

pytestmark = pytest.mark.filterwarnings("default")

LANGUAGES = ("de", "en", "es", "fr")
SENTENCES = [" ".join(words) for words in itertools.islice(itertools.permutations(toy.WORDS, 4), 5)]
SENTENCES += [" ".join(toy.WORDS), "red", "new bags"]
FACTS = Facts("bart", "none", LANGUAGES, LANGUAGES, {"command": "none"}, ())


@pytest.fixture(autouse=True)
def few_lines(monkeypatch):
    """What is translated to find ranges on, for all directions together."""
    monkeypatch.setattr(importing, "CALIBRATION_LINES", 48)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return toy.bart(tmp_path_factory.mktemp("bart"), LANGUAGES)


@pytest.fixture(scope="module")
def loaded(checkpoint):
    return bart_checkpoint.load(str(checkpoint))


@pytest.fixture(scope="module")
def pieces(loaded):
    model, tokenizer = loaded
    return all_pieces(tokenizer, LANGUAGES, model.config.pad_token_id)


@pytest.fixture(scope="module")
def fp32(loaded, pieces, tmp_path_factory):
    return write_folder(*loaded, FP32, pieces, FACTS, tmp_path_factory.mktemp("fp32"))


@pytest.fixture(scope="module")
def precisions(loaded):
    model, tokenizer = loaded
    pairs = [Pair(text, text, "en", language) for text in SENTENCES for language in LANGUAGES]
    encoded = encode_pairs(tokenizer, pairs)
    plain = int8(calibrate(model, *encoded))
    smoothing = smoothing_of(model, *encoded)
    smooth = smoothed(calibrate(model, *encoded, smoothing), smoothing)
    lost = losses(model, *encoded, smooth.ranges, smoothing)
    half = sensitive(smooth, lost, 0.5)
    found = {"static": plain, "smooth": smooth, "half": half, "dynamic": dynamic(smooth)}
    some = ["model.encoder.layers.0.fc1", CROSS, "model.decoder.layers.1.self_attn.q_proj"]
    channels = {name: np.array([1, 3]) for name in some}
    found["apart"] = with_apart(calibrate(model, *encoded, apart=channels), channels)
    return found, lost


def test_smoothing_evens_out_channels_and_changes_no_product(loaded, precisions):
    model, layer = loaded[0], "model.encoder.layers.0.fc1"
    factors = precisions[0]["smooth"].smoothing[layer]
    given = torch.randn(6, model.config.d_model) * (1 / torch.from_numpy(factors))
    weight = model.get_submodule(layer).weight
    even = (given * torch.from_numpy(factors)) @ (weight / torch.from_numpy(factors)).T
    torch.testing.assert_close(even, given @ weight.T, rtol=1e-4, atol=1e-4)
    assert set(precisions[0]["smooth"].smoothing) == {
        f"model.{side}.layers.{number}.fc{part}"
        for side in ("encoder", "decoder")
        for number in (0, 1)
        for part in (1, 2)
    }


def test_a_channel_that_stands_out_costs_less_when_smoothed(loaded):
    model = copy.deepcopy(loaded[0])
    norm = model.model.encoder.layers[0].self_attn_layer_norm
    norm.weight.data[3] *= 60
    model.get_submodule("model.encoder.layers.0.fc1").weight.data[:, 3] /= 60
    pairs = [Pair(text, text, "en", "de") for text in SENTENCES]
    encoded = encode_pairs(loaded[1], pairs)
    smoothing = smoothing_of(model, *encoded)
    without = losses(model, *encoded, calibrate(model, *encoded))
    with_it = losses(model, *encoded, calibrate(model, *encoded, smoothing), smoothing)
    layer = "model.encoder.layers.0.fc1"
    assert with_it[layer] < without[layer] / 4


@pytest.fixture(scope="module")
def outlying(loaded):
    """A model in which one channel of a product's input is 60 times as large as it was."""
    model = copy.deepcopy(loaded[0])
    model.model.encoder.layers[0].self_attn_layer_norm.weight.data[3] *= 60
    model.model.encoder.layers[0].self_attn_layer_norm.bias.data[3] *= 60
    model.get_submodule("model.encoder.layers.0.fc1").weight.data[:, 3] /= 60
    pairs = [Pair(text, text, "en", "de") for text in SENTENCES]
    return model, encode_pairs(loaded[1], pairs)


def test_a_channel_that_stands_out_does_not_widen_the_range_of_the_others(outlying):
    model, encoded = outlying
    large = large_channels(model, *encoded)
    layer = "model.encoder.layers.0.fc1"
    assert 3 in large[layer]
    assert OUTPUT not in large
    whole, others = (
        calibrate(model, *encoded)[layer],
        calibrate(model, *encoded, apart=large)[layer],
    )
    assert others[1] - others[0] < (whole[1] - whole[0]) / LARGE


def product(weights, ranges, apart, given):
    """What the graph of one linear layer gives."""
    g = MarianBuilder(weights, ranges, apart=apart)
    g.projection("given", "layer")
    shape = ["rows", given.shape[1]]
    result = ["rows", len(weights["layer.bias"])]
    kind = onnx.TensorProto.FLOAT
    built = g.model([value_info("given", kind, shape)], [value_info("layer.out", kind, result)])
    session = InferenceSession(built.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"given": given})[0]


def test_large_channels_in_fp32_keep_what_int8_would_lose():
    rng = np.random.default_rng(0)
    given = rng.normal(size=(50, 64)).astype(np.float32)
    given[:, [3, 9]] *= 80
    weights = {"layer.weight": rng.normal(size=(32, 64)), "layer.bias": rng.normal(size=32)}
    apart = {"layer": np.array([3, 9])}
    others = np.delete(given, [3, 9], axis=1)
    whole = {"layer": (float(given.min()), float(given.max()))}
    narrow = {"layer": (float(others.min()), float(others.max()))}
    exact = given @ weights["layer.weight"].T + weights["layer.bias"]
    assert np.allclose(product(weights, None, {}, given), exact, atol=1e-3)
    lost, kept = (
        np.abs(product(weights, ranges, channels, given) - exact).mean()
        for ranges, channels in ((whole, {}), (narrow, apart))
    )
    assert kept < lost / 10


def generated(model, row, beams):
    """What transformers' generate writes, without start and end tokens."""
    ids = model.generate(
        input_ids=torch.tensor([row]),
        num_beams=beams,
        do_sample=False,
        max_new_tokens=min(2 * len(row) + 8, 63),
    )[0]
    return [number for number in ids.tolist()[1:] if number]


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("target", ["de", "fr"])
def test_its_graphs_write_what_transformers_writes(loaded, fp32, beams, target):
    """Where that repeats itself, which serving cuts short, it is left out."""
    rows = source_ids(fp32, SENTENCES, target)
    wanted = [generated(loaded[0], row, beams) for row in rows]
    found = decode(fp32, SENTENCES, target, beams)
    both = zip(wanted, found, strict=True)
    compared = [(w, f) for w, f in both if not any(repeats(w[:end]) for end in range(len(w) + 1))]
    assert len(compared) >= 3
    assert [f for _, f in compared] == [w for w, _ in compared]


def test_each_step_s_logits_are_those_of_torch(loaded, fp32):
    model = loaded[0]
    (row,) = source_ids(fp32, SENTENCES[:1], "es")
    written = [9, 40, 77, 12]
    decoder = fp32.decoder("es")
    given = torch.tensor([[model.config.decoder_start_token_id, *written]])
    with torch.inference_mode():
        wanted = model(input_ids=torch.tensor([row]), decoder_input_ids=given).logits[0].numpy()
    known = decoder.pieces != model.config.pad_token_id
    with decoder.start(fp32.encode([row]), 5) as state:
        for position in range(5):
            found = state.step()[0, 0].copy()
            expected = wanted[position, decoder.pieces[known]]
            assert np.allclose(found[known], expected, rtol=1e-4, atol=1e-3)
            if position < 4:
                state.ids[:, 0] = written[position]


@pytest.fixture
def named():
    """A model without placeholders, and its vocabulary, which has names."""
    special = ["</s>", "<unk>", "<pad>", ">>de<<"]
    pieces = [*special, *(f"▁{name}" for name in NAMES), "▁", "r", "o", "t"]
    tokenizer = Tokenizer(Unigram([(piece, -1.0) for piece in pieces], unk_id=1))
    tokenizer.add_special_tokens(special)
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="always")
    return BartForConditionalGeneration(toy.bart_config(len(pieces))), tokenizer


def test_placeholders_are_taken_for_names(named):
    model, plain = named
    before = model.config.vocab_size
    tokenizer = give_placeholders(model, plain, {"de": ["rot"]})
    ids = [tokenizer.token_to_id(text) for text in PLACEHOLDERS]
    assert ids == list(range(before, before + len(PLACEHOLDERS)))
    names = [tokenizer.token_to_id(f"▁{name}") for name in NAMES[: len(ids)]]
    assert torch.equal(model.lm_head.weight[ids], model.model.shared.weight[names])
    assert (model.final_logits_bias[0, ids] > model.final_logits_bias[0, names]).all()
    assert tokenizer.encode("rot ⟦1⟧").ids[-1] == ids[1]
    assert all_pieces(tokenizer, ["de"], 2)["de"][-len(ids) :].tolist() == ids


def test_a_vocabulary_that_would_cut_otherwise_is_refused(named):
    model, plain = named
    plain.pre_tokenizer = Metaspace(prepend_scheme="never")
    with pytest.raises(DataError, match="must cut at spaces"):
        give_placeholders(model, plain, {"de": ["rot"]})


def test_a_vocabulary_without_names_is_refused(named):
    model, plain = named
    pieces = [(piece, -1.0) for piece in ("</s>", "<unk>", "<pad>", ">>de<<", "▁X")]
    plain.model = Unigram(pieces, unk_id=1)
    model.resize_token_embeddings(len(pieces))
    with pytest.raises(DataError, match="lacks 8 placeholders"):
        give_placeholders(model, plain, {})


def test_one_folder_serves_every_pair_directly(fp32):
    routes = Routes.of({"bart": fp32.spec})
    for source, target in itertools.permutations(LANGUAGES, 2):
        assert routes.hops(source, target) == [(source, target)]
    assert len(routes.models) == 12
    assert all(set(language.direct) == set(language.targets) for language in routes.languages())


@pytest.mark.parametrize("name", ["static", "apart", "smooth", "half", "dynamic"])
def test_graphs_built_of_what_is_served_are_the_same(loaded, pieces, precisions, name, tmp_path):
    precision = precisions[0][name]
    folder = tmp_path / "written"
    write_folder(*loaded, precision, pieces, FACTS, folder)
    served = read_served(folder)
    write_graphs(served.config, served.weights, served.precision, served.width, tmp_path / "again")
    for file in ("encoder.onnx", "decoder.onnx"):
        assert (tmp_path / "again" / file).read_bytes() == (folder / file).read_bytes()


def forced_scores(model, texts, written, language):
    """What the model scores each piece with, given all that was written before: (steps, pieces)."""
    found = []
    for text, pieces in zip(texts, written, strict=True):
        sources = source_ids(model, [text], language)
        decoder = model.decoder(language, sources)
        with decoder.start(model.encode(sources), len(pieces) + 1) as state:
            for piece in [*pieces, model.end]:
                found.append(state.step()[0, 0, : decoder.first_placeholder].copy())
                state.ids[:, 0] = piece
    return np.stack(found)


def test_more_exact_products_agree_more(loaded, pieces, precisions, fp32, tmp_path):
    written = decode(fp32, SENTENCES, "de", 1)
    exact = forced_scores(fp32, SENTENCES, written, "de")
    away = {}
    for name, precision in precisions[0].items():
        model = write_folder(*loaded, precision, pieces, FACTS, tmp_path / name)
        compared, _ = forced_agreement(fp32, model, SENTENCES, "de")
        assert compared == len(exact) > 40
        scores = forced_scores(model, SENTENCES, written, "de")
        away[name] = float(np.abs(scores - exact).mean())
    assert away["half"] < away["static"]
    assert away["dynamic"] < away["static"]


def test_the_products_that_lose_most_are_the_exact_ones(precisions):
    found, lost = precisions
    assert set(lost) >= {CROSS, OUTPUT, "model.encoder.layers.0.fc2"}
    half = found["half"]
    chosen = {name for name in lost if name in half.exact | half.dynamic}
    assert len(chosen) == round(len(lost) / 2)
    assert min(lost[name] for name in chosen) >= max(lost[n] for n in set(lost) - chosen)


def test_the_weights_come_back_from_what_is_served(loaded, fp32):
    model = loaded[0]
    served = read_served(fp32._folder)
    assert served.config.model_type == "bart"
    assert (served.config.encoder_attention_heads, served.config.decoder_attention_heads) == (4, 2)
    again = state_of(model_of(served.config, served.weights))
    for name, value in state_of(model).items():
        if name != "final_logits_bias":
            assert np.array_equal(value, again[name])


def test_the_command_imports_it_for_all_directions(checkpoint, tmp_path, capsys):
    pairs = tmp_path / "mine.en-de.tsv"
    pairs.write_text("".join(f"{a}\t{b}\n" for a, b in toy.pairs()[:50]))
    out = tmp_path / "out"
    arguments = ["import", "--model", str(checkpoint), "--target", "de", "--source", "en"]
    assert main([*arguments, "--pairs", str(pairs), "--out", str(out)]) == 0
    model = MarianModel.load(out)
    assert (model.spec.languages, model.spec.targets) == (("en",), ("de",))
    english, german = (
        {number for text in texts for number in model.tokenizer.encode(text).ids}
        for texts in (toy.WORDS, toy.WORDS.values())
    )
    columns = {model.tokenizer.id_to_token(number) for number in model.decoder("de").pieces}
    other = {model.tokenizer.id_to_token(number) for number in english - german}
    assert not {piece for piece in other if len(piece.lstrip("▁")) > 1} & columns
    assert "published" in capsys.readouterr().out


def test_without_options_it_serves_every_tag(checkpoint, tmp_path):
    import_model(model=str(checkpoint), out=tmp_path / "all")
    spec = read_spec(tmp_path / "all")
    assert (spec.languages, spec.targets) == (LANGUAGES, LANGUAGES)
    assert {entry.dataset for entry in spec.fidelity} >= {
        "own translations de-fr",
        "own translations es-en",
    }


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--target", "it"], "one of the checkpoint's tags"),
        (["--text", "README.md"], "give --source"),
        (["--target", "de", "fr", "--pairs", "PAIRS"], "no texts in fr"),
    ],
)
def test_what_does_not_fit_is_told(checkpoint, tmp_path, capsys, more, told):
    pairs = tmp_path / "mine.en-de.tsv"
    pairs.write_text("red\trot\n")
    given = [str(pairs) if argument == "PAIRS" else argument for argument in more]
    assert main(["import", "--model", str(checkpoint), *given]) == 2
    assert told in capsys.readouterr().err
