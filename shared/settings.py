"""Settings of a process, read once from the environment.

| variable | meaning | default |
|---|---|---|
| ``<SERVICE>_MODEL_DIR`` | folder of a service's model or models | ``$MODELS_DIR/<service>`` |
| ``MODELS_DIR`` | folder of all model folders | ``layers/models`` of the checkout |
| ``RESULTS_TABLE`` | DynamoDB table of queue results | none: SQLite is used |
| ``RESULTS_DB`` | SQLite file of queue results | ``results.db`` in a temporary folder |
| ``RESULTS_TTL_S`` | seconds that a result is kept | 86,400 |
| ``HISTORY_TABLE`` | DynamoDB table of users' events | none: SQLite is used |
| ``HISTORY_DB`` | SQLite file of users' events | ``history.db`` in a temporary folder |
| ``HISTORY_TTL_S`` | seconds that an event is kept | 15,552,000 (180 days) |
| ``MAX_BODY_BYTES`` | largest request body | 262,144 |
| ``INTRA_OP_THREADS`` | threads of one model run | from the function's memory; 1 outside Lambda |
| ``LOG_LEVEL`` | Python log level | ``INFO`` |
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

MEMORY_PER_VCPU_MB = 1_769  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_MODEL_DIR_SUFFIX = "_MODEL_DIR"


def _checkout_models_dir() -> Path:
    return Path(__file__).resolve().parent.parent / "layers" / "models"


def _default_db(name: str) -> Path:
    return Path(tempfile.gettempdir()) / "retail-inference" / name


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process was told by its environment.

    Attributes:
        in_lambda: whether the process runs in Lambda or in its emulator.
        function_name: name of the Lambda function, or ``local``.
        intra_op_threads: threads of one ``session.run``.
    """

    models_dir: Path = field(default_factory=_checkout_models_dir)
    model_dirs: Mapping[str, Path] = field(default_factory=dict)
    results_table: str | None = None
    results_db: Path = field(default_factory=lambda: _default_db("results.db"))
    results_ttl_s: int = 86_400
    history_table: str | None = None
    history_db: Path = field(default_factory=lambda: _default_db("history.db"))
    history_ttl_s: int = 15_552_000
    max_body_bytes: int = 262_144
    intra_op_threads: int = 1
    log_level: str = "INFO"
    in_lambda: bool = False
    function_name: str = "local"

    def model_dir(self, service: str) -> Path:
        """Folder of the model that ``service`` serves, or of all its model folders."""
        return self.model_dirs.get(service, self.models_dir / service)


def threads_for_memory(memory_mb: int) -> int:
    """Threads that Lambda's share of CPU time keeps busy.

    Lambda shows two cores below 1,769 MB but grants less than one core's time; a second
    thread would only wait for the first.
    """
    return max(1, min(os.cpu_count() or 1, round(memory_mb / MEMORY_PER_VCPU_MB)))


def _integer(env: Mapping[str, str], name: str, default: int) -> int:
    raw = env.get(name, "").strip()
    if not raw:
        return default
    if not raw.isdecimal() or int(raw) < 1:
        raise ValueError(f"{name} is {raw!r}; it must be a whole number of at least 1")
    return int(raw)


def from_env(env: Mapping[str, str]) -> Settings:
    """Settings from environment variables.

    Raises:
        ValueError: a variable does not parse; the message names it.
    """
    defaults = Settings()
    memory_mb = _integer(env, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_PER_VCPU_MB)
    return Settings(
        models_dir=Path(env.get("MODELS_DIR") or defaults.models_dir),
        model_dirs={
            name.removesuffix(_MODEL_DIR_SUFFIX).lower(): Path(value)
            for name, value in env.items()
            if name.endswith(_MODEL_DIR_SUFFIX) and value
        },
        results_table=env.get("RESULTS_TABLE") or None,
        results_db=Path(env.get("RESULTS_DB") or defaults.results_db),
        results_ttl_s=_integer(env, "RESULTS_TTL_S", defaults.results_ttl_s),
        history_table=env.get("HISTORY_TABLE") or None,
        history_db=Path(env.get("HISTORY_DB") or defaults.history_db),
        history_ttl_s=_integer(env, "HISTORY_TTL_S", defaults.history_ttl_s),
        max_body_bytes=_integer(env, "MAX_BODY_BYTES", defaults.max_body_bytes),
        intra_op_threads=_integer(env, "INTRA_OP_THREADS", threads_for_memory(memory_mb)),
        log_level=env.get("LOG_LEVEL", defaults.log_level).upper(),
        in_lambda="AWS_LAMBDA_FUNCTION_NAME" in env,
        function_name=env.get("AWS_LAMBDA_FUNCTION_NAME", defaults.function_name),
    )


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process; call ``get_settings.cache_clear()`` after a change."""
    return from_env(os.environ)
