"""A chat endpoint on loopback whose answers a test writes down beforehand."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What one request gets; `content` becomes a chat answer, `raw` goes out as it is."""

    content: str | None = None
    status: int = 200
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    """Says nothing until the test ends."""
    drip: bool = False
    """Sends one byte again and again, for ever."""
    drop: bool = False
    """Closes the connection without a word."""


class ScriptedTeacher:
    """Gives `replies` in order, then what `otherwise` makes of the prompt."""

    def __init__(self, *replies: Reply, otherwise: Callable[[str], str | Reply] = lambda _prompt: "[]") -> None:
        self.replies = list(replies)
        self.otherwise = otherwise
        self.models: Reply | None = Reply(raw=b'{"object": "list", "data": [{"id": "mock"}]}')
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.hanging = threading.Event()
        """Somebody waits for an answer that does not come."""
        self._ended = threading.Event()
        self._lock = threading.Lock()
        teacher = self

        class _Server(BaseHTTPRequestHandler):
            def log_message(self, *_arguments: object) -> None:
                pass

            def do_GET(self) -> None:
                teacher._send(self, teacher.models or Reply(status=404, raw=b"{}"))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with teacher._lock:
                    teacher.requests.append(body)
                    teacher.keys.append(self.headers.get("Authorization"))
                    reply = teacher.replies.pop(0) if teacher.replies else None
                reply = reply or teacher.otherwise(body["messages"][-1]["content"])
                teacher._send(self, Reply(reply) if isinstance(reply, str) else reply)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _send(self, request: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.hang:
            self.hanging.set()
            self._ended.wait(600)
            return
        if reply.drop:
            request.close_connection = True
            request.connection.close()
            return
        body = reply.raw if reply.raw is not None else chat(reply.content)
        request.send_response(reply.status)
        for name, value in reply.headers.items():
            request.send_header(name, value)
        if not reply.drip:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        try:
            request.wfile.write(body)
            while reply.drip and not self._ended.wait(0.01):
                request.wfile.write(b" ")
                request.wfile.flush()
        except OSError:
            pass


def chat(content: str | None) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    return json.dumps({"id": "x", "object": "chat.completion", "choices": [choice]}).encode()
