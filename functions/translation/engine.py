"""The models of a deployment, opened when first needed, behind the directions they serve."""

from collections.abc import Sequence
from pathlib import Path

from functions.translation.decoding.model import MarianModel
from functions.translation.text.languages import Hop, Routes
from functions.translation.translator import DEFAULT_BEAMS, Sentence, Translator
from shared.errors import ModelAltered
from shared.models.folder import model_folders
from shared.models.spec import read_spec

TASK = "translation"


class Engine:
    """Every translation model of a folder.

    Args:
        folder: of one model or of several.
        threads: of one model run.

    Attributes:
        specs: by the models' names.
        routes: the directions they serve.

    Raises:
        ModelMissing: there is no model.
        ModelAltered: one is for another task.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self._folders, self._threads = model_folders(folder), threads
        self.specs = {name: read_spec(found) for name, found in self._folders.items()}
        for spec in self.specs.values():
            if spec.task != TASK:
                raise ModelAltered(f"{spec.identifier} is a model for {spec.task}, not {TASK}.")
        self.routes = Routes.of(self.specs)
        self._models: dict[str, MarianModel] = {}
        self._translators: dict[Hop, Translator] = {}

    def open_first(self) -> None:
        """Open the model that is first by name."""
        self._model(next(iter(self.specs)))

    def open_all(self) -> None:
        """Open every model, so that one that cannot be served is known of."""
        for name in self.specs:
            self._model(name)

    def _model(self, name: str) -> MarianModel:
        """A model, verified, opened and tried on its first golden example."""
        if name not in self._models:
            model = MarianModel.load(self._folders[name], self._threads)
            golden = model.spec.golden
            example = golden.inputs[0]
            translator = Translator(model, example["target"])
            found = translator.translate([Sentence(example["text"])], DEFAULT_BEAMS)[0]
            if (found or [example["text"]]) != [golden.outputs[0]]:
                raise ModelAltered(
                    f"{model.spec.identifier}: the golden example came out otherwise than "
                    "spec.json states. This processor or build of onnxruntime computes other "
                    "values than the one that exported the model: export it again."
                )
            self._models[name] = model
            self._translators[example["source"], example["target"]] = translator
        return self._models[name]

    def translate(
        self, hop: Hop, sentences: Sequence[Sentence], beams: int, best: int
    ) -> list[list[str]]:
        """Marked translations of each sentence in one direction; see `Translator.translate`."""
        if hop not in self._translators:
            model = self._model(self.routes.models[hop])
            self._translators.setdefault(hop, Translator(model, hop[1]))
        return self._translators[hop].translate(sentences, beams, best)

    def identifiers(self, hops: Sequence[Hop]) -> str:
        """Names and versions of the models that serve these directions."""
        names = {self.routes.models[hop] for hop in hops} or set(self.specs)
        return "+".join(sorted(self.specs[name].identifier for name in names))
