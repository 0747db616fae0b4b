import gc
import os
import subprocess
import sys
import threading

import pytest

from shared.errors import ModelMissing
from shared.process.start import Loading


def test_loading_begins_at_once_and_beside_its_caller():
    begun, go_on = threading.Event(), threading.Event()

    def load() -> int:
        begun.set()
        assert go_on.wait(5)
        return threading.get_ident()

    loading = Loading(load)
    assert begun.wait(5)  # nobody asked for the result yet
    go_on.set()
    assert loading.result() != threading.get_ident()


def test_what_was_loaded_is_loaded_once():
    calls = []
    loading = Loading(lambda: calls.append(1) or calls)
    assert loading.result() is loading.result()
    assert calls == [1]


@pytest.mark.parametrize("error", [ModelMissing("No model."), ZeroDivisionError()])
def test_an_error_is_told_where_the_result_is_asked_for(error):
    def fail() -> None:
        raise error

    loading = Loading(fail)
    with pytest.raises(type(error)):
        loading.result()


@pytest.mark.parametrize("fails", [False, True])
def test_garbage_is_collected_again_whatever_came_of_it(fails):
    gc.disable()
    try:
        loading = Loading(lambda: 1 // (not fails))
        if fails:
            with pytest.raises(ZeroDivisionError):
                loading.result()
        else:
            assert loading.result() == 1
        assert gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()


@pytest.mark.parametrize(("stated", "threads"), [(None, 1), ("2", 2)])
def test_numpy_starts_no_threads_of_its_own_unless_it_is_told_to(stated, threads):
    env = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}
    env |= {"OPENBLAS_NUM_THREADS": stated} if stated else {}
    code = "import os, shared.process.start, numpy; print(len(os.listdir('/proc/self/task')))"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    assert int(found) == min(threads, os.cpu_count() or 1)


@pytest.mark.parametrize(("stated", "found"), [(None, "false"), ("true", "true")])
def test_tokenizers_make_no_threads_unless_they_are_told_to(stated, found):
    env = {name: value for name, value in os.environ.items() if name != "TOKENIZERS_PARALLELISM"}
    env |= {"TOKENIZERS_PARALLELISM": stated} if stated else {}
    code = "import os, shared.process.start; print(os.environ['TOKENIZERS_PARALLELISM'])"
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    assert told.strip() == found
