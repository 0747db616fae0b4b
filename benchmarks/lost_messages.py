"""Is a message ever lost, or answered twice, when workers die? 10,000 through the local queue.

    python -m benchmarks.lost_messages [--messages 10000] [--workers 2] [--kill-every 300]

Messages of which 1 % can never succeed, 5 % are sent a second time under the same job id, and the
ids of 2 % are sent again with another body, are worked on by real intent workers (`python -m
local.worker`), of which one is killed with SIGKILL after every few hundred messages and replaced.
What was put aside with no reason, since its worker was killed each time, is sent again, as an
operator does (`redrive intent send`). Then the store and the dead-letter queue are read: every good
job must have one result, that of the body which was first under its id; every poison message and
every reuse must be put aside with its reason.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.machine import write
from benchmarks.texts import messages
from functions.intent.schemas import IntentRequest
from functions.intent.service import get_service
from local.command import progress_bar
from local.dead_letters import job_id_of
from shared.errors import JobIdReused, ServiceError
from shared.queue.jobs import JobStore
from shared.queue.queues import SqliteQueue
from shared.queue.whereabouts import JOB_ID
from shared.settings import Settings

POISON = (
    "{",
    json.dumps({"text": 1}),
    json.dumps({"text": "a", "texts": ["b"]}),
    json.dumps({"txt": "where is my order"}),
    json.dumps({"text": "x" * 10_000}),
)
POISON_SHARE, DUPLICATE_SHARE, REUSE_SHARE = 0.01, 0.05, 0.02
OTHER_BODY = json.dumps({"text": "i want to speak to a human being, this id is not mine"})
TIMEOUT_S, VISIBILITY_S = 4.0, 8.0
POLL_S = 0.25
TOLERANCE = 1e-3  # of a confidence: sums are made in another order in another batch


@dataclass(frozen=True)
class Sent:
    """What was put on the queue.

    Attributes:
        good: text by job id, of the messages that came first under their ids.
        poison: message ids.
        duplicates: messages that were sent again.
        reuses: message ids of those that came under another one's job id.
    """

    good: dict[str, str]
    poison: list[str]
    duplicates: int
    reuses: list[str]


def send(queue: SqliteQueue, count: int, random_: random.Random) -> Sent:
    """Put ``count`` different jobs on the queue, and some of them twice, in random order.

    Other bodies under used ids come last, so that it is known which one is the first.
    """
    texts = messages()
    bodies: list[tuple[str, str]] = []
    good: dict[str, str] = {}
    for number in range(count - round(count * POISON_SHARE)):
        job_id, text = f"job-{number:05d}", texts[number % len(texts)]
        good[job_id] = text
        bodies.append((job_id, json.dumps({"text": text})))
    poison = [("", POISON[n % len(POISON)]) for n in range(round(count * POISON_SHARE))]
    duplicates = random_.sample(bodies, round(count * DUPLICATE_SHARE))
    everything = bodies + poison + duplicates
    random_.shuffle(everything)
    ids = []
    for job_id, body in everything:
        message_id = queue.send(body, {JOB_ID: job_id} if job_id else {})
        if not job_id:
            ids.append(message_id)
    reused = random_.sample(sorted(good), round(count * REUSE_SHARE))
    reuses = [queue.send(OTHER_BODY, {JOB_ID: job_id}) for job_id in reused]
    return Sent(good, ids, len(duplicates), reuses)


def start_worker(env: dict[str, str]) -> subprocess.Popen[bytes]:
    """One worker process over the local queue."""
    command = [sys.executable, "-m", "local.worker", "intent"]
    command += ["--timeout", str(TIMEOUT_S), "--visibility-timeout", str(VISIBILITY_S)]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)


@contextmanager
def working(env: dict[str, str], count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Workers that are stopped at the end, whatever happens."""
    workers = [start_worker(env) for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def work_off(
    queue: SqliteQueue, jobs: JobStore, args: argparse.Namespace, env: dict[str, str]
) -> dict[str, Any]:
    """Let workers empty the queue while one after the other is killed.

    Messages and not seconds are between two kills: the slower a machine is, the more of its
    messages would be killed otherwise.
    """
    random_, kills, sent_again, start = random.Random(args.seed), 0, 0, time.monotonic()
    total = queue.waiting()
    next_kill = total - args.kill_every
    with working(env, args.workers) as running, progress_bar(Console(stderr=True)) as progress:
        task = progress.add_task("messages", total=total)
        while True:
            if not (waiting := queue.waiting()):
                if not (again := send_again(queue, jobs)):
                    break
                sent_again += again
                continue
            progress.update(task, completed=total - waiting, description=f"{kills} workers killed")
            time.sleep(POLL_S)
            if waiting <= next_kill:
                victim = random_.randrange(args.workers)
                running[victim].send_signal(signal.SIGKILL)
                running[victim].wait()
                running[victim] = start_worker(env)
                kills += 1
                next_kill = waiting - round(random_.uniform(0.5, 1.5) * args.kill_every)
    seconds = round(time.monotonic() - start, 1)
    return {"kills": kills, "seconds": seconds, "deliveries": total, "sent_again": sent_again}


def send_again(queue: SqliteQueue, jobs: JobStore) -> int:
    """Put what was put aside with no reason on the queue again; how many messages that were."""
    return queue.redrive(
        [
            message.id
            for message in queue.dead(limit=queue.dead_count())
            if not (jobs.failure(message.id) or jobs.failure(job_id_of(message)))
        ]
    )


def expected_answers(texts: set[str]) -> dict[str, list[dict[str, Any]]]:
    """What each text is answered with when nothing goes wrong."""
    ordered = sorted(texts)
    requests = [IntentRequest(text=text) for text in ordered]
    alone = [get_service().classify([request])[0] for request in requests]
    return {
        text: outcome.model_dump(mode="json")["results"]
        for text, outcome in zip(ordered, alone, strict=True)
        if not isinstance(outcome, ServiceError)
    }


def _confidences(results: list[dict[str, Any]]) -> dict[str, float]:
    """Of the listed classes, whether the best was answered with or abstained from."""
    (result,) = results
    listed = [*filter(None, [result["intent"]]), *result["alternatives"]]
    return {item["name"]: item["confidence"] for item in listed}


def _same(results: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    """Whether the decision is the expected one, and the best class as probable."""
    found, wanted = _confidences(results), _confidences(expected)
    best = max(wanted, key=wanted.__getitem__, default="")
    as_probable = not best or abs(found.get(best, -1.0) - wanted[best]) <= TOLERANCE
    return as_probable and _decision(results) == _decision(expected)


def _decision(results: list[dict[str, Any]]) -> tuple[str | None, str | None]:
    (result,) = results
    return (result["intent"] or {}).get("name"), (result["abstained"] or {}).get("reason")


def check(sent: Sent, queue: SqliteQueue, settings: Settings) -> dict[str, int]:
    """Read what is kept, and count what is not as it must be."""
    jobs, expected = JobStore(settings), expected_answers(set(sent.good.values()))
    counts: Counter[str] = Counter(
        answered=0, lost=0, wrong=0, poison_kept=0, poison_lost=0, reuses_told=0, reuses_untold=0
    )
    for job_id, text in sent.good.items():
        job = jobs.read(job_id)
        if job is None or job.status != "succeeded":
            counts["lost"] += 1
            continue
        results = job.result["results"]
        counts["answered" if _same(results, expected[text]) else "wrong"] += 1
    aside = [*sent.poison, *sent.reuses]
    dead = {message.id for message in queue.dead(limit=10 * len(aside))}
    for message_id in sent.poison:
        job = jobs.read(message_id)
        reason = job is not None and job.status == "failed" and job.failure is not None
        counts["poison_kept" if message_id in dead and reason else "poison_lost"] += 1
    for message_id in sent.reuses:
        failure = jobs.failure(message_id)
        reason = failure is not None and str(failure.problem["type"]).endswith(JobIdReused.code)
        counts["reuses_told" if message_id in dead and reason else "reuses_untold"] += 1
    counts["good_in_dead_letter_queue"] = len(dead - set(aside))
    with closing(sqlite3.connect(settings.results_db)) as connection:
        (kept,) = connection.execute(
            "SELECT COUNT(*) FROM records WHERE id LIKE 'job#%' AND status = 'COMPLETED'"
        ).fetchone()
    counts["results_in_store"] = kept
    return dict(counts)


def main() -> None:
    """Send, work off, check and write the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=10_000, help="different jobs")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill-every", type=int, default=300, metavar="MESSAGES")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = {
            "RESULTS_DB": f"{folder}/results.db",
            "QUEUES_DB": f"{folder}/queues.db",
            "RESULTS_TABLE": "",
        }
        env = {**os.environ, **paths, "LOG_LEVEL": "CRITICAL", "OMP_NUM_THREADS": "1"}
        settings = Settings(results_db=Path(paths["RESULTS_DB"]))
        queue = SqliteQueue(Path(paths["QUEUES_DB"]), "intent", VISIBILITY_S)
        sent = send(queue, args.messages, random.Random(args.seed))
        run = work_off(queue, JobStore(settings), args, env)
        counts = check(sent, queue, settings)
    result = {
        "messages": args.messages,
        "poison": len(sent.poison),
        "sent_twice": sent.duplicates,
        "ids_reused": len(sent.reuses),
        "workers": args.workers,
        "kill_every_messages": args.kill_every,
        **run,
        **counts,
    }
    print(json.dumps(result, indent=1))
    command = "python -m benchmarks.lost_messages"
    print(f"wrote {write('lost_messages', command, {'run': result}).name}")
    good = len(sent.good)
    untold = counts["poison_lost"] or counts["reuses_untold"]
    if counts["answered"] != good or counts["results_in_store"] != good or untold:
        raise SystemExit("messages were lost or answered wrongly: see the figures above")


if __name__ == "__main__":
    main()
