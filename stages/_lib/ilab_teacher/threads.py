"""Several questions at a time, such that the first failure and SIGTERM end it at once."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(work: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[tuple[int, Result]]:
    """(number, result) of each item as it is done; raises what the first one raises.

    The threads are no hindrance to the end of the process: an answer under way is lost, those before it are kept.
    """
    waiting: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    ended: queue.SimpleQueue[tuple[int, Result | Exception]] = queue.SimpleQueue()
    stopping = threading.Event()

    def worker() -> None:
        while (number := waiting.get()) is not None and not stopping.is_set():
            try:
                ended.put((number, work(items[number])))
            except Exception as error:
                ended.put((number, error))

    for number in [*range(len(items)), *[None] * workers]:
        waiting.put(number)
    for _ in range(min(workers, len(items))):
        threading.Thread(target=worker, daemon=True).start()
    try:
        for _ in items:
            number, result = ended.get()
            if isinstance(result, Exception):
                raise result
            yield number, result
    finally:
        stopping.set()
