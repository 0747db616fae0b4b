"""FastAPI, without the models of its OpenAPI document, which nothing but that document needs.

To build them takes a tenth of a function's start. Now the first ``GET /openapi.json`` builds them.
All modules take FastAPI's names from here, so that none imports it otherwise before.
"""

from pydantic import BaseModel

BaseModel.model_config["defer_build"] = True  # of the classes that are made until it is undone
try:
    from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse
finally:
    del BaseModel.model_config["defer_build"]

__all__ = [
    "APIRouter",
    "Depends",
    "FastAPI",
    "JSONResponse",
    "Path",
    "Query",
    "Request",
    "RequestValidationError",
]
