"""The start of a process: what it loads before its first event, beside what it still imports.

An entry imports this module before anything large. From then on nothing is collected as garbage,
since nearly all that imports make stays; the collector would walk over it again and again.

numpy's OpenBLAS is told to have one thread, unless the environment says otherwise: it makes one for
each core when it is imported, and they spin for some 50 ms of a start's processor time. Models run
in onnxruntime, which has threads of its own. The tokenizers' library likewise: to wake its threads
takes longer than to encode a few short texts.
"""

import gc
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Loaded = TypeVar("Loaded")

gc.disable()
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


class Loading(Generic[Loaded]):
    """A call in a thread of its own.

    Reading and hashing a model's files and opening its graphs do not hold the interpreter, and
    Lambda shows two cores: meanwhile the other one imports. With one core's time nothing is lost.

    Args:
        load: what is called, now.
    """

    def __init__(self, load: Callable[[], Loaded]) -> None:
        pool = ThreadPoolExecutor(1, "loading")
        self._future: Future[Loaded] = pool.submit(load)
        pool.shutdown(wait=False)

    def result(self) -> Loaded:
        """What was loaded, once it is; from then on garbage is collected.

        Raises:
            ServiceError: it cannot be loaded.
        """
        try:
            return self._future.result()
        finally:
            gc.freeze()  # what is there now stays: collections need not look at it
            gc.enable()
