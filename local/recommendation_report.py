"""What became of recommended items, by day: how many were viewed, put into carts and bought.

retail recommendation report                          # of this machine's store
retail recommendation report --stack retail --json    # of a stack's metrics

Figures are those of events that came with the ``recommendation_id`` of an answer that had their
item; each item of an answer counts once of each kind. A day is that of the event or the answer, in
UTC.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from functions.recommendation.outcomes import BY_EVENT, RECOMMENDED, SqliteOutcomeStore
from local.command import CommandError, add_json, command_parser
from shared.errors import StoreUnavailable
from shared.process.telemetry import METRICS_NAMESPACE
from shared.settings import get_settings

FUNCTIONS = ("RecommendationApi", "RecommendationWorker")  # of a stack, which write the metrics
METRICS = (RECOMMENDED, *BY_EVENT.values())
SHARES = {"viewed": BY_EVENT["view"], "carted": BY_EVENT["cart"], "bought": BY_EVENT["purchase"]}
MOST_DAYS = 455  # that CloudWatch keeps
DAY_S = 86_400
Days = dict[str, dict[str, int]]
Row = dict[str, Any]


def days_of_machine(path: Path) -> Days:
    """Counts by metric, by day, of a SQLite file.

    Raises:
        CommandError: there is none, or it cannot be read.
    """
    if not path.exists():
        raise CommandError(f"No store at {path}: name it in HISTORY_DB, or give --stack.")
    try:
        return SqliteOutcomeStore(path).days()
    except StoreUnavailable as error:
        raise CommandError(error.detail) from error


def days_of_stack(stack: str, since: datetime, until: datetime) -> Days:
    """The same of a stack's metrics in CloudWatch.

    Raises:
        CommandError: AWS does not answer, or the stack is not there.
    """
    import boto3  # noqa: PLC0415 - which figures of one machine do not need
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        formation: Any = boto3.client("cloudformation")
        watch: Any = boto3.client("cloudwatch")
        names = [
            formation.describe_stack_resource(StackName=stack, LogicalResourceId=function)[
                "StackResourceDetail"
            ].get("PhysicalResourceId", "")
            for function in FUNCTIONS
        ]
        queries = [
            _query(m, f, metric, name)
            for m, metric in enumerate(METRICS)
            for f, name in enumerate(names)
        ]
        pages = watch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=since, EndTime=until
        )
        days: Days = {}
        for page in pages:
            for result in page["MetricDataResults"]:
                metric = METRICS[int(result["Id"].split("_")[1])]
                for time, value in zip(result["Timestamps"], result["Values"], strict=True):
                    counts = days.setdefault(time.astimezone(UTC).date().isoformat(), {})
                    counts[metric] = counts.get(metric, 0) + round(value)
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"AWS did not tell of the stack {stack!r}: {error}") from error
    return days


def _query(metric: int, function: int, name: str, service: str) -> dict[str, Any]:
    return {
        "Id": f"m_{metric}_{function}",
        "MetricStat": {
            "Metric": {
                "Namespace": METRICS_NAMESPACE,
                "MetricName": name,
                "Dimensions": [{"Name": "service", "Value": service}],
            },
            "Period": DAY_S,
            "Stat": "Sum",
        },
    }


def rows_of(days: Mapping[str, Mapping[str, int]], since: str) -> list[Row]:
    """A row for each day from ``since`` on, and one of all: counts, and shares of those shown."""
    chosen = {day: counts for day, counts in sorted(days.items()) if day >= since}
    total = {metric: sum(it.get(metric, 0) for it in chosen.values()) for metric in METRICS}
    return [_row(day, counts) for day, counts in {**chosen, "all": total}.items()]


def _row(day: str, counts: Mapping[str, int]) -> Row:
    shown = counts.get(RECOMMENDED, 0)
    row: Row = {"day": day, "recommended": shown}
    for name, metric in SHARES.items():
        count = counts.get(metric, 0)
        row[name] = count
        row[f"{name}_share"] = round(count / shown, 4) if shown else None
    return row


def table_of(rows: Sequence[Row]) -> str:
    """Rows for people."""
    lines = [f"{'day':<10} {'recommended':>11}" + "".join(f" {name:>16}" for name in SHARES)]
    for row in rows:
        line = f"{row['day']:<10} {row['recommended']:>11,}"
        for name in SHARES:
            share = row[f"{name}_share"]
            told = "-" if share is None else f"{share:.1%}"
            line += f" {row[name]:>8,} {told:>7}"
        lines.append(line)
    return "\n".join(lines)


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser("retail recommendation report", __doc__)
    parser.add_argument("--stack", help="name of a deployed stack; without it this machine's store")
    parser.add_argument("--days", type=int, default=14, help="how many, with today (default 14)")
    add_json(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Print the report; 0, or 2 where there is nothing to read."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if not 1 <= args.days <= MOST_DAYS:
        parser.error(f"--days must be from 1 to {MOST_DAYS}")
    now = datetime.now(UTC)
    since = (now - timedelta(days=args.days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        if args.stack:
            days = days_of_stack(args.stack, since, now)
        else:
            days = days_of_machine(get_settings().history_db)
    except CommandError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    rows = rows_of(days, since.date().isoformat())
    print(json.dumps(rows, indent=1) if args.json else table_of(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
