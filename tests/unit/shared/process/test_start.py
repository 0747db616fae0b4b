import gc
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
