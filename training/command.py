"""What the commands share: their form, their exit codes, and how a spec records them."""

import argparse
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from training.errors import DataError, GateError

DATA_DIR = "--data-dir"
WITHOUT_EFFECT = ("--resume", "--no-report")  # on the model


def command_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """A parser for ``python -m module``, whose description keeps its lines."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def exit_code(run: Callable[[], object]) -> int:
    """Run a command; 0 when a model was published, 2 for unusable input, 3 for the gate."""
    try:
        run()
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except GateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    return 0


def recorded_command(
    module: str, arguments: Sequence[str], hidden: Mapping[str, str] | None = None
) -> str:
    """The command as spec.json states it.

    Without this machine's folders and the report, and as if never interrupted: none of these
    changes the model.

    Args:
        module: that is run.
        arguments: as given to it.
        hidden: what stands for the value of an option; nothing leaves the option out.
    """
    kept = [argument for argument in arguments if argument not in WITHOUT_EFFECT]
    if DATA_DIR in kept:
        data_dir = kept[kept.index(DATA_DIR) + 1].rstrip("/")
        kept = [_below(argument, data_dir) for argument in kept]
    for option, shown in ({"--report": ""} | dict(hidden or {})).items():
        if option in kept:
            place = kept.index(option)
            kept[place : place + 2] = [option, shown] if shown else []
    return shlex.join(["python", "-m", module, *kept])


def _below(argument: str, data_dir: str) -> str:
    """An argument with ``DATA_DIR`` in place of the folder of the data."""
    if argument.rstrip("/") == data_dir or argument.startswith(f"{data_dir}/"):
        return f"DATA_DIR{argument.rstrip('/').removeprefix(data_dir)}"
    return argument


def arguments_of(options: Any) -> list[str]:
    """The arguments that a command would have been given for these options.

    Args:
        options: a dataclass, each field of which is an option of the command; what is as by
            default, and ``command`` itself, is left out.
    """
    arguments: list[str] = []
    for field in fields(options):
        value = getattr(options, field.name)
        if field.name == "command" or value == field.default:
            continue
        name = field.name.replace("_", "-")
        if isinstance(value, bool):
            arguments.append(f"--{name}" if value else f"--no-{name}")
            continue
        values = value if isinstance(value, tuple) else (value,)
        arguments += [f"--{name}", *map(str, values)] if values else []
    return arguments


def checkpoints_of(name: str) -> Path:
    """Where the checkpoints of a model lie unless ``--work-dir`` says otherwise."""
    return Path("build/checkpoints") / name


def models_folder(name: str) -> Path:
    """Where a model is published unless ``--out`` says otherwise."""
    return Path("build/models") / name
