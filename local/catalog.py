"""Translate one column of a CSV or JSON Lines file, with a progress bar; can be interrupted.

    translate-catalog products.csv --column description --target de --out products.de.csv

Every row of the result has the columns of the input, the translation in COLUMN_TARGET, and in
COLUMN_TARGET_note why a text came back as it was, or what was wrong with it. What is done is kept
in OUT.journal until the end, so the same command goes on where it was stopped.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from functions.translation.schemas import AUTO, GlossaryTerm, TranslateRequest, TranslateResponse
from functions.translation.service import get_service
from local.command import CommandError, exit_code, progress_bar
from local.journal import Journal
from shared.errors import ServiceError
from shared.problems import parse

BATCH_ROWS = 64
Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What became of one row's text."""

    text: str
    note: str = ""


def read_rows(path: Path) -> list[Row]:
    """Rows of a ``.csv`` (with a header) or ``.jsonl`` file.

    Raises:
        CommandError: it is neither, is missing, or a line does not parse.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            if path.suffix == ".csv":
                return list(csv.DictReader(stream, strict=True))
            if path.suffix == ".jsonl":
                return [_object(line, path, n) for n, line in enumerate(stream, 1) if line.strip()]
    except FileNotFoundError as error:
        raise CommandError(f"{path} is not there.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} is not UTF-8 CSV: {error}") from error
    raise CommandError(f"{path}: the name must end in .csv or .jsonl.")


def _object(line: str, path: Path, number: int) -> Row:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise CommandError(f"{path}:{number} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise CommandError(f"{path}:{number} must be a JSON object, with a field for each column.")
    return value


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows in the format that the name says, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8", newline="") as stream:
        if path.suffix == ".csv":
            writer = csv.DictWriter(stream, list(rows[0]) if rows else [])
            writer.writeheader()
            writer.writerows(rows)
        else:
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    partial.replace(path)


def read_glossary(path: Path | None) -> list[GlossaryTerm]:
    """Terms of a CSV with the columns source and target.

    Raises:
        CommandError: a row has not both.
    """
    if path is None:
        return []
    rows = read_rows(path)
    if any(not row.get("source") or not row.get("target") for row in rows):
        raise CommandError(f"{path}: every row needs the columns source and target.")
    return [GlossaryTerm(source=row["source"], target=row["target"]) for row in rows]


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
    return Answer(translation.text, " ".join(outcome.warnings))


def batches(texts: Sequence[str], start: int) -> Iterator[Sequence[str]]:
    return (texts[at : at + BATCH_ROWS] for at in range(start, len(texts), BATCH_ROWS))


def run(args: argparse.Namespace) -> Path:
    """Translate the column, or the rest of it.

    Raises:
        CommandError: a file or an option cannot be used.
        ServiceError: a language is not served, or there is no model.
    """
    rows = read_rows(args.input)
    if not rows:
        raise CommandError(f"{args.input} has no rows.")
    if args.column not in rows[0]:
        raise CommandError(f"No column {args.column!r}; there are: {', '.join(rows[0])}")
    out: Path = args.out or args.input.with_suffix(f".{args.target}{args.input.suffix}")
    if out.exists() and not args.overwrite:
        raise CommandError(f"{out} is there already: give another --out, or --overwrite.")
    options = {
        "source": args.source,
        "target": args.target,
        "format": args.format,
        "beam_size": args.beam_size,
        "glossary": [term.model_dump() for term in read_glossary(args.glossary)],
    }
    texts = [str(row.get(args.column) or "") for row in rows]
    job = hashlib.sha256(json.dumps([texts, options], sort_keys=True).encode()).hexdigest()
    (tried,) = get_service().translate([parse(TranslateRequest, {"text": "", **options})])
    if isinstance(tried, ServiceError):  # a language that is not served, before all rows say so
        raise tried
    console = Console(stderr=True)
    with Journal(out.with_name(out.name + ".journal"), job) as journal:
        translate(texts, options, journal, console)
        answers = [Answer(**entry) for entry in journal.entries()]
        if out.exists():
            out.replace(out.with_name(out.name + ".previous"))
        name = f"{args.column}_{args.target}"
        write_rows(
            out,
            [
                {**row, name: answer.text, f"{name}_note": answer.note}
                for row, answer in zip(rows, answers, strict=True)
            ],
        )
        journal.delete()
    noted = sum(bool(answer.note) for answer in answers)
    console.print(f"{len(rows):,} rows in {out}, {noted:,} of them with a note")
    return out


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


def main(argv: list[str] | None = None) -> int:
    """Translate a file; 0 when it is done, 2 where it cannot be, 130 when interrupted."""
    parser = argparse.ArgumentParser(
        prog="translate-catalog",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("input", type=Path, help="UTF-8 .csv with a header, or .jsonl")
    parser.add_argument("--column", default="text", help="to translate (default %(default)s)")
    parser.add_argument("--source", default=AUTO, help="code, or auto (default)")
    parser.add_argument("--target", required=True, help="code of the language to write")
    parser.add_argument("--format", choices=("text", "html"), default="text")
    parser.add_argument("--glossary", type=Path, help="CSV with the columns source,target")
    parser.add_argument("--beam-size", type=int, help="more is slower and a little better")
    parser.add_argument("--out", type=Path, help="(default: INPUT.TARGET.csv or .jsonl)")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace OUT, which is kept as OUT.previous"
    )
    args = parser.parse_args(argv)
    return exit_code(lambda: run(args), "the same command goes on from here")


if __name__ == "__main__":
    sys.exit(main())
