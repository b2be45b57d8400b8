"""What upstream takes for its client: every answer is kept as it comes, so that a restart asks nothing twice."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ilab_stage import BadInput, TryLater
from ilab_teacher.answers import Answers, request_key
from ilab_teacher.client import TeacherClient, Unanswered
from ilab_teacher.endpoint import Endpoint

_REFUSED: list[str] = []
"""What is kept of a request that the teacher refuses."""


@dataclass(frozen=True)
class Choice:
    text: str


@dataclass(frozen=True)
class Completion:
    choices: list[Choice]


class Completions:
    """Stands for `openai.OpenAI` and its `completions` in one; upstream uses nothing else of it."""

    server_supports_batched = True
    """Upstream may always ask with many prompts: an endpoint that takes one at a time is asked one at a time here."""

    def __init__(self, endpoint: Endpoint, client: TeacherClient, answers: Answers) -> None:
        self._endpoint, self._client, self._answers = endpoint, client, answers
        self._lock = threading.Lock()
        self._asked: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self._batches = True
        self._ended: BadInput | TryLater | None = None

    @property
    def completions(self) -> "Completions":
        return self

    def find_out(self) -> None:
        """Whether the endpoint takes lists of prompts and gives several answers to each, as upstream finds out."""
        self._client.check_model()
        try:
            texts = self._answered(["test1", "test2"], 3, {"max_tokens": 1, "temperature": 0.0})
            self._batches = len(texts) == 6
        except Unanswered:
            self._batches = False
        if not self._batches:
            print("the teacher takes one prompt at a time: this takes longer", flush=True)

    def create(self, *, prompt: str | list[str], model: str, n: int = 1, **options: Any) -> Completion:
        """`model` is the one of the endpoint. A prompt that is refused gets answers without a word."""
        prompts = [prompt] if isinstance(prompt, str) else prompt
        if self._batches:
            try:
                texts = self._answered(prompts, n, options)
            except Unanswered:
                texts = [text for one in prompts for text in self._or_nothing([one], n, options)]
        else:
            texts = [text for one in prompts for _ in range(n) for text in self._or_nothing([one], 1, options)]
        if len(texts) != len(prompts) * n:
            raise BadInput(
                f"the teacher at {self._endpoint.url} gives {len(texts)} answers to {len(prompts)} prompts"
                f" that ask for {n} each: it must give them all"
            )
        return Completion([Choice(text) for text in texts])

    def _or_nothing(self, prompts: Sequence[str], n: int, options: dict[str, Any]) -> list[str]:
        try:
            return self._answered(prompts, n, options)
        except Unanswered:
            with self._lock:
                self.counts["refused"] += 1
            return [""] * n

    def _answered(self, prompts: Sequence[str], n: int, options: dict[str, Any]) -> list[str]:
        body = {**options, "n": n}
        request: list[Any] = [self._endpoint.url, self._endpoint.model, list(prompts), body]
        with self._lock:
            # The same words asked again in one run are another question: the teacher is free to answer otherwise.
            key = request_key(request)
            self._asked[key] += 1
            request.append(self._asked[key])
        texts = self._answers.get(request)
        source = "remembered"
        if texts is None:
            source = "requests"
            if self._ended:
                raise self._ended
            try:
                texts = self._client.complete(prompts, **body)
            except Unanswered:
                texts = _REFUSED
            except (BadInput, TryLater) as error:
                # Upstream's threads go on with what is queued until it hears of this: that must not be asked any more.
                self._ended = error
                raise
            self._answers.keep(request, texts)
        with self._lock:
            self.counts[source] += 1
        if texts == _REFUSED:
            raise Unanswered("refused")
        return [str(text) for text in texts]
