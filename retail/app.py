"""The command line: groups, and the commands in them."""

from typing import Annotated

import typer

from retail import doctor
from retail.commands import COMMANDS, MODELS, TRY
from retail.passing import add, epilog
from shared.version import VERSION

EXIT_CODES = {
    0: "done",
    1: "`retail doctor` found something that does not work",
    2: "an argument, a file, a model or a store cannot be used; the message says what to change",
    3: "a model was trained or imported, and not published: its int8 form departs too far",
    130: "interrupted; the message says how to go on",
}
GROUPS = {
    "train": "Train models of your own (needs the training environment).",
    "evaluate": "Measure served models on data of your own.",
    "models": "Models beside the default ones.",
    "recommendation": "What became of recommended items.",
}
HELP = "Intent, translation and recommendation for shops: try, train, run and look after them."
STARTS = ("retail demo", "retail serve", "retail doctor", "retail train intent --help")


def _version(wanted: bool) -> None:
    if wanted:
        print(VERSION)
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it and exit.")
    ] = False,
) -> None:
    del version  # the callback has done it


def build_app() -> typer.Typer:
    """The application; no module that does a command is imported for it."""
    codes = "; ".join(f"{code}: {meaning}" for code, meaning in EXIT_CODES.items())
    app = typer.Typer(
        name="retail",
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=f"{epilog(STARTS)}\n\nExit codes: {codes}.",
    )
    app.callback()(_root)
    groups = {name: typer.Typer(help=text, no_args_is_help=True) for name, text in GROUPS.items()}
    for name, group in groups.items():
        examples = [one.examples[0] for one in COMMANDS if one.path.startswith(f"{name} ")]
        app.add_typer(group, name=name, epilog=epilog(examples), rich_help_panel=MODELS)
    for passed in COMMANDS:
        add(groups.get(passed.path.split()[0], app), passed)
    of_doctor = epilog(doctor.EXAMPLES)
    app.command("doctor", help=doctor.SUMMARY, epilog=of_doctor, rich_help_panel=TRY)(doctor.doctor)
    return app
