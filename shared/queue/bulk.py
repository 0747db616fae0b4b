"""Bulk: the lines of a file, a batch at a time, each answered on its own.

A batch is what a Distributed Map of Step Functions hands to a worker::

    {"Items": [{"index": 0, "request": {"id": "a", "text": "..."}}, ...],
     "BatchInput": {"request": {"target": "de"}}}

Each line is the JSON of a POST's body, with an ``id`` of the sender's where one is wanted;
``BatchInput`` holds what a line may leave out. What is wrong with a line is told in its place among
the results. An error that may pass is raised instead, so that the batch is run again as a whole;
and so is that of a model that cannot be served, so that a job fails and does not end without
answers.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field

from shared.errors import InvalidRequest, LimitExceeded, ServiceError
from shared.operations import Outcome, Service, concerns_all
from shared.problems import check_size, parse

# Step Functions takes 262,144 bytes from a task; it adds up to 2 KB about the invocation.
MAX_ANSWER_BYTES = 245_760
MAX_ID_CHARACTERS = 256
Result = dict[str, Any]
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def _text_or_whole_number(value: Any) -> Any:
    if isinstance(value, str):
        fits = len(value) <= MAX_ID_CHARACTERS and not _HALF_CHARACTER.search(value)
    else:
        fits = isinstance(value, int) and not isinstance(value, bool)
    if value is not None and not fits:
        raise ValueError(
            f"must be text of at most {MAX_ID_CHARACTERS} whole characters, or a whole number"
        )
    return value


class _Identified(BaseModel):
    id: Annotated[Any, AfterValidator(_text_or_whole_number)] = None


class BulkLine(BaseModel):
    """One line of the file.

    Attributes:
        index: its place among the lines, from 0.
        request: what it holds.
    """

    index: int
    request: Any


class _Defaults(BaseModel):
    request: dict[str, Any] = {}


class BulkEvent(BaseModel):
    """A batch, as Step Functions writes it."""

    lines: list[BulkLine] = Field(alias="Items")
    defaults: _Defaults = Field(_Defaults(), alias="BatchInput")


def bulk_answer(event: Mapping[str, Any], service: Service) -> Result:
    """Answer a batch.

    Args:
        event: see this module.
        service: of whose first operation a line is a request, with the defaults and without its
            ``id``.

    Returns:
        ``{"results": [...]}``, one for each line in order: ``line`` (from 1), the line's ``id``
        where it has one, ``status``, and ``result`` or ``problem``.

    Raises:
        InvalidRequest: the event is no batch.
        ServiceError: one that may pass, or a model that cannot be served; nothing of the batch is
            answered.
        LimitExceeded: there are too many lines for the answers of one batch.
    """
    batch, operation = parse(BulkEvent, event, counted=False), service.default
    outcomes: dict[int, Outcome] = {}
    requests: dict[int, BaseModel] = {}
    for place, line in enumerate(batch.lines):
        try:
            requests[place] = _request(line.request, batch.defaults.request, operation.request)
        except InvalidRequest as error:
            outcomes[place] = error
    answered = service.answer_all(operation, list(requests.values()))
    _raise_what_concerns_all(answered)
    outcomes |= dict(zip(requests, answered, strict=True))
    results = [_result(line, outcomes[place]) for place, line in enumerate(batch.lines)]
    return {"results": _within_limit(results)}


def failed_line(number: int, error: ServiceError, id_: int | str | None = None) -> Result:
    """The result of a line that cannot be answered.

    Args:
        number: of the line, from 1.
        error: what is wrong with it.
        id_: the line's own, where it has one.
    """
    return {**_about(number, id_), "status": "failed", "problem": error.problem()}


def _about(number: int, id_: int | str | None) -> Result:
    return {"line": number} if id_ is None else {"line": number, "id": id_}


def _request(line: Any, defaults: Mapping[str, Any], model: type[BaseModel]) -> BaseModel:
    if not isinstance(line, dict):
        raise InvalidRequest("A line must be a JSON object, such as the body of a POST.")
    parse(_Identified, line, counted=False)
    fields = {**defaults, **line}
    fields.pop("id", None)
    check_size(len(json.dumps(fields).encode()))
    return parse(model, fields)


def _raise_what_concerns_all(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, ServiceError) and concerns_all(outcome):
            raise outcome


def _result(line: BulkLine, outcome: Outcome) -> Result:
    number, id_ = line.index + 1, _identifier(line.request)
    if isinstance(outcome, ServiceError):
        return failed_line(number, outcome, id_)
    answer = outcome.model_dump(mode="json")
    return {**_about(number, id_), "status": "succeeded", "result": answer}


def _identifier(line: Any) -> int | str | None:
    try:
        id_: int | str | None = parse(_Identified, line).id
    except InvalidRequest:
        return None
    return id_


def _within_limit(results: Sequence[Result]) -> list[Result]:
    """The results, of which the largest fail where all together are more than a task may answer.

    Raises:
        LimitExceeded: not even then are they few enough.
    """
    sizes = [_size_bytes(result) for result in results]
    total = remaining = sum(sizes)
    error = LimitExceeded(
        "bytes of answers in one batch",
        MAX_ANSWER_BYTES,
        total,
        "Run this again in smaller batches (batch_size), or ask for less in one line.",
    )
    fitting = list(results)
    for place in sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True):
        if remaining <= MAX_ANSWER_BYTES:
            return fitting
        line = results[place]
        fitting[place] = failed_line(line["line"], error, line.get("id"))
        remaining += _size_bytes(fitting[place]) - sizes[place]
    if remaining > MAX_ANSWER_BYTES:
        raise error
    return fitting


def _size_bytes(result: Result) -> int:
    return len(json.dumps(result, ensure_ascii=False).encode()) + len(", ")
