"""The loss, the batches, the vocabulary, the augmentation: each against what it stands for."""

import random
from collections import Counter

import numpy as np
import pytest
import torch
from torch.nn import functional

from functions.translation.contract import PLACEHOLDERS
from tests.training import toy_translation as toy
from training.translation import golden, quantize, vocabulary
from training.translation.augment import augment
from training.translation.batches import PADDING, collate, encode_pairs, plan
from training.translation.config import ModelConfig
from training.translation.datasets import PHRASES
from training.translation.loss import ROWS, smoothed_cross_entropy
from training.translation.masks import pooled_dropout
from training.translation.model import keep_some, new_model
from training.translation.pairs import Pair, read_tsv
from training.translation.quantize import pieces_of
from training.translation.shop_sentences import sentences

PACKAGE = golden.DEFAULT.parent


@pytest.mark.parametrize("count", [1, ROWS - 1, ROWS + 3])
def test_the_loss_is_torch_s_label_smoothed_cross_entropy(count):
    generator = torch.Generator().manual_seed(count)
    hidden = torch.randn(count, 8, generator=generator, requires_grad=True)
    weight = torch.randn(50, 8, generator=generator, requires_grad=True)
    bias = torch.randn(50, generator=generator)
    targets = torch.randint(50, (count,), generator=generator)
    loss, likelihood = smoothed_cross_entropy(hidden, weight, bias, targets, 0.1)
    found = torch.autograd.grad(3 * loss, (hidden, weight))
    logits = hidden @ weight.T + bias
    wanted = functional.cross_entropy(logits, targets, label_smoothing=0.1)
    torch.testing.assert_close(loss, wanted)
    torch.testing.assert_close(likelihood, functional.cross_entropy(logits, targets))
    for one, other in zip(found, torch.autograd.grad(3 * wanted, (hidden, weight)), strict=True):
        torch.testing.assert_close(one, other)


def test_a_loss_of_some_pieces_stands_for_that_of_all():
    generator = torch.Generator().manual_seed(2)
    hidden = (torch.randn(64, 8, generator=generator) / 2).requires_grad_()
    weight = torch.randn(600, 8, generator=generator, requires_grad=True)
    bias = torch.randn(600, generator=generator)
    targets = torch.randint(600, (64,), generator=generator)

    def values(others):
        loss, likelihood = smoothed_cross_entropy(hidden, weight, bias, targets, 0.1, others)
        grads = torch.autograd.grad(loss, (hidden, weight))
        return [value.detach() for value in (loss, likelihood, *grads)]

    whole = values(0)
    for one, other in zip(whole, values(600), strict=True):  # more than there are: all
        torch.testing.assert_close(one, other)
    torch.manual_seed(0)
    draws = [values(300) for _ in range(200)]
    assert len({float(loss) for loss, *_ in draws}) > 100  # each draws anew
    loss, likelihood, *grads = (torch.stack(found).mean(0) for found in zip(*draws, strict=True))
    torch.testing.assert_close(loss, whole[0], rtol=0.02, atol=0)
    torch.testing.assert_close(likelihood, whole[1], rtol=0.02, atol=0)
    for one, other in zip(grads, whole[2:], strict=True):
        assert functional.cosine_similarity(one.flatten(), other.flatten(), dim=0) > 0.99
        torch.testing.assert_close(one.norm(), other.norm(), rtol=0.03, atol=0)


def test_dropout_from_a_pool_drops_its_share_and_keeps_the_mean():
    torch.manual_seed(0)
    values = torch.ones(100, 40, requires_grad=True)
    plain = functional.dropout
    with pooled_dropout(torch.float32, 1 << 14):
        first, second = (functional.dropout(values, 0.25) for _ in range(2))
        assert torch.equal(functional.dropout(values, 0.25, training=False), values)
        large = functional.dropout(torch.ones(1 << 14), 0.5)
        (grad,) = torch.autograd.grad(first.sum(), values)
    assert functional.dropout is plain
    assert not torch.equal(first, second)
    assert first.detach().unique().tolist() == pytest.approx([0, 4 / 3])
    assert float((first == 0).float().mean()) == pytest.approx(0.25, abs=0.03)
    assert float(first.detach().mean()) == pytest.approx(1, abs=0.04)
    assert torch.equal(grad, first.detach())  # the same mask on the way back
    assert 0.45 < float((large == 0).float().mean()) < 0.55  # more than the pool has


@pytest.fixture(scope="module")
def tokenizer():
    lines = [text for pair in toy.pairs() for text in pair]
    return vocabulary.train(lines, 340, ["de", "fr"])


def test_an_output_layer_holds_the_pieces_that_are_written_often_enough(tokenizer):
    words = list(toy.WORDS.values())
    lines = [*words, *words[:6]]
    counts = Counter(number for line in lines for number in tokenizer.encode(line).ids)
    letters = {number for number in counts if len(tokenizer.id_to_token(number).lstrip("▁")) == 1}
    rare = {number for number, count in counts.items() if count == 1} - letters
    texts = {"de": lines}
    every = set(pieces_of(tokenizer, texts)["de"].tolist())
    often = set(pieces_of(tokenizer, texts, least=2)["de"].tolist())
    assert rare
    assert set(counts) - every == set()
    assert set(counts) - often == rare


def test_an_output_layer_that_may_be_no_wider_does_without_the_rarest(tokenizer, monkeypatch):
    monkeypatch.setattr(quantize, "WIDTH_MULTIPLE", 1)
    words = list(toy.WORDS.values())
    texts = {"de": [*words, *words[:6]]}
    counts = Counter(number for line in texts["de"] for number in tokenizer.encode(line).ids)
    whole = pieces_of(tokenizer, texts)["de"]
    most = (len(whole) - 2) / tokenizer.get_vocab_size(with_added_tokens=True)
    narrow = pieces_of(tokenizer, texts, most=most)["de"]
    left_out = set(whole.tolist()) - set(narrow.tolist())
    assert len(narrow) == len(whole) - 2
    assert len(left_out) == 2
    assert {counts[number] for number in left_out} == {1}


@pytest.fixture(scope="module")
def encoded(tokenizer):
    return encode_pairs(tokenizer, [Pair(a, b, "en", "de") for a, b in toy.pairs()[:300]])


def test_an_epoch_has_every_pair_once_within_the_budget(encoded):
    batches = plan(*encoded, 120, random.Random(0))
    assert sorted(row for batch in batches for row in batch) == list(range(300))
    for batch in batches:
        made = collate(*encoded, batch.tolist())
        assert max(made.input_ids.numel(), made.labels.numel()) <= 120


def test_a_batch_shifts_its_labels_and_masks_its_padding(encoded, tokenizer):
    sources, targets = encoded
    batch = collate(sources, targets, [0, 200])
    assert batch.input_ids[0, 0] == tokenizer.token_to_id(">>de<<")
    assert int(batch.attention_mask.sum()) == len(sources[0]) + len(sources[200])
    for row, labels in enumerate((targets[0], targets[200])):
        kept = batch.labels[row][batch.labels[row] != PADDING].numpy()
        np.testing.assert_array_equal(kept, labels)
        shifted = batch.decoder_input_ids[row, 1 : len(labels)].numpy()
        np.testing.assert_array_equal(shifted, labels[:-1])
    assert batch.decoder_input_ids[:, 0].tolist() == [vocabulary.PAD] * 2


def test_the_vocabulary_spells_anything_and_keeps_placeholders(tokenizer):
    text = "⟦3⟧, new shoes (⟦0⟧) 漢字"
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text
    assert vocabulary.UNKNOWN not in tokenizer.encode(text).ids


def test_augmented_pairs_hold_the_same_placeholders_on_both_sides():
    pairs = [Pair(f"{a} {i}.", f"{b} {i}.", "en", "de") for i, (a, b) in enumerate(toy.pairs())]
    changed = augment(pairs, 0.5, seed=1)
    marked = [p for p in changed if any(name in p.source for name in PLACEHOLDERS)]
    assert len(marked) > len(pairs) * 0.4
    for pair in marked:
        for name in PLACEHOLDERS:
            assert pair.source.count(name) == pair.target.count(name) <= 1
    assert {p.target_language for p in changed} == {"de"}


def test_no_sentence_of_the_training_is_a_golden_one():
    golden_lines = golden.DEFAULT.read_text(encoding="utf-8").splitlines()
    columns = [line.split("\t") for line in golden_lines]
    kept_out = {line[2] for line in columns}
    kept_out |= {accepted.strip() for line in columns for accepted in line[3].split("|")}
    own = [*sentences(), *(row for name in PHRASES for row in read_tsv(PACKAGE / name))]
    assert len(own) > 2_000
    assert [row for row in own if kept_out & set(row)] == []


def test_words_of_composed_sentences_agree():
    found = {row[0]: row[1:] for row in sentences()}
    assert found["This lamp is out of stock."] == (
        "Diese Lampe ist nicht auf Lager.",
        "Cette lampe est en rupture de stock.",
        "Esta lámpara está agotada.",
    )
    assert found["These boots are sold out."] == (
        "Diese Stiefel sind ausverkauft.",
        "Ces bottes sont épuisées.",
        "Estas botas están agotadas.",
    )


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_a_share_of_the_base_stays_in_the_weights(share):
    shape = ModelConfig(hidden=8, heads=2, feed_forward=16, encoder_layers=1, decoder_layers=1)
    new, base = new_model(shape, 20), new_model(shape, 20)
    before = {name: value.clone() for name, value in new.state_dict().items()}
    keep_some(new, base, share)
    for name, value in new.state_dict().items():
        expected = before[name] * (1 - share) + base.state_dict()[name] * share
        assert torch.allclose(value, expected, atol=1e-6), name
