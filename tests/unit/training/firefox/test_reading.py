"""Firefox's files as they are read: the real en-pt, and files that must be refused."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.firefox import PAIRS, binary, package_file, write_binary
from training.errors import DataError
from training.translation.firefox.architecture import architecture_of
from training.translation.firefox.binary import MarianBinary, Quantized, read_binary
from training.translation.firefox.lexicon import read_lexicon
from training.translation.firefox.pairing import MOST, costs, lowered, pair
from training.translation.firefox.samples import sample_lines, shop_pairs
from training.translation.firefox.vocabulary import convert, prove_equal, read_vocabulary
from training.translation.firefox.weights import arrange, without_overflow


def overflow(matrix):
    """How many pairs of neighbouring rows have weights of one sign that come to more than MOST."""
    values = matrix.astype(np.int32)
    return sum(
        int((np.maximum(v[0::2], 0) + np.maximum(v[1::2], 0) > MOST).sum())
        for v in (values, -values)
    )


@pytest.mark.parametrize("pair", PAIRS)
def test_a_real_model_is_read_and_written_again_as_it_was(pair, tmp_path):
    model = binary(pair)
    shape = architecture_of(model.configuration)
    assert (shape.width, shape.heads, shape.cell) == (256, 8, "ssru")
    assert (shape.encoder_layers, shape.decoder_layers) == (6, 2)
    assert shape.vocabularies == (32_000, 32_000)
    write_binary(tmp_path / "again.bin", model)
    again = read_binary(tmp_path / "again.bin")
    assert again.tensors.keys() == model.tensors.keys()
    for name, tensor in model.tensors.items():
        other = again.tensors[name]
        if isinstance(tensor, Quantized):
            assert other.multiplier == tensor.multiplier
            assert np.array_equal(other.values, tensor.values)
        else:
            assert np.array_equal(other, tensor)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("transformer-decoder-autoreg", "average-attention"),
        ("transformer-postprocess", "dann"),
        ("dec-cell", "gru"),
        ("transformer-ffn-activation", "tanh"),
        ("transformer-tied-layers", [1, 1]),
        ("input-types", ["class"]),
        ("lemma-dim-emb", 4),
        ("type", "s2s"),
    ],
)
def test_what_is_not_served_is_refused_by_its_name(option, value):
    with pytest.raises(DataError, match=f"{option} is "):
        architecture_of({**binary("en-pt").configuration, option: value})


def test_a_table_of_its_own_for_the_output_is_refused():
    with pytest.raises(DataError, match="tied-embeddings"):
        architecture_of({**binary("en-pt").configuration, "tied-embeddings-all": False})


@pytest.mark.parametrize("keep", [0, 10, 1_000, 10_000_000])
def test_a_file_that_is_cut_short_is_refused(keep, tmp_path):
    whole = package_file("en-pt", "model.*.bin").read_bytes()
    (tmp_path / "cut.bin").write_bytes(whole[:keep])
    with pytest.raises(DataError, match="cut short"):
        read_binary(tmp_path / "cut.bin")


def test_a_model_without_fixed_scales_is_refused():
    model = binary("en-pt")
    tensors = {n: t for n, t in model.tensors.items() if not n.endswith("_QuantMultA")}
    weights = arrange(MarianBinary(tensors, model.configuration))
    with pytest.raises(DataError, match="alphas"):
        weights.input_multiplier("encoder_l1_self_Wq")


def test_a_model_that_lacks_a_matrix_is_refused():
    model = binary("en-pt")
    tensors = {n: t for n, t in model.tensors.items() if n != "encoder_l3_ffn_W1"}
    with pytest.raises(DataError, match="encoder_l3_ffn_W1"):
        arrange(MarianBinary(tensors, model.configuration))


@pytest.mark.parametrize("pair", PAIRS)
def test_no_product_can_overflow_and_hardly_a_weight_is_changed(pair):
    arranged = arrange(binary(pair))
    safe, changed = without_overflow(arranged)
    products = [
        n for n, t in safe.tensors.items() if isinstance(t, Quantized) and t.values.size > 1
    ]
    assert len(products) > 50
    before = sum(overflow(binary(pair).tensors[name].values) for name in products)
    assert before > 500
    assert all(overflow(safe.quantized(name).values) == 0 for name in products)
    assert overflow(safe.target_table.values.T) == 0
    assert changed < 400
    for name in products:  # nothing but the order of channels, and what was lowered, is new
        old = np.sort(arranged.quantized(name).values.ravel())
        assert np.array_equal(old, np.sort(binary(pair).tensors[name].values.ravel()))


@settings(max_examples=30, deadline=None)
@example(channels=3, columns=18, seed=4)  # where exchanges of two end
@given(channels=st.integers(1, 12), columns=st.integers(1, 30), seed=st.integers(0, 999))
def test_channels_are_paired_no_worse_than_they_came(channels, columns, seed):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-127, 128, (2 * channels, columns)).astype(np.int8)
    cost = costs([matrix])
    order = pair(cost)
    assert sorted(order) == list(range(2 * channels))
    came = np.arange(2 * channels)
    assert cost[order[0::2], order[1::2]].sum() <= cost[came[0::2], came[1::2]].sum()
    values = matrix.astype(int)
    for one in range(2 * channels):
        for other in range(one):
            over = sum(
                max(0, max(0, s * a) + max(0, s * b) - MOST)
                for s in (1, -1)
                for a, b in zip(values[one], values[other], strict=True)
            )
            assert cost[one, other] == cost[other, one] == over
    assert overflow(lowered(matrix)[0]) == 0


@pytest.mark.parametrize("pair", PAIRS)
def test_the_vocabulary_cuts_and_spells_as_sentencepiece_does(pair):
    pieces = read_vocabulary(package_file(pair, "vocab.*.spm"))
    lines = [*sample_lines(pair[:2], None), *(p.source for p in shop_pairs(*pair.split("-")))]
    lines += ["Ünïcödé ﬁne №5 ½ … “quoted” x²", "  two   spaces ", "日本 🙂 end", "<unk> </s> ▁"]
    prove_equal(pieces, convert(pieces), lines)


def test_another_vocabulary_is_refused():
    english = read_vocabulary(package_file("en-pt", "vocab.*.spm"))
    other = read_vocabulary(package_file("pt-en", "vocab.*.spm"))
    with pytest.raises(DataError, match="cannot be imported"):
        prove_equal(english, convert(other), sample_lines("en", None))


def test_placeholders_are_single_pieces_that_spell_words():
    tokenizer = convert(read_vocabulary(package_file("en-pt", "vocab.*.spm")))
    for text in ("Order ⟦0⟧, now (⟦1⟧).", "⟦3⟧ is here", "Hello ⟦7⟧"):
        ids = tokenizer.encode(text).ids
        assert sum(number >= 32_000 for number in ids) == text.count("⟦")
        assert tokenizer.decode(ids, skip_special_tokens=False) == text


@pytest.mark.parametrize("pair", PAIRS)
def test_the_shortlist_has_a_list_for_each_piece(pair):
    lexicon = read_lexicon(package_file(pair, "lex.*.bin"), (32_000, 32_000))
    assert lexicon.frequent == 50
    assert len(lexicon.starts) == 32_001
    assert np.diff(lexicon.starts).max() == 50


def test_a_shortlist_of_other_vocabularies_is_refused():
    with pytest.raises(DataError, match="other vocabularies"):
        read_lexicon(package_file("en-pt", "lex.*.bin"), (31_000, 32_000))
