"""A model's files, read before its spec is: begun while the rest is still imported.

To hash files, to read a tokenizer and to make a session take up to a third of a start and hardly
hold the interpreter. They need neither pydantic nor a service's own modules, whose imports take
longer. A model is served only if its files then prove to be those that its spec states.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.errors import ModelMissing
from shared.models.folder import MODEL_FILE, SPEC_FILE, TOKENIZER_FILE, hash_file, model_folders
from shared.process.start import Loading
from shared.settings import get_settings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from shared.models.sessions import Session


@dataclass(frozen=True)
class Files:
    """Files of one model folder, each of which is read once it is asked for, or was begun to be.

    Attributes:
        hashes: SHA-256 of each file, by its path below the folder.
        tokenizer: without padding or truncation.
        session: over the graph, where a model is a single one; else it cannot be had.
    """

    hashes: Mapping[str, Callable[[], str]]
    tokenizer: "Callable[[], Tokenizer]"
    session: "Callable[[], Session]"


_begun: dict[Path, Files] = {}


def preload(service: str, load: str) -> Callable[[], object]:
    """Begin to load a service, beside whatever its entry imports next.

    Args:
        service: whose model's files are read at once.
        load: what loads it, as ``module:function``.

    Returns:
        What waits until it is loaded, and raises where it cannot be.
    """
    begin(service)
    module, _, function = load.partition(":")
    return Loading(getattr(import_module(module), function)).result


def begin(service: str) -> None:
    """Begin to read the model that ``service`` opens first, where it is in a folder."""
    settings = get_settings()
    location = settings.model_location(service)
    if not isinstance(location, Path):
        return
    try:
        folder = next(iter(model_folders(location).values()))
    except ModelMissing:  # which is for the service to report
        return
    pool = ThreadPoolExecutor(1, "preload")
    _begun[folder] = _files(folder, settings.intra_op_threads, lambda *do: pool.submit(*do).result)
    pool.shutdown(wait=False)


def take(folder: Path, threads: int) -> Files:
    """The files of a folder; what was begun is given only once, since they may change later."""
    return _begun.pop(folder, None) or _files(folder, threads, partial)


def _files(folder: Path, threads: int, run: Callable[..., Callable[[], Any]]) -> Files:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    names.pop(SPEC_FILE, None)
    graph = run if MODEL_FILE in names else partial
    return Files(
        {name: run(hash_file, path) for name, path in names.items()},
        run(_read_tokenizer, folder / TOKENIZER_FILE),
        graph(_open_graph, folder / MODEL_FILE, threads),
    )


def _read_tokenizer(path: Path) -> "Tokenizer":
    from tokenizers import Tokenizer  # noqa: PLC0415 - the files are being hashed meanwhile

    return Tokenizer.from_file(str(path))


def _open_graph(path: Path, threads: int) -> "Session":
    from shared.models.sessions import open_session  # noqa: PLC0415 - the same

    return open_session(path, threads)
