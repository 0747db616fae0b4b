"""Translate one column of a catalogue, with a progress bar; can be interrupted.

    retail translate-catalog products.csv --column description --target de --out products.de.csv

CSV with commas, semicolons or tabs, JSON Lines, Excel workbooks and gettext catalogues (``.po``).
Every row of the result has the columns of the input, the translation in COLUMN_TARGET, and in
COLUMN_TARGET_note why a text came back as it was, or what someone should look at; a gettext message
of that kind is marked fuzzy. Translations that are there already stay. What is done is kept in
OUT.journal until the end, so the same command goes on where it was stopped.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Shown

from functions.translation.schemas import (
    AUTO,
    GlossaryTerm,
    TranslateRequest,
    TranslateResponse,
    Translation,
)
from functions.translation.service import get_service
from functions.translation.text.languages import UNKNOWN, recognise
from local.command import (
    CommandError,
    add_json,
    at_least_one,
    command_parser,
    exit_code,
    print_json,
    progress_bar,
)
from local.journal import Journal
from local.tables.base import Answer, Table
from local.tables.delimited import BOM, delimiter, read_text
from local.tables.delimited import parse as parse_csv
from local.tables.opening import open_table
from shared.errors import ServiceError
from shared.operations import NoFields
from shared.problems import parse

BATCH_ROWS = 64
JUDGED_CHARACTERS = 5_000  # of a column, that its language is judged by


def read_glossary(path: Path | None) -> list[GlossaryTerm]:
    """Terms of a CSV with the columns source and target.

    Raises:
        CommandError: a row has not both.
    """
    if path is None:
        return []
    text = read_text(path).removeprefix(BOM)
    header, *rows = parse_csv(text, delimiter(text, path), path) or [[]]
    found = [dict(zip(header, row, strict=False)) for row in rows]
    if any(not row.get("source") or not row.get("target") for row in found):
        raise CommandError(f"{path}: every row needs the columns source and target.")
    return [GlossaryTerm(source=row["source"], target=row["target"]) for row in found]


def language_of(texts: Sequence[str]) -> str:
    """The language of a column, judged once over many of its texts; ``auto`` where it is open."""
    sample = "\n".join(dict.fromkeys(texts))[:JUDGED_CHARACTERS]
    served = [language.code for language in get_service().languages(NoFields()).languages]
    found = recognise(sample, served).language
    return found if found != UNKNOWN and found in served else AUTO


def translate_batch(texts: Sequence[str], options: Mapping[str, Any]) -> list[Answer]:
    """Answers to texts, each translated once however often it is there."""
    distinct = list(dict.fromkeys(texts))
    requests = [parse(TranslateRequest, {"text": text, **options}) for text in distinct]
    outcomes = get_service().translate(requests)
    found = {text: _answer(text, o) for text, o in zip(distinct, outcomes, strict=True)}
    return [found[text] for text in texts]


def _answer(text: str, outcome: TranslateResponse | ServiceError) -> Answer:
    if isinstance(outcome, ServiceError):
        return Answer(text, outcome.detail)
    (translation,) = outcome.translations
    if translation.untranslated is not None and text:
        return Answer(text, translation.untranslated.detail)
    return Answer(translation.text, " ".join([*outcome.warnings, *_reviews(translation)]))


def _reviews(translation: Translation) -> list[str]:
    """What someone should look at, each with its sentence."""
    reasons = translation.review_reasons or []
    return [f"REVIEW {one.reason}: {one.detail} ({one.sentence})" for one in reasons]


def batches(texts: Sequence[str], start: int) -> Iterator[Sequence[str]]:
    return (texts[at : at + BATCH_ROWS] for at in range(start, len(texts), BATCH_ROWS))


def run(args: argparse.Namespace) -> Path | None:
    """Translate the column, or the rest of it; or show a few of its rows.

    Raises:
        CommandError: a file or an option cannot be used.
        ServiceError: a language is not served, or there is no model.
    """
    table = open_table(args.input, args.column, args.target, overwrite=args.overwrite)
    out: Path = args.out or args.input.with_suffix(f".{args.target}{args.input.suffix}")
    if out.exists() and not args.overwrite and args.preview is None:
        raise CommandError(f"{out} is there already: give another --out, or --overwrite.")
    if out.suffix.lower() != args.input.suffix.lower():
        raise CommandError(f"--out must end in {args.input.suffix}, as the input does.")
    console = Console(stderr=True)
    for remark in table.remarks:
        console.print(remark, markup=False)
    options = _options(args, table, console)
    if args.preview is not None:
        preview(table, options, args.preview)
        return None
    summary = translate_file(table, options, out, console)
    if args.json:
        print_json(summary)
    return out


def _options(args: argparse.Namespace, table: Table, console: Console) -> dict[str, Any]:
    """What every request has beside its text.

    Raises:
        ServiceError: a language is not served.
    """
    options = {
        "source": args.source,
        "target": args.target,
        "format": args.format,
        "beam_size": args.beam_size,
        "glossary": [term.model_dump() for term in read_glossary(args.glossary)],
        "keep": _names(args.keep),
    }
    (tried,) = get_service().translate([parse(TranslateRequest, {"text": "", **options})])
    if isinstance(tried, ServiceError):  # a language that is not served, before all rows say so
        raise tried
    if args.source == AUTO:
        options["source"] = language_of([text for text in table.texts if text])
        console.print(f"language of the column: {options['source']}", markup=False)
    return options


def _names(path: Path | None) -> list[str]:
    lines = read_text(path).removeprefix(BOM).splitlines() if path is not None else []
    return [line.strip() for line in lines if line.strip()]


def translate_file(
    table: Table, options: Mapping[str, Any], out: Path, console: Console
) -> dict[str, Any]:
    """Translate every row that is to be, and write the file; what was done."""
    texts = [text or "" for text in table.texts]
    job = hashlib.sha256(json.dumps([texts, options], sort_keys=True).encode()).hexdigest()
    with Journal(out.with_name(out.name + ".journal"), job) as journal:
        translate(texts, options, journal, console)
        answers = [Answer(**entry) for entry in journal.entries()]
        if out.exists():
            out.replace(out.with_name(out.name + ".previous"))
        table.write(out, answers)
        journal.delete()
    noted = sum(bool(answer.note) for answer in answers)
    console.print(f"{len(texts):,} rows in {out}, {noted:,} of them with a note", markup=False)
    languages = {"source": options["source"], "target": options["target"]}
    return {"rows": len(texts), "with_note": noted, **languages, "output": str(out)}


def preview(table: Table, options: Mapping[str, Any], rows: int) -> None:
    """Show the first rows that have a text beside their translations; nothing is written."""
    texts = [text for text in table.texts if text][:rows]
    requests = [parse(TranslateRequest, {"text": text, **options}) for text in texts]
    columns = ("source", "translation", "confidence", "language", "to look at")
    shown = Shown(*columns, show_lines=True)
    for text, outcome in zip(texts, get_service().translate(requests), strict=True):
        answer = _answer(text, outcome)
        language, sure = "", None
        if isinstance(outcome, TranslateResponse):
            found, sure = outcome.translations[0].source, outcome.translations[0].confidence
            language = f"{found.language} {found.confidence:.2f}"
        confidence = "" if sure is None else f"{sure:.2f}"
        cells = (text, answer.text, confidence, language, answer.note)
        shown.add_row(*map(_escaped, cells))
    Console().print(shown)


def _escaped(text: str) -> str:
    """Text whose brackets are not taken for rich's markup."""
    return text.replace("[", "\\[")


def translate(
    texts: Sequence[str], options: Mapping[str, Any], journal: Journal, console: Console
) -> None:
    """Translate those of the texts that the journal has no answers to."""
    if journal.count:
        console.print(f"going on after {journal.count:,} rows")
    with progress_bar(console) as bar:
        task = bar.add_task("translating", total=len(texts), completed=journal.count)
        for batch in batches(texts, journal.count):
            journal.add([vars(answer) for answer in translate_batch(batch, options)])
            bar.advance(task, len(batch))


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser("retail translate-catalog", __doc__)
    parser.add_argument(
        "input", type=Path, help="UTF-8 .csv or .tsv with a header, .jsonl, .xlsx, .po or .pot"
    )
    parser.add_argument("--column", default="text", help="to translate (default %(default)s)")
    parser.add_argument("--source", default=AUTO, help="code, or auto (default)")
    parser.add_argument("--target", required=True, help="code of the language to write")
    parser.add_argument("--format", choices=("text", "html"), default="text")
    parser.add_argument("--glossary", type=Path, help="CSV with the columns source,target")
    parser.add_argument("--keep", type=Path, help="names that stay as they are, one a line")
    parser.add_argument("--beam-size", type=int, help="more is slower and a little better")
    parser.add_argument("--out", type=Path, help="(default: INPUT.TARGET.csv, or as INPUT ends)")
    parser.add_argument(
        "--preview", type=at_least_one, metavar="ROWS", help="show so many rows; write nothing"
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="make translations anew that are there already, and replace OUT, which is kept as "
        "OUT.previous",
    )
    add_json(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Translate a file; 0 when it is done, 2 where it cannot be, 130 when interrupted."""
    args = build_parser().parse_args(argv)
    return exit_code(lambda: run(args), "the same command goes on from here")


if __name__ == "__main__":
    sys.exit(main())
