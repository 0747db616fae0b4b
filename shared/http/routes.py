"""Routes that every service has: health, model cards and jobs."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from shared.errors import ModelMissing
from shared.http.caller import NOBODY, caller_of
from shared.http.deferred_fastapi import APIRouter, Depends, Query, Request
from shared.http.permissions import JOBS_SCOPE, acts_for_all
from shared.http.problem_responses import FOUND_RESPONSES, PROBLEM_RESPONSES
from shared.http.queries import check_query
from shared.http.respond_async import JOBS_PATH, JobStatus, job_status
from shared.locations import ModelLocation
from shared.models.spec import ModelSpec
from shared.models.store import find_models, read_model_spec
from shared.operations import Service
from shared.settings import get_settings
from shared.version import VERSION

_Service = Annotated[
    str | None, Query(description="Whose job is meant, where several have the id.")
]
_Operation = Annotated[
    str | None, Query(description="Path of the route that the job asks for, likewise.")
]


class Health(BaseModel):
    """``ok`` where the service answers; where it does not, a problem comes instead."""

    status: Literal["ok"] = "ok"


class ModelCard(BaseModel):
    """What a served model is, was made from, and reaches."""

    name: str
    version: str
    task: str
    created: str
    licence: str
    languages: tuple[str, ...]
    targets: tuple[str, ...]
    labels: list[str]
    limits: dict[str, int]
    parameters: dict[str, float | int | str | None]
    files: dict[str, Any]
    quantization: dict[str, Any]
    training: dict[str, Any]
    data: list[dict[str, Any]]
    metrics: list[dict[str, Any]]
    fidelity: list[dict[str, Any]]


class ModelsResponse(BaseModel):
    """The release that answers, and one card for each model that this deployment can serve."""

    version: str = Field(description="Of the product; CHANGELOG.md tells what is in it.")
    models: list[ModelCard]


def health_router(service: Service) -> APIRouter:
    """Liveness, which needs nothing, and readiness, which needs the loaded model."""
    router = APIRouter(prefix=f"/v1/{service.name}/health", tags=["health"])

    @router.get("/live", operation_id=f"{service.name}_live")
    async def live() -> Health:
        """The process answers."""
        return Health()

    @router.get("/ready", operation_id=f"{service.name}_ready", responses=PROBLEM_RESPONSES)
    async def get_ready() -> Health:
        """The model is verified and loaded."""
        loaded = service.load()
        if service.make_ready is not None:
            service.make_ready(loaded)
        return Health()

    return router


def query_of(known: Collection[str] = ()) -> Callable[[Request], Awaitable[None]]:
    """A dependency of a route that reads these parameters of the query."""

    async def check(request: Request) -> None:
        check_query(request.url.query, known)

    return check


def _card(spec: ModelSpec) -> ModelCard:
    fields = spec.model_dump(mode="json", exclude={"golden", "format", "labels"})
    return ModelCard(**fields, labels=[label.name for label in spec.labels])


def _found(location: ModelLocation) -> Mapping[str, ModelLocation]:
    """Models of a location; none where there is none, which is their service's to report."""
    try:
        return find_models(location)
    except ModelMissing:
        return {}


def _served_specs(service: str) -> list[ModelSpec]:
    """The models that ``service`` serves, then those of the other services."""
    settings = get_settings()
    services = {name.partition("/")[0] for name in _found(settings.models_dir)}
    services |= settings.model_dirs.keys()
    places = list(find_models(settings.model_location(service)).values())
    for extra in settings.extra_model_locations(service):
        places += _found(extra).values()
    for other in sorted(services - {service}):
        places += _found(settings.model_location(other)).values()
    return [read_model_spec(place) for place in places]


def models_router(service: str) -> APIRouter:
    """Model cards of this deployment."""
    router = APIRouter(tags=["models"], dependencies=[Depends(query_of())])

    @router.get("/v1/models", responses=PROBLEM_RESPONSES)
    async def get_models() -> ModelsResponse:
        """Version; cards: file hashes, licence, training data, metrics, quantization, fidelity."""
        models = [_card(spec) for spec in _served_specs(service)]
        return ModelsResponse(version=VERSION, models=models)

    return router


def jobs_router() -> APIRouter:
    """The route that tells how far a job is."""
    known = ("service", "operation")
    router = APIRouter(tags=["jobs"], dependencies=[Depends(query_of(known))])

    @router.get(JOBS_PATH + "{job_id:path}", responses=FOUND_RESPONSES)
    async def get_job(
        request: Request, job_id: str, service: _Service = None, operation: _Operation = None
    ) -> JobStatus:
        """How far a job is: `queued`, `running`, `succeeded` with its result, or `failed`."""
        caller = caller_of(request.scope) or NOBODY
        own_only = not acts_for_all(JOBS_SCOPE)
        return job_status(job_id, caller, service, operation, own_only=own_only)

    return router
