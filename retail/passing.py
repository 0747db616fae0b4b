"""Commands whose options belong to another module: shown and completed here, parsed there.

Each of these modules has ``build_parser() -> ArgumentParser`` and ``main(argv) -> int``. What their
parser knows is read only when a command's help or completion is asked for.
"""

import argparse
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from typer.core import TyperCommand

from retail.environment import Needs, missing, offer_imported_models, run_elsewhere

# argparse has no other way to what a parser knows.
_NO_SUCH_TYPE = str
_TYPES: dict[Any, Any] = {int: int, float: float, Path: Path}
_ONE_OF, _AT_MOST_ONE = "One of these", "At most one of these"


@dataclass(frozen=True)
class Passed:
    """A command that another module does.

    Attributes:
        path: its words after ``retail``.
        module: that does it.
        summary: one line for lists of commands.
        examples: whole commands; the first is the one that docs/command.md shows.
        before: arguments that come before the user's.
        panel: that it stands in, in the list of commands.
        builder: name of the function of the module that builds its parser.
        needs: packages that it cannot do without, or None.
        serves: whether it answers with models, so that imported ones are to be there too.
    """

    path: str
    module: str
    summary: str
    examples: tuple[str, ...]
    panel: str | None = None
    before: tuple[str, ...] = ()
    builder: str = "build_parser"
    needs: Needs | None = None
    serves: bool = False

    def load(self) -> ModuleType:
        """The module; what it imports can take seconds."""
        return import_module(self.module)

    def parser(self) -> argparse.ArgumentParser:
        """Its parser, under the name that the user typed."""
        parser: argparse.ArgumentParser = getattr(self.load(), self.builder)()
        _rename(parser, f"retail {self.path}")
        return parser

    def run(self, arguments: Sequence[str]) -> int:
        """Do it; its exit code.

        Raises:
            SystemExit: an argument is wrong, which argparse has told.
        """
        if self.serves:  # before the module reads its settings
            offer_imported_models()
        self.parser().parse_args(arguments)
        if self.needs is not None and (lacking := missing(self.needs)):
            module = self.module.removesuffix(".__main__")
            return run_elsewhere(self.needs, lacking, module, [*self.before, *arguments])
        code: int | None = self.load().main([*self.before, *arguments])
        return code or 0


def command_class(passed: Passed) -> type[TyperCommand]:
    """The class of a command that knows its options when it is asked for them."""

    class PassedCommand(TyperCommand):
        """Leaves its arguments as they are."""

        _is_read = False

        def get_params(self, ctx: Any) -> list[Any]:
            if not self._is_read:
                self._is_read = True
                self.params, description = read(passed.parser())
                self.help = f"{escape(passed.summary)}\n\n{escape(description)}"
            return super().get_params(ctx)

        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            helps = any(name in args for name in ctx.help_option_names)
            if ctx.resilient_parsing or helps:
                self.get_params(ctx)
                return super().parse_args(ctx, ["--help"] if helps else args)
            ctx.args = list(args)
            return args

    return PassedCommand


def add(app: typer.Typer, passed: Passed) -> None:
    """Make it a command of an application."""

    def call(ctx: typer.Context) -> None:
        raise typer.Exit(passed.run(ctx.args))

    app.command(
        passed.path.split()[-1],
        cls=command_class(passed),
        help=escape(passed.summary),
        epilog=epilog(passed.examples),
        rich_help_panel=passed.panel,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(call)


def epilog(examples: Sequence[str]) -> str:
    """Examples as the end of a command's help, each on a line."""
    return "\n\n".join(["Examples:", *(f"  [cyan]{escape(one)}[/cyan]" for one in examples)])


def read(parser: argparse.ArgumentParser) -> tuple[list[Any], str]:
    """What Typer shows of a parser: its parameters, and what its description says beyond them."""

    def shown() -> None:
        """Never called: Typer reads its signature."""

    parameters = list(_parameters(parser))
    vars(shown)["__signature__"] = inspect.Signature(parameters)
    app = typer.Typer(add_completion=False)
    app.command()(shown)
    return list(typer.main.get_command(app).params), _details(parser)


def _details(parser: argparse.ArgumentParser) -> str:
    """The paragraphs of a description that are neither its first line nor examples."""
    paragraphs = (parser.description or "").split("\n\n")[1:]
    prose = (one for one in paragraphs if not one.startswith((" ", "python ", "retail ")))
    return "\n\n".join(" ".join(one.split()) for one in prose).replace("``", "`")


def _parameters(parser: argparse.ArgumentParser) -> Iterator[inspect.Parameter]:
    seen: set[str] = set()
    for action, panel in _actions(parser):
        if action.dest in seen or action.help == argparse.SUPPRESS:
            continue
        seen.add(action.dest)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            yield _verb(action)
        elif not isinstance(action, argparse._HelpAction):  # noqa: SLF001
            yield _parameter(action, parser, panel)


def _actions(parser: argparse.ArgumentParser) -> Iterator[tuple[argparse.Action, str | None]]:
    """Actions with the panel that they stand in; those of a verb after the verb."""
    panels: dict[int, str] = {}
    for group in parser._action_groups[2:]:  # noqa: SLF001
        panels |= {id(one): str(group.title) for one in group._group_actions}  # noqa: SLF001
    for exclusive in parser._mutually_exclusive_groups:  # noqa: SLF001
        title = _ONE_OF if exclusive.required else _AT_MOST_ONE
        panels |= {id(one): title for one in exclusive._group_actions}  # noqa: SLF001
    for action in parser._actions:  # noqa: SLF001
        yield action, panels.get(id(action))
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, verb in action.choices.items():
                yield from ((one, panel or f"With {name}") for one, panel in _actions(verb))


def _verb(action: Any) -> inspect.Parameter:
    helps = {choice.dest: choice.help for choice in action._choices_actions}  # noqa: SLF001
    text = "; ".join(f"{name}: {text}" for name, text in helps.items())
    return _as_parameter(action.dest, _choice(helps), typer.Argument(help=text))


def _parameter(
    action: argparse.Action, parser: argparse.ArgumentParser, panel: str | None
) -> inspect.Parameter:
    text = (action.help or "") % {**vars(action), "prog": parser.prog}
    kind, flag = _kind(action), isinstance(action.const, bool) or action.nargs == 0
    shows_default = not flag and str(action.default) not in ("None", "[]", "{}", "()", "")
    shared: dict[str, Any] = {
        "help": escape(text),
        "metavar": action.metavar if isinstance(action.metavar, str) else None,
        "show_default": shows_default and "default" not in text and str(action.default) not in text,
        "rich_help_panel": panel,
    }
    if not action.option_strings:
        needed = action.nargs not in ("*", "?") and panel is None
        argument = typer.Argument(**shared)
        return _as_parameter(action.dest, kind, argument, ... if needed else action.default)
    names = action.option_strings
    if isinstance(action, argparse.BooleanOptionalAction):
        names = ["/".join(names)]
    option = typer.Option(*names, **shared)
    return _as_parameter(action.dest, kind, option, ... if action.required else action.default)


def _as_parameter(name: str, kind: Any, info: Any, default: Any = ...) -> inspect.Parameter:
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if default is ... else default,
        annotation=Annotated[kind, info],
    )


def _kind(action: argparse.Action) -> Any:
    """The type that Typer is to show."""
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        return bool
    kind = _choice(action.choices) if action.choices else _named_type(action.type)
    several = action.nargs in ("+", "*") or isinstance(action.nargs, int)
    return list[kind] if several else kind  # type: ignore[valid-type]


def _named_type(function: Callable[[str], Any] | argparse.FileType | str | None) -> Any:
    if function in _TYPES:
        return _TYPES[function]
    returned = inspect.get_annotations(function).get("return") if callable(function) else None
    return _TYPES.get(returned, _NO_SUCH_TYPE)


def _choice(values: Any) -> Any:
    return Literal[tuple(map(str, values))]


def _rename(parser: argparse.ArgumentParser, prog: str) -> None:
    """Call a parser, and those of its verbs, by another name."""
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for verb in action.choices.values():
                _rename(verb, verb.prog.replace(parser.prog, prog, 1))
    parser.prog = prog
