"""The whole command on a tiny model: train, export, quantize, gate, publish, resume; import."""

import itertools
import json

import pytest
import sentencepiece
import torch
from transformers import MarianMTModel, MarianTokenizer

from functions.translation.engine import Engine
from functions.translation.schemas import TranslateRequest
from functions.translation.service import TranslationService
from functions.translation.translator import Sentence
from shared.models.spec import read_spec
from tests.training import toy_translation as toy
from training.checkpoints import CHECKPOINT_FILE
from training.translation import gate, import_model
from training.translation.__main__ import main
from training.translation.trainer import HISTORY_FILE

pytestmark = pytest.mark.filterwarnings("default")

SENTENCE, TRANSLATION = "small red shoes", "klein rot Schuhe"


class Command:
    """`main` with folders of its own."""

    def __init__(self, folder):
        self.out, self.work = folder / "model", folder / "work"
        self._fixed = ["--pairs", str(toy.write_pairs(folder / "toy.tsv"))]
        self._fixed += ["--base", str(toy.base(folder / "base")), "--out", str(self.out)]
        self._fixed += ["--work-dir", str(self.work), "--source", "en", "--target", "de"]
        self._fixed += ["--learning-rate", "5e-3", "--threads", "1", "--batch-tokens", "600"]

    def __call__(self, minutes, *more, draws=False):
        report = [] if draws else ["--no-report"]
        return main([*self._fixed, "--minutes", str(minutes), *more, *report])


class StepTime:
    """Stands for `time`: a step takes 12 ms on every machine, so that all train equally long."""

    def __init__(self):
        self._readings = itertools.count()

    def monotonic(self):
        return next(self._readings) * 0.012


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    command = Command(tmp_path_factory.mktemp("trained"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.translation.trainer.time", StepTime())
        assert command(0.4, draws=True) == 0
    return command


def test_a_page_lies_beside_the_card(trained):
    page = (trained.out / "report.html").read_text(encoding="utf-8")
    assert read_spec(trained.out).identifier in page
    assert "held out en-de" in page


def translated(folder, text, target="de"):
    found = Engine(folder, 1).translate(("en", target), [Sentence(text)], 1, 1)
    return found[0][0]


def test_the_published_model_translates(trained):
    assert translated(trained.out, SENTENCE) == TRANSLATION


def test_the_spec_tells_how_it_was_made(trained):
    spec = read_spec(trained.out)
    assert spec.task == "translation"
    assert (spec.languages, spec.targets) == (("en",), ("de",))
    assert {metric.precision for metric in spec.metrics} == {"fp32", "int8"}
    assert "--base BASE" in spec.training["command"]
    assert spec.training["command"].endswith("--minutes 0.4")
    assert spec.fidelity[0].compared > 50
    assert "toy.tsv" in (trained.out / "README.md").read_text()


def test_progress_is_told_and_kept(trained):
    lines = (trained.work / HISTORY_FILE).read_text().splitlines()
    last = json.loads(lines[-1])
    assert last["held out"]["chrf"] > 80
    assert last["steps"] > 20


def test_a_second_training_goes_on_and_keeps_the_former_model(trained):
    before = torch.load(trained.work / CHECKPOINT_FILE, weights_only=False)["step"]
    version = read_spec(trained.out).version
    assert trained(0.45, "--resume") == 0
    assert torch.load(trained.work / CHECKPOINT_FILE, weights_only=False)["step"] > before
    assert read_spec(trained.out.with_name("model.previous")).version == version


def test_a_training_on_other_data_is_not_continued(trained, tmp_path, capsys):
    other = tmp_path / "other.tsv"
    other.write_text("".join(f"{a}\t{b}\n" for a, b in toy.pairs()[:200]))
    assert trained(0.4, "--resume", "--pairs", str(other)) == 2
    assert "other data" in capsys.readouterr().err


def test_an_unfaithful_model_is_not_published(trained, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(gate, "ALLOWED_PIECES", -1.0)
    monkeypatch.setattr(gate, "FEWEST_DIFFERING", -1)
    out = tmp_path / "refused"
    assert trained(0.4, "--resume", "--out", str(out)) == 3
    assert not out.exists()
    assert "otherwise than fp32" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "told"),
    [("one column\n", "no TAB"), ("a\tb\n", "at least 20"), (None, "is not there")],
)
def test_unusable_pairs_are_told_at_once(tmp_path, capsys, content, told):
    path = tmp_path / "mine.tsv"
    if content is not None:
        path.write_text(content)
    assert main(["--pairs", str(path), "--source", "en", "--target", "de"]) == 2
    assert told in capsys.readouterr().err


@pytest.fixture(scope="module")
def opus(tmp_path_factory):
    """A folder like OPUS-MT's, with a model that knows the toy language."""
    folder = tmp_path_factory.mktemp("opus") / "opus-mt-en-de"
    folder.mkdir()
    sides = list(zip(*toy.pairs(), strict=True))
    for name, lines in zip(("source", "target"), sides, strict=True):
        text = folder / f"{name}.txt"
        text.write_text("\n".join(lines), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(text),
            model_prefix=str(folder / name),
            vocab_size=60,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        (folder / f"{name}.model").rename(folder / f"{name}.spm")
    pieces = ["</s>", "<unk>"]
    for name in ("source", "target"):
        model = sentencepiece.SentencePieceProcessor(str(folder / f"{name}.spm"))
        pieces += [model.id_to_piece(number) for number in range(3, len(model))]
    pieces = [*dict.fromkeys(pieces), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({p: n for n, p in enumerate(pieces)}))
    tokenizer = MarianTokenizer(
        *(str(folder / name) for name in ("source.spm", "target.spm", "vocab.json")),
        source_lang="en",
        target_lang="de",
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    model = MarianMTModel(toy.opus_config(len(pieces)))
    _learn(model, tokenizer)
    model.save_pretrained(folder)
    return folder


def _learn(model, tokenizer):
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    warm_up = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (step + 1) / 150))
    for step in range(700):
        batch = toy.pairs()[step % 20 :: 20]
        inputs = tokenizer(
            [a for a, _ in batch], text_target=[b for _, b in batch], padding=True,
            return_tensors="pt",
        )  # fmt: skip
        inputs["labels"][inputs["labels"] == tokenizer.pad_token_id] = -100
        loss = model(**inputs).loss
        loss.backward()
        optimizer.step()
        warm_up.step()
        optimizer.zero_grad()
    assert float(loss.detach()) < 0.1
    model.eval()


def imported(opus, folder):
    """The checkpoint as a served model."""
    text, out = folder / "text.txt", folder / "imported"
    text.write_text("\n".join(a for a, _ in toy.pairs()[::9]))
    assert main(["import", "--model", str(opus), "--text", str(text), "--out", str(out)]) == 0
    return out


def test_a_marian_folder_is_imported(opus, tmp_path, capsys):
    out = imported(opus, tmp_path)
    assert "same ids" in capsys.readouterr().out
    assert (read_spec(out).languages, read_spec(out).targets) == (("en",), ("de",))
    assert translated(out, SENTENCE) == TRANSLATION


def test_an_imported_model_still_keeps_what_must_not_be_translated(opus, tmp_path):
    """It knows no placeholders, so its sentences are translated around them."""
    service = TranslationService(Engine(imported(opus, tmp_path), 1))
    text = f"{SENTENCE} {{name}} new blue bags"
    (found,) = service.translate([TranslateRequest(text=text, source="en", target="de")])
    assert found.translations[0].text == f"{TRANSLATION} {{name}} neu blau Taschen"


def test_a_program_imports_and_gets_the_folder(opus, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("\n".join(a for a, _ in toy.pairs()[::9]))
    published = import_model(model=str(opus), text=str(text), target="de", out=tmp_path / "m")
    assert published.spec == read_spec(tmp_path / "m")
    assert {metric.precision for metric in published.metrics} == {"fp32", "int8"}


def test_a_missing_sample_is_told(opus, tmp_path, capsys):
    assert main(["import", "--model", str(opus), "--text", str(tmp_path / "none.txt")]) == 2
    assert "file of UTF-8 lines" in capsys.readouterr().err


def test_what_is_no_marian_checkpoint_is_refused(tmp_path, capsys):
    assert main(["import", "--model", str(tmp_path)]) == 2
    assert "Marian checkpoint" in capsys.readouterr().err
