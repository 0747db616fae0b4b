"""One model of all directions from a pretrained encoder: what it learns from, start to end."""

import gzip
import json
import random
from collections import Counter

import pytest
import torch
from transformers import BertConfig, BertModel

from functions.translation.contract import PLACEHOLDERS
from functions.translation.decoding.model import MarianModel
from shared.models.spec import read_spec
from tests.training import toy_translation as toy
from tests.training.test_translation_command import StepTime
from training.base.encoders import BYTE_SCORE, BYTES, SPECIAL, Encoder, chat_tokenizer
from training.checkpoints import CHECKPOINT_FILE
from training.errors import DataError
from training.translation import data, domains, drawing, from_encoder, halves, vocabulary
from training.translation.__main__ import main
from training.translation.batches import PADDING
from training.translation.config import Options, recorded
from training.translation.lessons import DrawnLessons
from training.translation.loss import smoothed_cross_entropy
from training.translation.noise import Noise
from training.translation.pairs import Pair
from training.translation.trainer import HISTORY_FILE

pytestmark = pytest.mark.filterwarnings("default")

LANGUAGES = ("en", "de", "fr", "es")
ARTICLES = {"de": "das", "fr": "le", "es": "el"}


def foreign(text, language):
    """A line of the toy language, in one that has an article in front."""
    return f"{ARTICLES[language]} " + " ".join(toy.WORDS[word] for word in text.split())


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """Own texts in four languages, and a collection in one."""
    folder = tmp_path_factory.mktemp("data")
    lines = [source for source, _ in toy.pairs()]
    own = folder / "mt/own"
    own.mkdir(parents=True)
    rows = ["\t".join([line, *(foreign(line, code) for code in ARTICLES)]) for line in lines[::3]]
    (own / "chat.tsv").write_text("\n".join(rows), encoding="utf-8")
    (folder / "mt/everyday").mkdir()
    with gzip.open(folder / "mt/everyday/tatoeba.en-de.tsv.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(f"{line}\t{foreign(line, 'de')}\n" for line in lines[1::3])
    return folder


@pytest.fixture
def encoder():
    """A random BERT, with the vocabulary of the toy languages."""
    words = [*toy.WORDS, *toy.WORDS.values(), *ARTICLES.values(), *from_names()]
    pieces = [(piece, 0.0) for piece in SPECIAL] + [(byte, BYTE_SCORE) for byte in BYTES]
    pieces += [(f"▁{word}", -2.0) for word in words] + [("▁", -4.0)]
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    bert = BertModel(shape, add_pooling_layer=False)
    # As long as E5's: the norms of the two shapes add different epsilons to what they divide by.
    bert.embeddings.word_embeddings.weight.data.mul_(50)
    return Encoder(bert, chat_tokenizer(pieces), centred=True)


def from_names():
    return ("X", "Z", "W", "Y", "K", "Q", "J", "V")


def test_the_encoder_becomes_the_model_s(encoder):
    model, tokenizer = from_encoder.from_encoder(encoder, LANGUAGES)
    ids = torch.tensor([[tokenizer.token_to_id(f"▁{word}") for word in ("red", "bags", "rot")]])
    known = torch.tensor([[encoder.tokenizer.token_to_id(f"▁{w}") for w in ("red", "bags", "rot")]])
    with torch.inference_mode():
        wanted = encoder.bert.eval()(known).last_hidden_state
        found = model.eval().model.encoder(ids).last_hidden_state
    assert torch.allclose(found, wanted, atol=1e-5)
    assert tokenizer.encode("red  bags 12").tokens[:2] == ["▁red", "▁bags"]
    assert [tokenizer.id_to_token(number) for number in range(3)] == list(vocabulary.SPECIAL)
    vocabulary.check_tags(tokenizer, LANGUAGES)
    assert model.config.vocab_size == tokenizer.get_vocab_size()
    assert tokenizer.token_to_id(PLACEHOLDERS[-1]) == model.config.vocab_size - 1


def test_a_whole_encoder_is_cut_to_what_is_kept(encoder, tmp_path, monkeypatch):
    kept = tmp_path / "rows.json"
    kept.write_text(json.dumps([262, 260]))
    monkeypatch.setattr(from_encoder, "ROWS", kept)
    pieces = vocabulary.scored_pieces(encoder.tokenizer)
    before = encoder.bert.get_input_embeddings().weight.detach().clone()
    cut = from_encoder.cut(encoder, "some/hub-id", layers=1)
    assert vocabulary.scored_pieces(cut.tokenizer)[-2:] == [pieces[262], pieces[260]]
    rows = cut.bert.get_input_embeddings().weight
    assert torch.equal(rows[-2:], before[[262, 260]])
    with pytest.raises(DataError, match="multilingual-e5-small"):
        from_encoder.cut(encoder, "some/hub-id", layers=2)


def options(data_dir, **more):
    return Options(source=LANGUAGES, target=LANGUAGES, dataset="domains", data_dir=data_dir, **more)


def test_collections_are_read_by_domain(data_dir):
    found = data.load(options(data_dir))
    assert set(found.domains) == {"own", "copy", "everyday", "phrases", "agreement"}
    names = {source.name for source in found.sources}
    copy = {f"shop copy, {path.stem}" for path in domains.COPY_TEXTS.glob("*.tsv")}
    assert copy
    composed = "sentences of nouns that agree"
    assert names == {"mt/own/chat", "mt/everyday/tatoeba", "shop phrases", composed} | copy
    assert len(found.held_out) == 6
    apart = {pair.source for pairs in found.held_out.values() for pair in pairs}
    assert not apart & {pair.source for pair in found.domains["own"]}


def test_a_folder_without_collections_is_told(tmp_path):
    with pytest.raises(DataError, match="holds none"):
        data.load(options(tmp_path))


def test_a_set_in_four_languages_gives_every_direction(tmp_path):
    path = tmp_path / "shop.tsv"
    path.write_text("red\trot\trouge\trojo\nbag\tTasche\tsac\tbolso\n")
    found = data.by_direction([path], LANGUAGES, ("fr", "en"))
    assert set(found) == {"shop de-en", "shop es-en", "shop fr-en"} | {
        f"shop {code}-fr" for code in ("en", "de", "es")
    }
    assert found["shop de-fr"] == [
        Pair("rot", "rouge", "de", "fr"),
        Pair("Tasche", "sac", "de", "fr"),
    ]


@pytest.fixture(scope="module")
def drawn(data_dir):
    large = ("copy", "agreement")
    every = data.load(options(data_dir)).domains
    found = {name: pairs for name, pairs in every.items() if name not in large}
    pairs = domains.with_between(found, LANGUAGES, LANGUAGES)
    return drawing.Drawing(
        pairs,
        {"own": 2.0, "everyday": 0.5, "phrases": 0.1, "between": 1.0},
        LANGUAGES,
        LANGUAGES,
        {},
        placeholders=0.0,
        noise=Noise((), ()),
        size=900,
    )


def test_a_pool_has_each_domain_by_its_weight_and_every_direction(drawn):
    shares, sizes = drawn.shares(), {name: len(p) for name, p in drawn.domains.items()}
    mass = {name: drawn.weights[name] * size for name, size in sizes.items()}
    for name, share in shares.items():
        assert share == pytest.approx(900 * mass[name] / sum(mass.values()), abs=1)
    pool = drawn.pool(3)
    assert len(pool) == sum(shares.values())
    found = Counter((pair.source_language, pair.target_language) for pair in pool)
    assert len(found) == 12


def test_a_pool_depends_on_its_number_alone(drawn):
    again = drawing.Drawing(**{n: v for n, v in vars(drawn).items() if n != "_orders"})
    assert again.pool(4) == drawn.pool(4)
    assert drawn.pool(5) != drawn.pool(4)


def test_no_pair_comes_twice_before_all_have_come_once(drawn):
    pairs = drawn.domains["everyday"]
    rows = [drawn._pair("everyday", row) for row in range(2 * len(pairs))]
    assert sorted(map(str, rows[: len(pairs)])) == sorted(map(str, pairs))
    assert rows[: len(pairs)] != rows[len(pairs) :]


def test_the_last_part_is_on_the_shop_s_own_texts():
    weights = domains.finishing({"own": 6.0, "prose": 0.9}, ("own", "prose", "games"))
    assert weights == pytest.approx({"own": 6.0, "prose": 0.3, "games": 1 / 3})


@pytest.mark.parametrize("given", ["own", "own=x", "news=2", "own=-1"])
def test_weights_that_are_none_are_told(given):
    with pytest.raises(DataError, match="DOMAIN=NUMBER, of everyday, own"):
        domains.weights_of([given], ["own", "everyday"])


def test_a_batch_holds_nothing_that_is_too_long(drawn, encoder, monkeypatch):
    _, tokenizer = from_encoder.from_encoder(encoder, LANGUAGES)
    monkeypatch.setattr("training.translation.lessons.LONGEST", 5)
    lessons = DrawnLessons(tokenizer, drawn)
    batches = [lessons.batch(rows) for rows in lessons.begin(0, 400, 0)]
    assert batches
    for batch in batches:
        assert int(batch.attention_mask.sum(1).max()) <= 5
        assert int((batch.labels != PADDING).sum(1).max()) <= 5


def test_pools_made_ahead_are_the_same(drawn, encoder):
    _, tokenizer = from_encoder.from_encoder(encoder, LANGUAGES)
    alone, ahead = DrawnLessons(tokenizer, drawn), DrawnLessons(tokenizer, drawn, workers=2)
    for epoch in (0, 1, 2):
        for one, other in zip(alone.begin(epoch, 400, 0), ahead.begin(epoch, 400, 0), strict=True):
            assert torch.equal(alone.batch(one).input_ids, ahead.batch(other).input_ids)


def texts_of(lessons, epoch):
    """All target texts of an epoch, as token ids, in some order."""
    batches = map(lessons.batch, lessons.begin(epoch, 400, 0))
    return sorted(row[row != PADDING].tolist() for batch in batches for row in batch.labels)


def test_lessons_that_are_shared_draw_no_pool_twice(drawn, encoder):
    _, tokenizer = from_encoder.from_encoder(encoder, LANGUAGES)
    alone = DrawnLessons(tokenizer, drawn)
    pools = [texts_of(alone, epoch) for epoch in range(4)]
    shared = alone.shared(2)
    assert [texts_of(lessons, epoch) for epoch in (0, 1) for lessons in shared] == pools


class Clock:
    """Gives each product of a type its time."""

    def __init__(self, full, half):
        self._times = [full] * (halves.REPEATS + 1) + [half] * (halves.REPEATS + 1)
        self._now, self._begun = 0.0, False

    def __call__(self):
        if self._begun:
            self._now += self._times.pop(0)
        self._begun = not self._begun
        return self._now


@pytest.mark.parametrize(("full", "half", "wanted"), [(5.0, 1.0, True), (1.2, 1.0, False)])
def test_the_type_of_numbers_is_chosen_by_its_measured_time(full, half, wanted, monkeypatch):
    monkeypatch.setattr(halves, "ROWS", 4)
    assert halves.is_quicker(torch.device("cpu"), Clock(full, half)) is wanted


def test_a_halved_model_computes_and_its_master_learns():
    torch.manual_seed(0)
    master = torch.nn.Linear(8, 4)
    before = master.weight.detach().clone()
    halved = halves.Halved(master)
    values = torch.randn(16, 8)
    halved.live(values.bfloat16()).square().sum().backward()
    halved.hand_back()
    master_alone = torch.autograd.grad(
        torch.nn.functional.linear(values, master.weight, master.bias).square().sum(), master.weight
    )[0]
    assert master.weight.grad.dtype == torch.float32
    torch.testing.assert_close(master.weight.grad, master_alone, rtol=0.05, atol=0.3)
    torch.optim.SGD(master.parameters(), 1e-4).step()
    halved.follow()
    assert not torch.equal(master.weight, before)
    assert torch.equal(halved.live.weight, master.weight.bfloat16())
    assert halved.live.weight.grad is None


def test_the_loss_in_bfloat16_is_that_of_fp32_within_its_digits():
    generator = torch.Generator().manual_seed(1)
    hidden, weight = (torch.randn(n, 16, generator=generator) * 0.3 for n in (40, 60))
    targets = torch.randint(60, (40,), generator=generator)
    both = []
    for kind in (torch.float32, torch.bfloat16):
        inputs = [value.to(kind).requires_grad_() for value in (hidden, weight)]
        loss, _ = smoothed_cross_entropy(*inputs, torch.zeros(60, dtype=kind), targets, 0.1)
        both.append((loss.detach(), *(g.float() for g in torch.autograd.grad(loss, inputs))))
    for one, other in zip(*both, strict=True):
        torch.testing.assert_close(one.float(), other.float(), rtol=0.05, atol=2e-3)


def test_a_base_that_has_a_name_is_recorded():
    assert "--base e5" in recorded(["--base", "e5"])
    assert "--base BASE" in recorded(["--base", "/home/me/mine"])


def test_where_a_model_is_put_is_not_recorded():
    assert recorded(["--out", "/home/me/served", "--seed", "3"]).endswith("--out OUT --seed 3")


class Command:
    """`main` with folders of its own."""

    def __init__(self, folder, data_dir):
        self.out, self.work = folder / "model", folder / "work"
        self._fixed = ["--dataset", "domains", "--data-dir", str(data_dir)]
        self._fixed += ["--source", *LANGUAGES, "--target", *LANGUAGES, "--threads", "1"]
        self._fixed += ["--learning-rate", "5e-3", "--batch-tokens", "600"]
        self._fixed += ["--weights", "phrases=0", "copy=0", "agreement=0"]  # in no toy language

    def __call__(self, minutes, *more, out=None, work=None):
        places = ["--out", str(out or self.out), "--work-dir", str(work or self.work)]
        return main([*self._fixed, *places, "--minutes", str(minutes), *more])


@pytest.fixture
def command(tmp_path, data_dir, encoder, monkeypatch):
    monkeypatch.setattr(from_encoder, "load_encoder", lambda _: encoder)
    monkeypatch.setattr("training.translation.trainer.time", StepTime())
    monkeypatch.setattr("training.translation.drawing.POOL", 400)
    monkeypatch.setattr("training.translation.publish.CALIBRATION_PAIRS", 40)
    monkeypatch.setattr("training.translation.data.HELD_OUT", 16)
    return Command(tmp_path, data_dir)


def killed_after(steps, monkeypatch):
    """A process that is killed in its n-th step, behind its last checkpoint."""
    from training.translation.trainer import Trainer

    step = Trainer._train_step

    def counted(self, rows):
        if self.step == steps:
            raise KeyboardInterrupt
        return step(self, rows)

    monkeypatch.setattr(Trainer, "_train_step", counted)


def test_it_is_trained_killed_resumed_published_and_gone_on_from(command, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        killed_after(50, patch)
        patch.setattr(
            "training.translation.pipeline.FOR_BART",
            {"dropout": 0.0, "encoder_rate": 0.5, "validate_minutes": 0.005},
        )
        with pytest.raises(KeyboardInterrupt):
            command(0.03, "--base", "e5")
    saved = torch.load(command.work / CHECKPOINT_FILE, weights_only=False)
    assert 20 < saved["step"] <= 50
    assert command(0.03, "--base", "e5", "--resume") == 0
    history = [json.loads(line) for line in (command.work / HISTORY_FILE).read_text().splitlines()]
    assert history[-1]["steps"] > saved["step"]
    assert {"bleu", "chrf", "nll"} <= set(history[-1]["held out en-de"])
    assert history[-1]["held out en-de"]["nll"] < history[0]["held out en-de"]["nll"]
    spec = read_spec(command.out)
    assert set(spec.languages) == set(spec.targets) == set(LANGUAGES)
    assert "--base e5" in spec.training["command"]
    assert MarianModel.load(command.out).placeholder_ids
    out, work = tmp_path / "second", tmp_path / "other"
    start = ("--start", str(command.work / "model"))
    assert command(0.01, *start, "--threads", "2", out=out, work=work) == 0
    assert read_spec(out).training["started_from"] == "model"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--base", "e5", "--start", "x"], "not both"),
        (["--base", "e5", "--keep", "0.5"], "--keep needs --start"),
        (["--start", "nowhere"], "no tokenizer.json"),
        ([], "give --base e5"),
        (["--base", "e5", "--weights", "own=a"], "DOMAIN=NUMBER"),
    ],
)
def test_what_does_not_fit_is_told(command, capsys, more, told):
    assert command(0.01, *more) == 2
    assert told in capsys.readouterr().err


def test_noise_is_put_on_what_is_drawn(drawn):
    noisy = drawing.Drawing(
        drawn.domains, drawn.weights, LANGUAGES, LANGUAGES, {}, placeholders=0.5, size=300
    )
    pool = noisy.pool(0)
    clean = {
        text for pairs in drawn.domains.values() for p in pairs for text in (p.source, p.target)
    }
    assert sum(pair.source not in clean for pair in pool) > 15
    for pair in random.Random(0).sample(pool, 50):
        for name in PLACEHOLDERS:
            assert pair.source.count(name) == pair.target.count(name)
