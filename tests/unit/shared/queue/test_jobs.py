"""What a job's records come to; tests/contract/test_records.py has both stores."""

import time
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import InvalidRequest, StoreUnavailable
from shared.queue.jobs import Failure, JobStore, get_job_store
from shared.settings import Settings, get_settings
from tests.stored import job_key as key

LEASE_MS = 60_000
FINAL = InvalidRequest("no such field")
PASSING = StoreUnavailable("away")


@pytest.fixture
def make(tmp_path):
    def open_store(**given):
        return JobStore(Settings(results_db=tmp_path / "results.db", **given))

    return open_store


@pytest.fixture
def jobs(make):
    return make()


def fail(jobs, error, attempt=1):
    jobs.claim([key("a")], LEASE_MS)
    jobs.fail(key("a"), error, attempt)


def test_a_job_that_runs_again_tells_why_it_failed_before(jobs):
    fail(jobs, PASSING)
    jobs.claim([key("a")], LEASE_MS)
    job = jobs.read("a")
    assert (job.status, job.failure.attempt, job.failure.final) == ("running", 1, False)
    assert job.failure.problem == PASSING.problem("a")


def test_a_job_that_succeeded_at_last_tells_of_no_failure(jobs):
    fail(jobs, PASSING)
    jobs.claim([key("a")], LEASE_MS)
    jobs.succeed({key("a"): 1})
    job = jobs.read("a")
    assert (job.status, job.result, job.failure) == ("succeeded", 1, None)
    assert jobs.failure("a") is not None  # which is still on record


def test_a_job_that_was_queued_again_after_it_failed_for_good_has_failed(jobs):
    fail(jobs, FINAL)
    jobs.queue(key("a"))
    time.sleep(0.01)
    assert jobs.read("a").status == "failed"
    jobs.claim([key("a")], LEASE_MS)
    assert jobs.read("a").status == "running"


@pytest.mark.parametrize(("error", "status"), [(FINAL, "failed"), (PASSING, "queued")])
def test_what_no_further_try_can_mend_is_final_at_once(jobs, error, status):
    fail(jobs, error)
    assert jobs.read("a").status == status


@pytest.mark.parametrize("max_receives", [1, 2, 5])
def test_the_last_delivery_that_a_queue_makes_is_final(make, max_receives):
    jobs = make(max_receives=max_receives)
    statuses = []
    for attempt in range(1, max_receives + 1):
        fail(jobs, PASSING, attempt)
        statuses.append(jobs.read("a").status)
    assert statuses == ["queued"] * (max_receives - 1) + ["failed"]


def test_why_a_job_failed_is_told_when_its_results_would_have_expired(make):
    """Its message lies in the dead-letter queue for days."""
    jobs = make(results_ttl_s=-5)
    jobs.claim([key("a")], LEASE_MS)
    jobs.succeed({key("a"): 1})
    assert jobs.read("a") is None
    fail(jobs, FINAL)
    assert jobs.read("a").status == "failed"


def test_a_reason_that_expired_is_gone_too(make):
    jobs = make(failures_ttl_s=-5)
    fail(jobs, FINAL)
    assert jobs.failure("a") is None
    assert jobs.read("a") is None


def test_a_job_is_claimed_once_and_again_after_it_failed(jobs):
    assert jobs.claim([key("a"), key("b")], LEASE_MS) == {key("a"): "mine", key("b"): "mine"}
    jobs.fail(key("a"), PASSING, 1)
    jobs.succeed({key("b"): 1})
    assert jobs.claim([key("a"), key("b")], LEASE_MS) == {key("a"): "mine", key("b"): "done"}
    assert jobs.claim([key("a")], LEASE_MS) == {key("a"): "running"}


def test_nothing_is_claimed_where_nothing_is_asked_for(jobs):
    assert jobs.claim([], LEASE_MS) == {}
    assert jobs.succeed({}) == {}


def test_a_failure_is_of_its_own_job(jobs):
    fail(jobs, FINAL)
    assert jobs.failure("a") == Failure(FINAL.problem("a"), 1, final=True)
    assert jobs.failure("b") is None


HEALTHY = [HealthCheck.function_scoped_fixture]  # each example has a job of its own


class Delivered:
    """A job as a queue and its worker treat it, and the status that it must then have."""

    def __init__(self, jobs):
        self._jobs, self._key, self._held = jobs, key(str(uuid4())), False
        self.expected = None

    def step(self, name):
        if name == "queue":
            self._queue()
        elif name == "claim":
            self._claim()
        elif self._held:  # a worker ends only what it has claimed
            self._held = False
            self._end(name)

    def _queue(self):
        if self.expected is None:
            self._jobs.queue(self._key)
            time.sleep(0.002)  # of a lease of nothing
            self.expected = "queued"

    def _claim(self):
        claims = {None: "mine", "queued": "mine", "failed": "mine", "succeeded": "done"}
        claim = claims.get(self.expected, "running")
        assert self._jobs.claim([self._key], LEASE_MS) == {self._key: claim}
        if claim == "mine":
            self._held, self.expected = True, "running"

    def _end(self, name):
        if name == "succeed":
            assert self._jobs.succeed({self._key: [1]}) == {}
            self.expected = "succeeded"
        else:
            self._jobs.fail(self._key, FINAL if name == "fail for good" else PASSING, 1)
            self.expected = "failed" if name == "fail for good" else "queued"

    @property
    def status(self):
        job = self._jobs.read(self._key.id)
        return job and job.status


STEPS = st.sampled_from(["queue", "claim", "succeed", "fail for now", "fail for good"])


@settings(max_examples=40, deadline=None, suppress_health_check=HEALTHY)
@given(st.lists(STEPS, max_size=12))
def test_whatever_happens_a_job_is_as_the_last_that_happened_says(jobs, steps):
    job = Delivered(jobs)
    for step in steps:
        job.step(step)
        assert job.status == job.expected


def test_a_process_has_one_store_of_the_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("RESULTS_DB", str(tmp_path / "mine.db"))
    get_settings.cache_clear()
    get_job_store.cache_clear()
    get_job_store().queue(key("a"))
    assert get_job_store() is get_job_store()
    assert (tmp_path / "mine.db").exists()
