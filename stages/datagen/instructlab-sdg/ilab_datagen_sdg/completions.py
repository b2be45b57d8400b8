"""What upstream takes for its client: every answer is kept as it comes, so that a restart asks nothing twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ilab_stage import BadInput
from ilab_teacher.answers import Answers
from ilab_teacher.client import TeacherClient, Unanswered
from ilab_teacher.endpoint import Endpoint
from ilab_teacher.remembered import Remembered

TEACHER = "teacher"
"""Upstream's name for the endpoint's model. Another one, which a pipeline may name, is asked for by that name."""


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
        self._endpoint, self._client = endpoint, client
        self._remembered = Remembered(endpoint, answers)
        self.counts = self._remembered.counts
        self._batches = True

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
        """A prompt that is refused gets answers without a word."""
        if model != TEACHER:
            options["model"] = model
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
            self._remembered.count("refused")
            return [""] * n

    def _answered(self, prompts: Sequence[str], n: int, options: dict[str, Any]) -> list[str]:
        body = {**options, "n": n}
        texts = self._remembered.answered([list(prompts), body], lambda: self._client.complete(prompts, **body))
        return [str(text) for text in texts]
