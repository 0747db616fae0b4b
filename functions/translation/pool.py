"""Models that are opened when they are first asked for, and closed when there are too many."""

from collections.abc import Callable, Mapping, MutableMapping

from functions.translation.decoding.model import MarianModel
from shared.locations import ModelLocation
from shared.models.spec import ModelSpec
from shared.models.store import let_go, local_folder
from shared.process.telemetry import logger

LOADED_SHARE = 4  # bytes in memory for each of a model's files, measured: 3.3 to 4.1
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
