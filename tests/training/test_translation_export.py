"""The exported graphs against optimum's export and transformers, on the served weights."""

from pathlib import Path

import numpy as np
import pytest
import torch
from optimum.onnxruntime import ORTModelForSeq2SeqLM

from benchmarks.peers.marian import load
from functions.translation.contract import DECODER_FILE, ENCODER_FILE, SEARCH_FILE
from functions.translation.decoding.model import MarianModel
from shared.settings import get_settings
from training.translation.batches import encode_pairs
from training.translation.config import Options
from training.translation.export import write_graphs
from training.translation.folder import Facts, write_folder
from training.translation.pairs import Pair
from training.translation.precision import CROSS, FP32, int8
from training.translation.quantize import all_pieces, calibrate
from training.translation.scores import decode, forced_agreement, source_ids, to_texts
from training.translation.served import layer_weights, read_served
from training.translation.shapes import state_of
from training.translation.starts import former

pytestmark = pytest.mark.filterwarnings("default")

SENTENCES = [
    "Where is my order?",
    "I would like to return these shoes.",
    "Your parcel will arrive tomorrow between 9 and 12.",
    "The jacket is too small, and I would like to exchange it for a larger one.",
    "Hello!",
    "Please enter your e-mail address.",
]
FACTS = Facts("exported", "none", ("en",), ("de",), {"command": "none"}, ())


@pytest.fixture(scope="module")
def served():
    return get_settings().model_dir("translation") / "en-de-fr-es"


@pytest.fixture(scope="module")
def torch_model(served):
    model, tokenizer, _ = load(served)
    return model, tokenizer


@pytest.fixture(scope="module")
def folders(torch_model, tmp_path_factory) -> dict[str, MarianModel]:
    model, tokenizer = torch_model
    folder: Path = tmp_path_factory.mktemp("exported")
    pieces = all_pieces(tokenizer, ["de"], model.config.pad_token_id)
    pairs = [Pair(text, text, "en", "de") for text in SENTENCES]
    ranges = calibrate(model, *encode_pairs(tokenizer, pairs))
    return {
        name: write_folder(model, tokenizer, found, pieces, FACTS, folder / name)
        for name, found in (("fp32", FP32), ("int8", int8(ranges)))
    }


def generated(model, rows, end, beams):
    """Best ids by transformers' generate, without start and end tokens."""
    found = []
    for row in rows:
        ids = model.generate(
            input_ids=torch.tensor([row]), num_beams=beams, do_sample=False, max_new_tokens=60
        )[0].tolist()
        found.append([number for number in ids[1:] if number != end])
    return found


def test_the_graphs_decode_as_optimum_s_export_does(torch_model, folders, tmp_path):
    torch_model[0].save_pretrained(tmp_path)
    reference = ORTModelForSeq2SeqLM.from_pretrained(tmp_path, export=True, use_cache=False)
    fp32 = folders["fp32"]
    rows = source_ids(fp32, SENTENCES, "de")
    assert decode(fp32, SENTENCES, "de", 1) == generated(reference, rows, fp32.end, 1)


def test_beam_search_finds_what_transformers_finds(torch_model, folders):
    fp32 = folders["fp32"]
    rows = source_ids(fp32, SENTENCES, "de")
    assert decode(fp32, SENTENCES, "de", 4) == generated(torch_model[0], rows, fp32.end, 4)


def test_int8_agrees_with_fp32_piece_by_piece(folders):
    compared, differing = forced_agreement(folders["fp32"], folders["int8"], SENTENCES, "de")
    assert compared > 40
    assert differing <= 0.05 * compared


def test_the_embedding_is_in_neither_graph(folders):
    model = folders["int8"]
    sizes = {name: entry.size_bytes for name, entry in model.spec.files.items()}
    table = model.spec.parameters["vocab_size"] * model.spec.parameters["d_model"]
    assert sizes["tables.npz"] >= table
    assert sizes["decoder.onnx"] < table
    assert sum(sizes.values()) <= 30e6


def test_a_shortlist_writes_the_same_as_all_pieces(served, folders):
    """The served model's output layer holds only its language's pieces."""
    short = MarianModel.load(served)
    assert len(short.decoder("de").pieces) < short.spec.parameters["vocab_size"] * 0.6
    compared, differing = forced_agreement(folders["int8"], short, SENTENCES, "de")
    assert differing <= 0.05 * compared
    assert to_texts(short, decode(short, SENTENCES[:1], "de", 1)) == ["Wo ist meine Bestellung?"]


@pytest.mark.parametrize("name", ["fp32", "int8"])
def test_graphs_built_of_what_is_served_are_the_same(folders, name, tmp_path):
    folder = folders[name]._folder
    served = read_served(folder)
    write_graphs(served.config, served.weights, served.precision, served.width, tmp_path)
    for file in (ENCODER_FILE, DECODER_FILE, SEARCH_FILE):
        assert (tmp_path / file).read_bytes() == (folder / file).read_bytes()


def test_settings_and_weights_are_read_back_from_what_is_served(torch_model, folders):
    model = torch_model[0]
    served = read_served(folders["fp32"]._folder)
    names = "encoder_layers decoder_ffn_dim activation_function scale_embedding pad_token_id"
    for name in names.split():
        assert getattr(served.config, name) == getattr(model.config, name)
    state = state_of(model)
    for name, value in served.weights.items():
        if name != "final_logits_bias":
            assert np.array_equal(value, state[name])


def test_a_training_goes_on_from_what_is_served(served):
    options = Options(source=("en",), target=("de",), pairs=(Path("mine.tsv"),), start=served)
    model, tokenizer = former(options)
    state = state_of(model)
    for name, value in read_served(served).weights.items():
        assert np.array_equal(value.astype(np.float32), state[name])
    row = [tokenizer.token_to_id(">>de<<"), *tokenizer.encode(SENTENCES[0]).ids]
    (ids,) = generated(model, [[*row, model.config.eos_token_id]], model.config.eos_token_id, 1)
    assert tokenizer.decode(ids) == "Wo ist meine Bestellung?"


def test_products_that_earlier_versions_joined_are_taken_apart(folders):
    served = read_served(folders["int8"]._folder)
    joint = {
        f"{product}.{kind}": np.concatenate(
            [served.weights[f"{layer}.{kind}"].T for layer in layers], axis=-1
        )
        for product, layers in (
            (
                "model.encoder.layers.0.self_attn.q_proj",
                [f"model.encoder.layers.0.self_attn.{part}_proj" for part in "qkv"],
            ),
            (
                CROSS,
                [
                    f"model.decoder.layers.{number}.encoder_attn.{part}_proj"
                    for number in range(served.config.decoder_layers)
                    for part in "kv"
                ],
            ),
        )
        for kind in ("weight", "bias")
    }
    found = layer_weights(joint, served.config)
    assert len(found) == 2 * (3 + 2 * served.config.decoder_layers)
    for name, value in found.items():
        assert np.array_equal(value, served.weights[name])
