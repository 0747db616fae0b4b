"""The models of a deployment, opened when first needed, behind the directions they serve."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from functions.translation.confidence import Calibration, Certainty
from functions.translation.decoding.model import MarianModel
from functions.translation.text.attempts import Scored
from functions.translation.text.languages import Hop, Routes
from functions.translation.translator import DEFAULT_BEAMS, Sentence, Translator
from shared.errors import ModelAltered, ModelMissing
from shared.locations import ModelLocation
from shared.models.folder import model_folders
from shared.models.spec import ModelSpec
from shared.models.store import find_models, let_go, local_folder, read_model_spec
from shared.process.telemetry import logger
from shared.settings import TRANSLATION_MEMORY_MB, get_settings

TASK = "translation"
_SPECS_AT_ONCE = 8
LOADED_SHARE = 4  # bytes in memory for each of a model's files, measured: 2.7 to 4.0
_MB = 10**6

Check = Callable[[MarianModel, str], None]


class ModelPool:
    """Open models under a byte budget; the one that was longest not asked for is closed first.

    Args:
        places: of the models, by name.
        specs: of the models, by name; that of a model which was fetched is put in its place.
        threads: of one model run.
        memory_mb: most that all open models may take, but for the last one asked for.
        check: what a model, and its name, must pass when it is opened.
    """

    def __init__(
        self,
        places: Mapping[str, ModelLocation],
        specs: MutableMapping[str, ModelSpec],
        threads: int,
        memory_mb: int,
        check: Check,
    ) -> None:
        self._places, self._specs, self._threads = places, specs, threads
        self._budget_bytes, self._check = memory_mb * _MB, check
        self._open: dict[str, MarianModel] = {}  # the longest not asked for first

    @property
    def names(self) -> list[str]:
        """Of the open models, the longest not asked for first."""
        return list(self._open)

    def model(self, name: str) -> MarianModel:
        """A model, verified and opened where it is not open.

        Raises:
            ModelError: it cannot be served.
            StoreUnavailable: it cannot be fetched now.
        """
        if name in self._open:
            self._open[name] = found = self._open.pop(name)
            return found
        folder = local_folder(self._places[name])
        self._make_room(name)
        model = MarianModel.load(folder, self._threads)
        self._check(model, name)
        if self._open:  # what reading models leaves adds up; one alone should start fast
            from shared.process.memory import release_freed  # noqa: PLC0415

            release_freed()
        self._open[name], self._specs[name] = model, model.spec
        return model

    def forget(self, name: str) -> None:
        """Close a model; it is opened anew when it is asked for again."""
        self._open.pop(name, None)

    def _loaded_bytes(self, name: str) -> int:
        files = self._specs[name].files.values()
        return LOADED_SHARE * sum(entry.size_bytes for entry in files)

    def _make_room(self, name: str) -> None:
        """Close models until one more fits."""
        needed = self._loaded_bytes(name)
        while self._open and needed + sum(map(self._loaded_bytes, self._open)) > self._budget_bytes:
            oldest = next(iter(self._open))
            del self._open[oldest]
            let_go(self._places[oldest])
            logger.info("model closed", extra={"model": self._specs[oldest].identifier})


class Engine:
    """Every translation model of a folder, and of a second place.

    Args:
        folder: of one model or of several.
        threads: of one model run.
        extra: a folder, or a place in S3, of further models, each of which is fetched when it is
            first needed; a model of ``folder`` with the same name is served in its place.
        memory_mb: most that open models may take; see `ModelPool`.

    Attributes:
        specs: by the models' names.
        routes: the directions they serve.

    Raises:
        ModelMissing: there is no model.
        ModelAltered: one is for another task.
        StoreUnavailable: S3 does not answer.
    """

    def __init__(
        self,
        folder: Path,
        threads: int,
        extra: ModelLocation | None = None,
        memory_mb: int = TRANSLATION_MEMORY_MB,
    ) -> None:
        self._own = model_folders(folder)
        places: dict[str, ModelLocation] = {**(find_models(extra) if extra else {}), **self._own}
        self.specs = _read_specs(places)
        for spec in self.specs.values():
            if spec.task != TASK:
                raise ModelAltered(f"{spec.identifier} is a model for {spec.task}, not {TASK}.")
        _check_pinned(list(self.specs.values()))
        self.routes = Routes.of(self.specs)
        self._pool = ModelPool(places, self.specs, threads, memory_mb, self._check)

    @property
    def open_names(self) -> list[str]:
        """Names of the models that are open, the longest not asked for first."""
        return self._pool.names

    def open_first(self) -> None:
        """Open the model that is first by name."""
        self._pool.model(next(iter(self._own)))

    def open_all(self) -> None:
        """Open every model of the folder, so that one that cannot be served is known of."""
        for name in self._own:
            self._pool.model(name)

    def translate(
        self, hop: Hop, sentences: Sequence[Sentence], beams: int, best: int
    ) -> list[list[str]]:
        """Marked translations of each sentence in one direction; see `Translator.translate`."""
        found = self.scored(hop, sentences, beams, best)
        return [[one.text for one in results] for results in found]

    def scored(
        self, hop: Hop, sentences: Sequence[Sentence], beams: int, best: int
    ) -> list[list[Scored]]:
        """The same with their scores; see `Translator.scored`."""
        name = self.routes.models[hop]
        try:
            model = self._pool.model(name)
            return Translator(model, hop[1], hop[0]).scored(sentences, beams, best)
        except ModelMissing:  # the cache was emptied; a part of a model is opened when needed
            self._fetch_again(name)
        return Translator(self._pool.model(name), hop[1], hop[0]).scored(sentences, beams, best)

    def certainty(self, hop: Hop) -> Certainty:
        """How likely translations in one direction are right, by what is known of them."""
        return Calibration.read(self.specs[self.routes.models[hop]].parameters).probability

    def _fetch_again(self, name: str) -> None:
        """Bring back a model's files, where they came from S3: into a folder of the same name."""
        self._pool.forget(name)
        if name in self._own:
            local_folder(get_settings().model_location(TASK))

    def _check(self, model: MarianModel, name: str) -> None:
        """Look whether a model that was opened, perhaps long after the start, may be served."""
        _check_pinned(list({**self.specs, name: model.spec}.values()))
        _try_golden(model)

    def identifiers(self, hops: Sequence[Hop]) -> str:
        """Names and versions of the models that serve these directions."""
        names = {self.routes.models[hop] for hop in hops} or set(self.specs)
        return "+".join(sorted(self.specs[name].identifier for name in names))


def _read_specs(places: Mapping[str, ModelLocation]) -> dict[str, ModelSpec]:
    """Specs by name; those in S3 at once, since each is a request."""
    remote = [place for place in places.values() if not isinstance(place, Path)]
    if not remote:
        return {name: read_model_spec(place) for name, place in places.items()}
    with ThreadPoolExecutor(min(_SPECS_AT_ONCE, len(remote))) as pool:
        return dict(zip(places, pool.map(read_model_spec, places.values()), strict=True))


def _try_golden(model: MarianModel) -> None:
    """Compare a model's first golden example with what it gives here.

    Raises:
        ModelAltered: it gives something else.
    """
    golden = model.spec.golden
    example = golden.inputs[0]
    translator = Translator(model, example["target"])
    found = translator.translate([Sentence(example["text"])], DEFAULT_BEAMS)[0]
    if (found or [example["text"]]) != [golden.outputs[0]]:
        raise ModelAltered(
            f"{model.spec.identifier}: the golden example came out otherwise than spec.json "
            "states. This processor or build of onnxruntime computes other values than the one "
            "that exported the model: export it again."
        )


def _check_pinned(specs: Sequence[ModelSpec]) -> None:
    if get_settings().model_pins:  # which few deployments have
        from shared.models.pins import check_pinned  # noqa: PLC0415

        check_pinned(TASK, specs)
