"""Each answer of a teacher is kept before it is used, whoever asks; what was answered before is not asked again."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from ilab_stage import BadInput, TryLater

from .answers import Answers, request_key
from .client import Unanswered
from .endpoint import Endpoint

_REFUSED: list[str] = []
"""What is kept of a request that the teacher refuses."""


class Remembered:
    """Threads may share it."""

    def __init__(self, endpoint: Endpoint, answers: Answers) -> None:
        self._endpoint, self._answers = endpoint, answers
        self._lock = threading.Lock()
        self._asked: Counter[str] = Counter()
        self._ended: BadInput | TryLater | None = None
        self.counts: Counter[str] = Counter()
        """`requests`, `remembered`, and what `count` counts."""

    def answered(self, asked: Sequence[Any], ask: Callable[[], Any]) -> Any:
        """What is known as the answer to `asked`, a JSON value, else what `ask` gives. Raises what that raises."""
        request: list[Any] = [self._endpoint.url, self._endpoint.model, *asked]
        with self._lock:
            # The same words asked again in one run are another question: the teacher is free to answer otherwise.
            key = request_key(request)
            self._asked[key] += 1
            request.append(self._asked[key])
        answer = self._answers.get(request)
        source = "remembered"
        if answer is None:
            source = "requests"
            if self._ended:
                raise self._ended
            try:
                answer = ask()
            except Unanswered:
                answer = _REFUSED
            except (BadInput, TryLater) as error:
                # Upstream's threads go on with what is queued until it hears of this: that must not be asked any more.
                self._ended = error
                raise
            self._answers.keep(request, answer)
        self.count(source)
        if answer == _REFUSED:
            raise Unanswered("refused")
        return answer

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1
