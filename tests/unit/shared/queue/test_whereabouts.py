import time

import pytest

from shared.queue.jobs import JobStore
from shared.queue.whereabouts import JobKey, Whereabouts, WhereaboutsStore
from shared.settings import Settings
from shared.stores.records import Records
from tests.stored import job_key


@pytest.fixture
def settings(tmp_path):
    return Settings(results_db=tmp_path / "results.db")


def test_what_the_api_queued_is_its_callers_alone(settings):
    jobs = JobStore(settings)
    jobs.queue(job_key("a"), caller="ann")
    assert jobs.read("a", caller="ann").status == "queued"
    assert jobs.read("a").status == "queued"
    assert jobs.read("a", caller="bob") is None
    assert jobs.read("a", caller="") is None
    jobs.claim([job_key("a")], 60_000)
    jobs.succeed({job_key("a"): 1})
    assert jobs.read("a", caller="bob") is None
    assert jobs.read("a", caller="ann").result == 1


def test_what_another_system_sent_is_anyones(settings):
    jobs = JobStore(settings)
    jobs.claim([job_key("a")], 60_000)
    assert jobs.read("a", caller="bob").status == "running"


def test_each_place_of_an_id_is_kept_once_and_its_caller_stays(settings):
    store = WhereaboutsStore(settings)
    store.write("a", Whereabouts([("intent", "/v1/intent")], "ann"))
    for service in ("intent", "translation", "translation"):
        store.add(JobKey(service, f"/v1/{service}", "a"))
    known = store.read("a")
    assert known.places == (("intent", "/v1/intent"), ("translation", "/v1/translation"))
    assert known.caller == "ann"


def test_what_was_queued_and_never_came_is_forgotten_with_its_result(settings):
    jobs = JobStore(Settings(results_db=settings.results_db, results_ttl_s=-5))
    jobs.queue(job_key("a"))
    assert jobs.read("a") is None


def test_what_earlier_versions_kept_is_still_read(settings):
    old = Records(settings, "job", 600)
    old.complete({"key": "done"}, [1])
    old.claim({"key": "queued"}, 0)
    problem = {"problem": {"status": 422}, "attempt": 1, "final": True}
    Records(settings, "failure", 600).complete({"key": "failed"}, problem)
    time.sleep(0.01)
    jobs = JobStore(settings)
    found = {id_: jobs.read(id_).status for id_ in ("done", "queued", "failed")}
    assert found == {"done": "succeeded", "queued": "queued", "failed": "failed"}
    assert jobs.read("done").result == [1]
    assert jobs.failure("failed").problem == {"status": 422}
