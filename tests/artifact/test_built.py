"""What `sam build` made, run with nothing else on the path."""

import json
import re
import sys
import time
from pathlib import Path

import pytest

from benchmarks.built import ENTRIES, SERVICES
from benchmarks.ledger import ledger
from layers.build import MODELS
from layers.sizes import LIMIT_MIB, MIB, size_bytes
from shared.models.folder import model_folders
from tests.artifact.conftest import BUILD, HANDLERS, LAMBDA_PACKAGES, functions_by_handler
from tests.expectations import EVENT_NAMES, check_answer, check_stored, handler_of

LOCK = Path(__file__).resolve().parents[2] / "layers" / "runtime" / "requirements.txt"
AIM_MIB = 170
PEAK_MIB = 350
WEB = {"fastapi", "starlette", "mangum"}
SDK = {"boto3", "botocore.session"}
# What a start may import: a package more, or many modules more, is a slower start.
STARTED = {
    "annotated_types", "aws_lambda_powertools", "botocore", "fasttext", "fasttext_pybind",
    "functions", "jmespath", "numpy", "onnxruntime", "pydantic", "pydantic_core", "sentencex",
    "shared", "tokenizers", "typing_extensions", "typing_inspection",
}  # fmt: skip
STARTED_BY = {
    "api": {"annotated_doc", "anyio", "fastapi", "mangum", "opentelemetry", "starlette"},
    "worker": {"boto3", "dateutil", "s3transfer", "six", "urllib3"},
}
MODULES = {"api": 420, "worker": 460}  # not of the standard library
NOT_FOR_SERVING = {
    "huggingface_hub", "numpy.testing", "onnx", "optimum", "torch",
    "transformers", "unittest",
}  # fmt: skip


@pytest.fixture(params=HANDLERS)
def ran(request, built):
    return built[request.param]


@pytest.mark.parametrize("name", EVENT_NAMES)
def test_every_event_is_answered(name, built):
    ran = built[handler_of(name)]
    check_answer(name, ran["answers"][name])
    check_stored(name, ran["stored"])


def test_the_list_of_packages_has_those_of_the_lock_with_their_hashes():
    """CycloneDX, which `make build` writes beside the build."""
    lock = LOCK.read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)==(\S+) \\\n((?:    --hash=\S+(?: \\)?\n)+)", lock, re.MULTILINE)
    locked = {(n, v): set(re.findall(r"sha256:(\w+)", hashes)) for n, v, hashes in pins}
    sbom = json.loads((BUILD.parent / "sbom.cdx.json").read_text(encoding="utf-8"))
    listed = {
        (part["name"], part["version"]): {
            found["content"]
            for reference in part["externalReferences"]
            for found in reference["hashes"]
        }
        for part in sbom["components"]
    }
    assert sbom["bomFormat"] == "CycloneDX"
    assert listed == locked
    assert len(listed) == len(re.findall(r"^[\w.-]+==", lock, re.MULTILINE)) > 20


def test_nothing_comes_from_outside_the_artifacts(ran):
    def inside(file: str) -> bool:
        path = Path(file)
        standard = path.is_relative_to(ran["stdlib"]) and "site-packages" not in path.parts
        return standard or path.is_relative_to(BUILD) or path.is_relative_to(LAMBDA_PACKAGES)

    assert [file for file in ran["files"].values() if not inside(file)] == []


def test_serving_loads_nothing_of_training(ran):
    assert not NOT_FOR_SERVING & set(ran["files"])


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_start_imports_no_more_than_it_did(handler, built):
    entry = handler.split(".")[2]
    standard = {*sys.stdlib_module_names, "__main__", "__mp_main__"}
    names = [name for name in built[handler]["started"] if not name.startswith("_sysconfigdata")]
    modules = [name for name in names if name.partition(".")[0] not in standard]
    assert {name.partition(".")[0] for name in modules} <= STARTED | STARTED_BY[entry]
    assert len(modules) <= MODULES[entry]


@pytest.mark.parametrize("name", [f"{s} {e}" for s in SERVICES for e in ENTRIES])
def test_a_starts_ledger_has_every_part_and_adds_up(name):
    began = time.perf_counter()
    parts = ledger(name, starts=1)
    whole_ms = (time.perf_counter() - began) * 1e3
    assert all(ms > 0 for part, ms in parts["steps"].items() if part != "language model")
    assert parts["steps"]["language model"] > 0 or not name.startswith("intent")
    assert {"numpy", "onnxruntime", "pydantic"} <= parts["imports"].keys()
    listed_ms = sum(sum(kind.values()) for kind in parts.values())
    assert 0.5 * whole_ms < listed_ms < whole_ms  # it also ends, and tells


@pytest.mark.parametrize("handler", [name for name in HANDLERS if ".api." in name])
def test_a_request_that_is_answered_at_once_loads_no_sdk(handler, built):
    assert not SDK & set(built[handler]["before_stores"])


@pytest.mark.parametrize("handler", [name for name in HANDLERS if ".worker." in name])
def test_a_worker_loads_no_web_framework(handler, built):
    assert not WEB & set(built[handler]["files"])


def test_no_module_is_compiled_when_it_is_loaded(ran):
    # anyio parses its own __init__ files for their lazy imports, bytecode or not.
    own_parsing = str(BUILD / "RuntimeLayer" / "python" / "anyio")
    compiled = [name for name in ran["compiled"] if name.endswith(".py")]
    assert [name for name in compiled if not name.startswith(own_parsing)] == []


def test_bytecode_is_never_checked_against_its_source():
    compiled = list(BUILD.rglob("*.pyc"))
    # PEP 552: bit 0 says hash-based, bit 1 says check the source.
    checked = [p for p in compiled if int.from_bytes(p.read_bytes()[4:8], "little") != 0b01]
    assert checked == []


def test_memory_stays_small(ran):
    assert ran["peak_kib"] / 1024 < PEAK_MIB


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_function_with_its_layers_fits(handler):
    layers = [path for path in BUILD.iterdir() if path.name.endswith("Layer")]
    total = sum(map(size_bytes, [BUILD / functions_by_handler()[handler], *layers])) / MIB
    assert total < AIM_MIB < LIMIT_MIB


def test_the_models_layer_holds_what_the_specs_name_and_no_more():
    models = BUILD / "ModelsLayer" / "models"
    named = set()
    for spec in models.rglob("spec.json"):
        named |= {spec, *(spec.parent / name for name in json.loads(spec.read_text())["files"])}
        assert "." not in str(spec.parent.relative_to(models)), "a former model"
    assert named == {path for path in models.rglob("*") if path.is_file()}


def test_the_models_layer_holds_every_model_at_its_place():
    models = BUILD / "ModelsLayer" / "models"
    assert model_folders(models).keys() == model_folders(MODELS).keys()


def test_no_tests_or_headers_were_packed():
    packed = [
        path
        for path in (BUILD / "RuntimeLayer").rglob("*")
        if path.name in {"tests", "include", "f2py"} and "licenses" not in path.parts
    ]
    assert packed == []
