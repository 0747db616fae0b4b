"""The report's part on cost."""

from collections.abc import Callable, Mapping
from typing import Any

Result = dict[str, Any]

PROCESSORS = ("x86_64", "arm64")
COLUMNS = (
    ("warm", None),
    ("init", "0.01"),
    ("init", "0.1"),
    ("snapshot", "0.01"),
    ("snapshot", "0.1"),
)
HEADINGS = (
    "warm",
    "1 % cold",
    "10 % cold",
    "1 % from a snapshot",
    "10 % from a snapshot",
)


def _usd(row: Result, processor: str, column: str, share: str | None) -> float:
    found = row["usd"][processor][column]
    value: float = found if share is None else found[share]
    return value


def _lines(row: Result) -> str:
    cells = [
        " / ".join(f"{_usd(row, processor, *column):.3g}" for processor in PROCESSORS)
        for column in COLUMNS
    ]
    dearest = max(_usd(row, processor, *column) for processor in PROCESSORS for column in COLUMNS)
    ratios = [row["peer_usd"] / usd for usd in (_usd(row, "x86_64", "warm", None), dearest)]
    below = " to ".join(f"{ratio:,.0f}" for ratio in reversed(ratios))
    return f"| {row['way']} | {row['function_ms']:.1f} | {' | '.join(cells)} | {below} |"


def table(result: Result, service: str) -> list[str]:
    """All ways to one service."""
    rows = [row for row in result["rows"] if row["service"] == service]
    peer, unit = rows[0]["peer"], rows[0]["unit"]
    heading = " | ".join(HEADINGS)
    return [
        f"### A {unit}: {peer} asks {rows[0]['peer_usd']:,.2f} USD",
        "",
        f"| by | ms of an invocation | {heading} | times below {peer} |",
        "|---" * (3 + len(HEADINGS)) + "|",
        *map(_lines, rows),
        "",
    ]


def _functions(result: Result) -> list[str]:
    one, every = result["at_rest_30_days_usd"].values()
    prices = (
        f"USD, x86_64 / arm64, by the prices of us-east-1 in [{result['prices']}](benchmarks/"
        f"{result['prices']}), which tells where each was read. The last column is for the dearest "
        "cell of a line and for the warm one. Only prices are compared, not answers nor what else "
        "the services can do."
    )
    memory = (
        f"- Functions have {result['memory_mb']:,} MB, for the share of CPU time that comes with "
        f"it: none held more than {result['peak_resident_mb']:.0f} MB. Measured was one full core, "
        "which Lambda gives at 1,769 MB; durations and starts count "
        f"{result['function_ms_of_a_core_ms']:.2f} times. Less memory would not make computing "
        "cheaper, for it would take longer. arm64 was not measured: its durations are x86_64's."
    )
    cold = (
        "- Cold: so many of the invocations start a process, all of which until its first answer "
        "Lambda bills since August 2025. From a snapshot: restoring is billed by memory; each "
        f"function's snapshot costs {one:.2f} USD in 30 days besides, all of them {every:.2f}. "
        "Snapshots buy time, not money."
    )
    return [prices, "", memory, cold]


def _rest(result: Result) -> list[str]:
    assumed: Mapping[str, float] = result["assumed"]
    written, more = (
        assumed["claim_writes"] + assumed[f"result_writes_{service}"]
        for service in ("intent", "recommendation")
    )
    queue = (
        "- By queue: sending, receiving, deleting; the job's record, of which "
        f"{written:.0f} units are written ({more:.0f} with 10 recommended items) and "
        f"{assumed['result_reads']:.0f} read; and {assumed['store_wait_ms']:.0f} ms a batch for "
        "the table, which are assumed. A batch takes as long as its messages one by one. "
        "`GET /v1/jobs/{id}` costs a request by HTTP each time."
    )
    recommended = (
        "- Recommendation by HTTP is the measured service and what HTTP adds to intent; its "
        "history comes with the request."
    )
    opus = (
        "- A model of OPUS-MT's size (75 million parameters) is `benchmarks.opus_size`'s: 24 "
        "pieces a sentence, greedy, on the processor that opus_size.json names; int8 is what its "
        "gate takes where that is faithful, fp32 otherwise."
    )
    left_out = (
        f"- Left out: {'; '.join(result['left_out'])}. The functions' own log lines add "
        f"{result['own_logs_of_a_million_invocations_usd']:.2f} USD to a million invocations."
    )
    has_opus = "opus_size" in result["results"]
    return [queue, recommended, *([opus] if has_opus else []), left_out]


def sections(load: Callable[[str], Result | None]) -> list[str]:
    """The tables and what they rest on, where the cost was calculated."""
    result = load("cost")
    if result is None:
        return []
    services = dict.fromkeys(row["service"] for row in result["rows"])
    tables = [line for service in services for line in table(result, service)]
    dates = ", ".join(f"{name} of {source['date']}" for name, source in result["results"].items())
    made = f"`{result['command']}`, {result['date']}, from the results {dates}."
    return ["## Cost", "", *tables, *_functions(result), *_rest(result), "", made, ""]
