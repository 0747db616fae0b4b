"""ModelSpec: the contract between training and serving.

A model is a folder: ``spec.json`` and the files it names. Training writes the folder with
`write_spec`; serving finds it (`shared.models.folder`), reads it with `read_spec` and refuses a
folder that is not what its spec says.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import ModelAltered, ModelMissing
from shared.models.folder import SPEC_FILE, hash_file
from shared.texts import matching

FORMAT = 2  # in 1 the version was the hash of the files alone
VERSION_DIGITS = 12
SEAL = "python -m local.seal_model"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, *matching(r"^\w[\w.-]*(/\w[\w.-]*)*$")]  # never outside its folder


class _Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), defer_build=True
    )


class FileEntry(_Frozen):
    """One file of the model folder."""

    sha256: Sha256
    size_bytes: int


class Label(_Frozen):
    """One class of a classifier, in the order of the logits.

    Attributes:
        slots: names of what has to be known to act on it.
    """

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()


class DataSource(_Frozen):
    """A data set the weights were made from."""

    name: str
    source: str
    licence: str
    rows: int


class Metric(_Frozen):
    """Figures of one precision on one named set of examples."""

    dataset: str
    split: str
    precision: str
    rows: int
    values: dict[str, float]


class Fidelity(_Frozen):
    """How far int8 departs from fp32: decisions compared, and how many differ."""

    dataset: str
    compared: int
    differing: int
    allowed_fraction: float


class Golden(_Frozen):
    """Inputs whose outputs are known; the first one is the warm-up at cold start.

    Attributes:
        tolerance: how far a served output may depart from the stated one, absolute, in each
            element (logits, scores); 0 where outputs are text.
        inputs: one entry per example, in the form that the task's service takes.
        outputs: one entry per example; for a classifier its row of logits.
    """

    tolerance: float
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


class ModelSpec(_Frozen, defer_build=False):
    """Everything serving and a model card need to know about one model.

    Attributes:
        name: what the model is called in answers, with its version.
        version: first 12 hex digits of `digest`; `write_spec` puts it in.
        task: which service can serve it, for example ``intent``.
        languages: ISO 639-1 codes the model reads.
        targets: codes it writes, where its task is to translate.
        limits: named upper bounds, for example ``tokens``.
        parameters: what decoding or decision needs, for example ``temperature``.
        training: free-form record of how it was made (``command``, ``base_model``, ...).
    """

    format: int = FORMAT
    name: str
    version: str = ""
    task: str
    created: str
    licence: str
    languages: tuple[str, ...]
    targets: tuple[str, ...] = ()
    files: dict[FileName, FileEntry]
    labels: tuple[Label, ...] = ()
    limits: dict[str, int]
    parameters: dict[str, float | int | str | None]
    quantization: dict[str, Any]
    training: dict[str, Any]
    data: tuple[DataSource, ...]
    metrics: tuple[Metric, ...]
    fidelity: tuple[Fidelity, ...]
    golden: Golden

    @property
    def identifier(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def digest(self) -> str:
        """SHA-256 over all that is stated but the version: the files' hashes are part of it.

        Fields that are as they are by default are left out, so that a field which a later version
        of the project adds changes no digest.
        """
        stated = self.model_dump(mode="json", exclude={"version"}, exclude_defaults=True)
        stated["format"] = self.format
        canonical = json.dumps(stated, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def describe_files(folder: Path, names: list[str]) -> dict[str, FileEntry]:
    """File table of a folder, for a spec about to be written."""
    return {
        name: FileEntry(sha256=hash_file(folder / name), size_bytes=(folder / name).stat().st_size)
        for name in sorted(names)
    }


def write_spec(folder: Path, spec: ModelSpec) -> ModelSpec:
    """Write a spec with the version that its content gives it.

    Returns:
        The spec that was written.
    """
    spec = ModelSpec.model_validate_json(spec.model_dump_json())  # as it will be read
    sealed = spec.model_copy(update={"version": spec.digest[:VERSION_DIGITS]})
    text = json.dumps(sealed.model_dump(mode="json"), indent=1, ensure_ascii=False)
    (folder / SPEC_FILE).write_text(text + "\n", encoding="utf-8")
    return sealed


def read_spec(folder: Path) -> ModelSpec:
    """Read ``spec.json`` without looking at the files it names.

    Raises:
        ModelMissing: there is no such folder or no spec in it.
        ModelAltered: the spec does not follow the format, or states another version than its own.
    """
    path = folder / SPEC_FILE
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelMissing(
            f"No model at {folder}: {SPEC_FILE} is not there. Point the model setting at a "
            "folder written by a training command."
        ) from error
    return parse_spec(raw, str(path))


def parse_spec(raw: bytes, where: str) -> ModelSpec:
    """The spec that is written in ``raw``.

    Args:
        raw: content of a ``spec.json``.
        where: it is, for the error.

    Raises:
        ModelAltered: it does not follow the format, or states another version than its own.
    """
    try:
        spec = ModelSpec.model_validate_json(raw)
    except ValidationError as error:
        raise ModelAltered(f"{where} is not a model spec of format {FORMAT}: {error}") from error
    if spec.format != FORMAT:
        raise ModelAltered(
            f"{where} is a model spec of format {spec.format}, not {FORMAT}. Where you trust it, "
            f"write it in this one: {SEAL} FOLDER"
        )
    if spec.version != spec.digest[:VERSION_DIGITS]:
        raise ModelAltered(
            f"{where} states version {spec.version}, its content is {spec.digest[:VERSION_DIGITS]}:"
            " it was changed after it was published. Publish the model again."
        )
    return spec


def verify_files(
    folder: Path, spec: ModelSpec, hashes: Mapping[str, Callable[[], str]] | None = None
) -> None:
    """Compare every file with its hash in the spec.

    Args:
        folder: of the files.
        spec: names them.
        hashes: of files that are being hashed already, by name.

    Raises:
        ModelMissing: a file is not there.
        ModelAltered: a file's content is not what the model was published with.
    """
    known = hashes or {}
    for name, entry in spec.files.items():
        path = folder / name
        try:
            actual = known[name]() if name in known else hash_file(path)
        except FileNotFoundError as error:
            raise ModelMissing(
                f"{path} is named in {SPEC_FILE} but is not there. Copy the whole model folder."
            ) from error
        if actual != entry.sha256:
            raise ModelAltered(
                f"{path} has SHA-256 {actual}, {SPEC_FILE} states {entry.sha256}. The file was "
                "changed or cut short after training: copy the folder again or retrain."
            )
