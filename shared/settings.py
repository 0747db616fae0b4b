"""Settings of a process, read once from the environment.

| variable | meaning | default |
|---|---|---|
| ``<SERVICE>_MODEL_DIR`` | folder or S3 URI of a service's model or models | see ``MODELS_DIR`` |
| ``<SERVICE>_MODEL_VERSION`` | pin of the models it may serve (`local.model_pin`) | any models |
| ``MODELS_DIR`` | folder or S3 URI of one folder per service | ``layers/models`` of the checkout |
| ``TRANSLATION_EXTRA_MODELS`` | folder or S3 URI of further translation models | none |
| ``TRANSLATION_MEMORY_MB`` | most that open translation models take | 400 |
| ``MODEL_CACHE_DIR`` | folder for models from S3 | ``models`` in a temporary folder |
| ``MODEL_CACHE_BYTES`` | most bytes in it | 419,430,400 (400 MiB) |
| ``RESULTS_TABLE`` | DynamoDB table of jobs and of idempotent answers | none: SQLite is used |
| ``RESULTS_DB`` | SQLite file of the same | ``results.db`` in a temporary folder |
| ``RESULTS_BUCKET`` | S3 bucket of results too large for the table | none |
| ``RESULTS_TTL_S`` | seconds that a result is kept | 86,400 |
| ``FAILURES_TTL_S`` | seconds that the reason of a failure is kept | 1,555,200 (18 days) |
| ``QUEUE_URL`` | SQS queue of the service's asynchronous jobs | none: SQLite is used |
| ``QUEUES_DB`` | SQLite file of all services' queues | ``queues.db`` in a temporary folder |
| ``MAX_RECEIVES`` | deliveries after which a message goes to the dead-letter queue | 3 |
| ``HISTORY_TABLE`` | DynamoDB table of users' events | none: SQLite is used |
| ``HISTORY_DB`` | SQLite file of users' events | ``history.db`` in a temporary folder |
| ``HISTORY_TTL_S`` | seconds that an event is kept | 15,552,000 (180 days) |
| ``PERSONALIZE`` | JSON of what Personalize's names stand for | that of ``names.json`` |
| ``LEX_SESSION_TTL_S`` | seconds that a session of Lex's clients is kept after a turn | 300 |
| ``USER_CLAIM`` | claim of a token that the ``user_id`` of a request must equal | none: any |
| ``MAX_BODY_BYTES`` | largest request body | 262,144 |
| ``INTRA_OP_THREADS`` | threads of one model run | from the function's memory; 1 outside Lambda |
| ``TRANSLATION_KEEP`` | names that translation leaves as they are, one a line | none |
| ``CONSOLE`` | ``1``: the HTTP entry has the console, at ``/console/index.html`` | off |
| ``COST_HEADER`` | ``1``: HTTP answers tell what they cost in ``x-estimated-cost-usd`` | off |
| ``LOG_LEVEL`` | Python log level | ``INFO`` |
"""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from shared.locations import ModelLocation, parse_location

MEMORY_PER_VCPU_MB = 1_769  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
TRANSLATION_MEMORY_MB = 400
_MODEL_DIR_SUFFIX = "_MODEL_DIR"
_MODEL_VERSION_SUFFIX = "_MODEL_VERSION"
_PIN = re.compile(r"[0-9a-f]{12,64}")
_MODEL_CACHE_BYTES = 400 * 2**20  # leaves room for the rest in the 512 MB of Lambda's /tmp


def _checkout_models_dir() -> Path:
    return Path(__file__).resolve().parent.parent / "layers" / "models"


def _default_db(name: str) -> Path:
    return Path(tempfile.gettempdir()) / "retail-inference" / name


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process was told by its environment.

    Attributes:
        memory_mb: the function's memory; that of one full vCPU outside Lambda.
        cost_header: whether HTTP answers tell what they cost.
        console: whether the HTTP entry has the console's page and files.
        in_lambda: whether the process runs in Lambda or in its emulator.
        snap_start: whether it is started to be copied, or is a copy.
        function_name: name of the Lambda function, or ``local``.
        region: of AWS, or ``local``.
        intra_op_threads: threads of one ``session.run``.
    """

    models_dir: ModelLocation = field(default_factory=_checkout_models_dir)
    model_dirs: Mapping[str, ModelLocation] = field(default_factory=dict)
    model_pins: Mapping[str, str] = field(default_factory=dict)
    translation_extra_models: ModelLocation | None = None
    translation_memory_mb: int = TRANSLATION_MEMORY_MB
    model_cache_dir: Path = field(default_factory=lambda: Path(tempfile.gettempdir()) / "models")
    model_cache_bytes: int = _MODEL_CACHE_BYTES
    results_table: str | None = None
    results_db: Path = field(default_factory=lambda: _default_db("results.db"))
    results_bucket: str | None = None
    results_ttl_s: int = 86_400
    failures_ttl_s: int = 1_555_200
    queue_url: str | None = None
    queues_db: Path = field(default_factory=lambda: _default_db("queues.db"))
    max_receives: int = 3
    history_table: str | None = None
    history_db: Path = field(default_factory=lambda: _default_db("history.db"))
    history_ttl_s: int = 15_552_000
    lex_session_ttl_s: int = 300
    personalize: str = ""
    user_claim: str | None = None
    max_body_bytes: int = 262_144
    intra_op_threads: int = 1
    translation_keep: tuple[str, ...] = ()
    log_level: str = "INFO"
    memory_mb: int = MEMORY_PER_VCPU_MB
    cost_header: bool = False
    console: bool = False
    in_lambda: bool = False
    snap_start: bool = False
    function_name: str = "local"
    region: str = "local"

    def model_location(self, service: str) -> ModelLocation:
        """Where the model that ``service`` serves is, or all its models."""
        return self.model_dirs.get(service, self.models_dir / service)

    def extra_model_locations(self, service: str) -> list[ModelLocation]:
        """Where further models of ``service`` are."""
        extra = self.translation_extra_models
        return [extra] if service == "translation" and extra else []

    def model_dir(self, service: str) -> Path:
        """The same, for what works on a folder of this machine alone.

        Raises:
            ValueError: the models are in S3.
        """
        location = self.model_location(service)
        if isinstance(location, Path):
            return location
        raise ValueError(f"the {service} models are at {location}; this needs them in a folder")


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


def _switch(env: Mapping[str, str], name: str) -> bool:
    raw = env.get(name, "").strip()
    if raw not in {"", "0", "1"}:
        raise ValueError(f"{name} is {raw!r}; it must be 1 for on, or 0 or nothing for off")
    return raw == "1"


def _lines(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    stripped = (line.strip() for line in re.split(r"[\n;]", env.get(name, "")))
    return tuple(line for line in stripped if line)


def _location(env: Mapping[str, str], name: str) -> ModelLocation | None:
    try:
        return parse_location(raw) if (raw := env.get(name, "").strip()) else None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _pin(env: Mapping[str, str], name: str) -> str:
    pin = env.get(name, "").strip().lower()
    if pin and not _PIN.fullmatch(pin):
        raise ValueError(
            f"{name} is {env[name]!r}; it must be 12 to 64 hex digits, as python -m "
            "local.model_pin prints them"
        )
    return pin


def from_env(env: Mapping[str, str]) -> Settings:
    """Settings from environment variables.

    Raises:
        ValueError: a variable does not parse; the message names it.
    """
    defaults = Settings()
    memory_mb = _integer(env, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_PER_VCPU_MB)
    return Settings(
        models_dir=_location(env, "MODELS_DIR") or defaults.models_dir,
        model_dirs={
            name.removesuffix(_MODEL_DIR_SUFFIX).lower(): location
            for name in env
            if name.endswith(_MODEL_DIR_SUFFIX) and (location := _location(env, name))
        },
        model_pins={
            name.removesuffix(_MODEL_VERSION_SUFFIX).lower(): pin
            for name in env
            if name.endswith(_MODEL_VERSION_SUFFIX) and (pin := _pin(env, name))
        },
        translation_extra_models=_location(env, "TRANSLATION_EXTRA_MODELS"),
        translation_memory_mb=_integer(env, "TRANSLATION_MEMORY_MB", TRANSLATION_MEMORY_MB),
        model_cache_dir=Path(env.get("MODEL_CACHE_DIR") or defaults.model_cache_dir),
        model_cache_bytes=_integer(env, "MODEL_CACHE_BYTES", defaults.model_cache_bytes),
        results_table=env.get("RESULTS_TABLE") or None,
        results_db=Path(env.get("RESULTS_DB") or defaults.results_db),
        results_bucket=env.get("RESULTS_BUCKET") or None,
        results_ttl_s=_integer(env, "RESULTS_TTL_S", defaults.results_ttl_s),
        failures_ttl_s=_integer(env, "FAILURES_TTL_S", defaults.failures_ttl_s),
        queue_url=env.get("QUEUE_URL") or None,
        queues_db=Path(env.get("QUEUES_DB") or defaults.queues_db),
        max_receives=_integer(env, "MAX_RECEIVES", defaults.max_receives),
        history_table=env.get("HISTORY_TABLE") or None,
        history_db=Path(env.get("HISTORY_DB") or defaults.history_db),
        history_ttl_s=_integer(env, "HISTORY_TTL_S", defaults.history_ttl_s),
        personalize=env.get("PERSONALIZE", ""),
        lex_session_ttl_s=_integer(env, "LEX_SESSION_TTL_S", defaults.lex_session_ttl_s),
        user_claim=env.get("USER_CLAIM", "").strip() or None,
        max_body_bytes=_integer(env, "MAX_BODY_BYTES", defaults.max_body_bytes),
        intra_op_threads=_integer(env, "INTRA_OP_THREADS", threads_for_memory(memory_mb)),
        translation_keep=_lines(env, "TRANSLATION_KEEP"),
        log_level=env.get("LOG_LEVEL", defaults.log_level).upper(),
        memory_mb=memory_mb,
        cost_header=_switch(env, "COST_HEADER"),
        console=_switch(env, "CONSOLE"),
        in_lambda="AWS_LAMBDA_FUNCTION_NAME" in env,
        snap_start=env.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start",
        function_name=env.get("AWS_LAMBDA_FUNCTION_NAME", defaults.function_name),
        region=env.get("AWS_REGION") or defaults.region,
    )


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process; call ``get_settings.cache_clear()`` after a change."""
    return from_env(os.environ)
