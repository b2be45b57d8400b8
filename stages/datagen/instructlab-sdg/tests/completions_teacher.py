"""An endpoint of text completions on loopback that answers as the pipeline *simple* and the quiz pipeline expect."""

import hashlib
import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[str, int], str]
"""The text that follows a prompt, for the n-th of the answers asked for."""


def row(prompt: str, n: int) -> str:
    """A question and its answer that hang on prompt and number alone, or a multiple-choice question."""
    digest = hashlib.sha256(f"{n} {prompt}".encode()).hexdigest()
    if "multiple choice questions" in prompt:
        return quiz(f"Which part is number {digest[:6]}", "ABCD"[int(digest[0], 16) % 4])
    return f"How is part {digest[:6]} mended? With tool {digest[6:10]}, and with care."


def quiz(question: str, letter: str) -> str:
    options = "\n".join(
        f"{own}) the {name} one" for own, name in zip("ABCD", ("red", "blue", "big", "old"), strict=True)
    )
    return (
        f"[Start of Question]\n{question}?\n{options}\n[End of Question]\n"
        f"[Start of Answer]\n{letter}) it is that one\n[End of Answer]"
    )


class CompletionsTeacher:
    """Knows the model `mock`. `requests` holds each body in the order they came, `answered` those that got an answer."""

    def __init__(self, answer: Answer = row, *, context: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.status: Callable[[dict[str, Any]], int] = lambda _body: 200
        """What a request gets instead of an answer, by its body."""
        self.lists = True
        """False: a list of prompts is refused, and `n` gives one answer."""
        self.refuses_lists = True
        """False: of a list it does not take it answers the first prompt."""
        self.hold_from: int | None = None
        """From this request on (counted from 1, without the first question whether lists are taken) nothing is said."""
        self.requests: list[dict[str, Any]] = []
        self.answered: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.holding = threading.Event()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        teacher = self

        class _Server(BaseHTTPRequestHandler):
            def log_message(self, *_arguments: object) -> None:
                pass

            def do_GET(self) -> None:
                teacher._send(self, 200, {"object": "list", "data": [{"id": "mock"}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                teacher._serve(self, body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def prompts(self) -> str:
        return "\n".join(prompt for body in self.requests for prompt in body["prompt"])

    def _serve(self, request: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        assert request.path == "/v1/completions", request.path
        probing = body["prompt"] == ["test1", "test2"]
        with self._lock:
            self.keys.add(request.headers.get("Authorization"))
            if not probing:
                self.requests.append(body)
            held = not probing and self.hold_from is not None and len(self.requests) >= self.hold_from
        if held:
            self.holding.set()
            self._ended.wait(900)
            return
        status = self.status(body)
        if status == 200 and not self.lists and self.refuses_lists and len(body["prompt"]) > 1:
            status = 400
        if status != 200:
            self._send(request, status, {"error": {"message": f"the key was {request.headers.get('Authorization')}"}})
            return
        prompts, many = (body["prompt"], body.get("n", 1)) if self.lists else (body["prompt"][:1], 1)
        texts = [self.answer(prompt, n) for prompt in prompts for n in range(many)]
        choices = [{"index": at, "text": text, "finish_reason": "stop"} for at, text in enumerate(texts)]
        self._send(request, 200, {"object": "text_completion", "choices": choices})
        if not probing:
            with self._lock:
                self.answered.append(body)

    def _send(self, request: BaseHTTPRequestHandler, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        try:
            request.send_response(status)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
        except OSError:
            pass  # whoever asked is gone
