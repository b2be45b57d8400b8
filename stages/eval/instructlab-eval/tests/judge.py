"""A scripted judge: it rates an answer by the model that says its name in it."""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Judge:
    """`ratings`: by name of a model; None = an answer that holds no rating. While `held`, no answer is rated."""

    def __init__(self, ratings: Mapping[str, int | None], *, key: str = "judge-secret") -> None:
        self.requests: list[dict[str, Any]] = []
        self.held = False
        self._released = threading.Event()
        judge = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                self._answer({"object": "list", "data": [{"id": "the-judge"}]})

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                judge.requests.append(request)
                said = "\n".join(message["content"] for message in request["messages"])
                if judge.held and "I am " in said:
                    judge._released.wait()
                rating = next((own for name, own in ratings.items() if f"I am {name}." in said), 5)
                text = "I cannot say." if rating is None else f"Well. Rating: [[{rating}]]"
                choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
                self._answer({"id": "x", "object": "chat.completion", "created": 0, "model": "j", "choices": [choice]})

            def _answer(self, content: object) -> None:
                allowed = self.headers["authorization"] == f"Bearer {key}"
                data = json.dumps(content if allowed else {"error": {"message": "wrong key"}}).encode()
                self.send_response(200 if allowed else 401)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def release(self) -> None:
        self.held = False
        self._released.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
