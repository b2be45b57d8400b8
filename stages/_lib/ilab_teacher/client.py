"""A plain client of chat and text completions: patient with what passes, clear about what does not. Threads may share it.

| what comes | what follows |
| --- | --- |
| 408, 409, 425, 429, 5xx, a timeout, a lost connection | tried again after Retry-After or a pause; then TryLater |
| 401, 403, 404, a redirect | BadInput: key, model or address are wrong |
| 400, 413, 422 | this one prompt is refused: Unanswered |
| 200 without JSON, or without a message | tried again; three times in a row it is the wrong address: BadInput |
"""

import email.utils
import http.client
import json
import random
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import IO, Any

from ilab_stage import BadInput, TryLater, one_line
from ilab_stage.masking import masked, secret_values

from .endpoint import Endpoint

_PASSING = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_REFUSED_PROMPT = {400, 413, 422}
_MOST_BYTES = 64 * 1024 * 1024
_LONGEST_PAUSE = 60.0
_LONGEST_RETRY_AFTER = 600.0
_MOST_GARBAGE = 3


class Unanswered(Exception):
    """The teacher refuses this prompt, and would again."""


class _Passing(Exception):
    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _Garbage(Exception):
    pass


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    # Following one would carry the key to another host.
    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


class TeacherClient:
    def __init__(
        self,
        endpoint: Endpoint,
        key: str | None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        say: Callable[[str], None] = print,
    ) -> None:
        self._endpoint, self._role = endpoint, endpoint.role
        self._secrets = secret_values({"API_KEY": key or ""})
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "ilab-backend"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._sleep, self._jitter, self._say = sleep, jitter, say
        self._opener = urllib.request.build_opener(_NoRedirect)

    def check_model(self) -> None:
        """Asks which models there are, where the endpoint tells; a model it does not name is BadInput."""
        try:
            listed = self._patiently(lambda: self._request("/models", None, self._endpoint.timeout), "/models")
        except (Unanswered, _NotThere):
            return  # Not every endpoint lists its models.
        names = [str(entry.get("id")) for entry in listed.get("data") or [] if isinstance(entry, dict)]
        if names and self._endpoint.model not in names:
            shown = ", ".join(one_line(name, 60) for name in sorted(names)[:10])
            model = one_line(self._endpoint.model, 80)
            raise BadInput(f"the {self._role} does not serve the model {model}; it serves {shown}")

    def ask(self, messages: Sequence[dict[str, str]], **options: Any) -> str:
        """The text of the answer, empty when the teacher says nothing. Raises Unanswered, BadInput or TryLater."""
        answer: str = self._post("/chat/completions", {"messages": list(messages), **options}, 1, _message)
        return answer

    def complete(self, prompts: Sequence[str], **options: Any) -> list[str]:
        """The texts that follow the prompts, those of the first prompt first. Raises as `ask`.

        How many there are is the endpoint's: some take no list of prompts, or give one answer where `n` asks for more.
        """
        answer: list[str] = self._post("/completions", {"prompt": list(prompts), **options}, len(prompts), _texts)
        return answer

    def _post(self, path: str, body: dict[str, Any], prompts: int, read: Callable[[dict[str, Any]], Any]) -> Any:
        body = {"model": self._endpoint.model, **body}
        try:
            return self._patiently(lambda: read(self._request(path, body, self._endpoint.timeout * prompts)), path)
        except _NotThere as error:
            model = one_line(self._endpoint.model, 80)
            raise BadInput(
                f"the {self._role} knows no model {model} at {self._endpoint.url}{path},"
                f" or serves no {_kind(path)}: {error}"
            ) from error

    def _patiently(self, attempt: Callable[[], Any], path: str) -> Any:
        failures = garbage = 0
        while True:
            try:
                return attempt()
            except _Garbage as error:
                garbage += 1
                if garbage >= _MOST_GARBAGE:
                    raise BadInput(f"{self._endpoint.url} answers, but not as {_kind(path)}: {error}") from error
                self._pause(garbage, None, str(error))
            except _Passing as error:
                failures += 1
                if failures > self._endpoint.retries:
                    tries = "1 try" if failures == 1 else f"{failures} tries"
                    raise TryLater(
                        f"the {self._role} at {self._endpoint.url} did not answer in {tries}: {error}"
                    ) from error
                self._pause(failures, error.retry_after, str(error))

    def _pause(self, failures: int, retry_after: float | None, reason: str) -> None:
        if retry_after is not None and retry_after > _LONGEST_RETRY_AFTER:
            raise TryLater(
                f"the {self._role} at {self._endpoint.url} asks to come back in {retry_after:.0f} s: {reason}"
            )
        # Half of the pause is fixed, half is chance: many clients that failed together do not return together.
        grown = min(_LONGEST_PAUSE, 2.0 ** (failures - 1)) * (0.5 + 0.5 * self._jitter())
        seconds = max(grown, retry_after or 0.0)
        self._say(f"the {self._role}: {reason}; next try in {seconds:.1f} s")
        self._sleep(seconds)

    def _request(self, path: str, body: dict[str, Any] | None, timeout: float) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._endpoint.url + path, data, self._headers)
        deadline = time.monotonic() + timeout
        try:
            with self._opener.open(request, timeout=timeout) as response:
                answer = _read(response, deadline)
        except urllib.error.HTTPError as error:
            with error:
                raise self._judged(error) from error
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise BadInput(
                    f"the certificate of {self._endpoint.url} is not trusted: {reason.verify_message}"
                ) from error
            shown = (
                "no answer in time"
                if isinstance(reason, TimeoutError)
                else one_line(reason or type(error).__name__, 200)
            )
            raise _Passing(shown) from error
        try:
            # A teacher that repeats its key must not bring it into what is kept.
            parsed = json.loads(masked(answer.decode(errors="replace"), self._secrets))
        except (ValueError, RecursionError) as error:
            raise _Garbage(f"no JSON but {one_line(answer[:80].decode(errors='replace'), 80)!r}") from error
        if not isinstance(parsed, dict):
            raise _Garbage("JSON that is no object")
        return parsed

    def _judged(self, error: urllib.error.HTTPError) -> Exception:
        said = f"HTTP {error.code}{_said(error)}"
        if error.code in _PASSING:
            return _Passing(said, _retry_after(error.headers.get("Retry-After")))
        if error.code in (401, 403):
            what = "refuses the key" if "Authorization" in self._headers else "asks for a key"
            return BadInput(
                f"the {self._role} at {self._endpoint.url} {what} ({said}): see the secret {self._role}.apiKey"
            )
        if error.code in (404, 405):
            return _NotThere(said)
        if error.code in _REFUSED_PROMPT:
            return Unanswered(said)
        if 300 <= error.code < 400:
            target = one_line(error.headers.get("Location", "nowhere"), 120)
            return BadInput(f"{self._endpoint.url} redirects to {target}: give that address, if it is the right one")
        return BadInput(f"the {self._role} at {self._endpoint.url} answers {said}")


class _NotThere(Exception):
    pass


def _kind(path: str) -> str:
    """`chat completions` of `/chat/completions`."""
    return path.strip("/").replace("/", " ")


def _read(response: IO[bytes], deadline: float) -> bytes:
    """All of it, within the time and the size: a socket's timeout alone would let a slow answer drip for ever."""
    parts: list[bytes] = []
    size = 0
    # read1 returns what has come; read would wait for a whole block.
    while part := response.read1(65536):  # type: ignore[attr-defined]
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            raise _Garbage(f"more than {_MOST_BYTES} bytes")
        if time.monotonic() > deadline:
            raise _Passing("no end of the answer in time")
    return b"".join(parts)


def _texts(answer: dict[str, Any]) -> list[str]:
    try:
        choices = answer["choices"]
        texts = [choice["text"] for choice in choices]
        places = [choice.get("index") for choice in choices]
    except (KeyError, TypeError, AttributeError) as error:
        raise _Garbage(f"JSON without choices of text: {one_line(json.dumps(answer), 80)}") from error
    if not texts:
        raise _Garbage(f"JSON without a choice: {one_line(json.dumps(answer), 80)}")
    if sorted(places, key=str) == sorted(range(len(texts)), key=str):
        texts = [text for _, text in sorted(zip(places, texts, strict=True))]
    return [text if isinstance(text, str) else "" for text in texts]


def _message(answer: dict[str, Any]) -> str:
    try:
        content = answer["choices"][0]["message"].get("content")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise _Garbage(f"JSON without a message: {one_line(json.dumps(answer), 80)}") from error
    return content if isinstance(content, str) else ""


def _said(error: urllib.error.HTTPError) -> str:
    try:
        text = error.read(2000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        return ""
    try:
        body = json.loads(text)
        inner = body.get("error", body) if isinstance(body, dict) else body
        text = inner.get("message", text) if isinstance(inner, dict) else inner
    except (ValueError, RecursionError):
        text = "" if text.startswith("<") else text
    return f": {one_line(text, 200)}" if text else ""


def _retry_after(value: str | None) -> float | None:
    """Seconds, from a number of them or from a date; None for anything else."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
