import email.utils
import json
import time
import unittest
from typing import Any

from ilab_stage import BadInput, Params, TryLater
from ilab_teacher.client import TeacherClient, Unanswered
from ilab_teacher.endpoint import Endpoint
from ilab_testing.chat_teacher import Reply, ScriptedTeacher

MESSAGES = [{"role": "user", "content": "hello"}]


def ask(client: TeacherClient) -> str:
    return client.ask(MESSAGES, temperature=0.7, max_tokens=16)


class Client(unittest.TestCase):
    def teacher(self, *replies: Reply) -> ScriptedTeacher:
        teacher = ScriptedTeacher(*replies)
        self.addCleanup(teacher.close)
        return teacher

    def client(self, teacher: ScriptedTeacher | str, key: str | None = "k", **changes: Any) -> TeacherClient:
        url = teacher if isinstance(teacher, str) else teacher.url
        self.pauses: list[float] = []
        self.said: list[str] = []
        endpoint = Endpoint.read(Params({"teacher": {"url": url, "model": "mock", "timeoutSeconds": 5.0, **changes}}))
        return TeacherClient(endpoint, key, sleep=self.pauses.append, jitter=lambda: 1.0, say=self.said.append)

    def test_a_question_is_asked_as_chat_with_the_key(self) -> None:
        teacher = self.teacher(Reply("hi"))
        self.assertEqual(ask(self.client(teacher)), "hi")
        self.assertEqual(teacher.requests[0]["model"], "mock")
        self.assertEqual(teacher.requests[0]["messages"], MESSAGES)
        self.assertEqual(teacher.keys, ["Bearer k"])
        self.assertEqual(ask(self.client(teacher, key=None)), "[]")
        self.assertEqual(teacher.keys[-1], None)

    def test_what_passes_is_tried_again_with_growing_pauses(self) -> None:
        teacher = self.teacher(
            Reply(status=500, raw=b"<html>"), Reply(status=503, raw=b'{"error": {"message": "loading"}}'),
            Reply(drop=True), Reply(status=429, raw=b"{}"), Reply("at last"),
        )  # fmt: skip
        self.assertEqual(ask(self.client(teacher)), "at last")
        self.assertEqual(self.pauses, [1.0, 2.0, 4.0, 8.0])
        self.assertIn("HTTP 503: loading; next try in 2.0 s", self.said[1])

    def test_the_pause_never_grows_beyond_a_minute(self) -> None:
        teacher = self.teacher(*[Reply(status=500, raw=b"")] * 9, Reply("x"))
        ask(self.client(teacher, retries=9))
        self.assertEqual(self.pauses, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0])

    def test_retry_after_is_obeyed_as_seconds_and_as_a_date(self) -> None:
        date = email.utils.formatdate(time.time() + 100, usegmt=True)
        teacher = self.teacher(
            Reply(status=429, raw=b"", headers={"Retry-After": "17"}),
            Reply(status=429, raw=b"", headers={"Retry-After": date}),
            Reply(status=429, raw=b"", headers={"Retry-After": "soon"}),
            Reply("x"),
        )
        ask(self.client(teacher))
        self.assertEqual(self.pauses[0], 17.0)
        self.assertTrue(90 < self.pauses[1] <= 100, self.pauses)
        self.assertEqual(self.pauses[2], 4.0)

    def test_a_very_long_retry_after_is_left_to_another_day(self) -> None:
        teacher = self.teacher(Reply(status=429, raw=b"", headers={"Retry-After": "86400"}))
        with self.assertRaisesRegex(TryLater, "asks to come back in 86400 s"):
            ask(self.client(teacher))
        self.assertEqual(self.pauses, [])

    def test_who_never_answers_is_tried_again_later(self) -> None:
        for reply, message in (
            (Reply(hang=True), "did not answer in 2 tries: no answer in time"),
            (Reply(raw=b"{", drip=True), "did not answer in 2 tries: no end of the answer in time"),
            (Reply(status=502, raw=b""), "did not answer in 2 tries: HTTP 502"),
        ):
            with self.subTest(message):
                teacher = self.teacher(reply, reply)
                with self.assertRaisesRegex(TryLater, message):
                    ask(self.client(teacher, retries=1, timeoutSeconds=0.2))
                self.assertEqual(len(teacher.requests), 2)

    def test_a_port_where_nobody_listens_is_tried_again_later(self) -> None:
        teacher = ScriptedTeacher()
        teacher.close()
        with self.assertRaisesRegex(TryLater, "did not answer in 3 tries: .*refused"):
            ask(self.client(teacher.url, retries=2))

    def test_what_is_wrong_for_good_is_said_at_once(self) -> None:
        for reply, message in (
            (
                Reply(status=401, raw=b'{"error": {"message": "bad key"}}'),
                "refuses the key .HTTP 401: bad key.: see the secret",
            ),
            (Reply(status=403, raw=b""), "refuses the key"),
            (Reply(status=404, raw=b'{"error": "model gone"}'), "knows no model mock at .*: HTTP 404: model gone"),
            (
                Reply(status=307, raw=b"", headers={"Location": "http://evil.example/"}),
                "redirects to http://evil.example/",
            ),
            (Reply(status=418, raw=b"\x1b[31m"), r"answers HTTP 418: .x1b.31m"),
        ):
            with self.subTest(message):
                teacher = self.teacher(reply)
                with self.assertRaisesRegex(BadInput, message):
                    ask(self.client(teacher))
                self.assertEqual(self.pauses, [])

    def test_a_missing_key_is_called_missing(self) -> None:
        with self.assertRaisesRegex(BadInput, "asks for a key"):
            ask(self.client(self.teacher(Reply(status=401, raw=b"<html>")), key=None))

    def test_a_refused_prompt_is_not_the_end(self) -> None:
        for status in (400, 413, 422):
            with self.assertRaisesRegex(Unanswered, f"HTTP {status}: too long"):
                ask(self.client(self.teacher(Reply(status=status, raw=b'{"error": {"message": "too long"}}'))))

    def test_garbage_is_tried_again_and_thrice_it_is_the_wrong_address(self) -> None:
        for raw in (
            b"<html>\x1b[2J",
            b"[]",
            b"{}",
            b'{"choices": []}',
            b'{"choices": [{"message": 1}]}',
            b"[" * 100000,
            b"\xff",
        ):
            with self.subTest(raw[:20]):
                self.assertEqual(ask(self.client(self.teacher(Reply(raw=raw), Reply("ok")))), "ok")
                with self.assertRaisesRegex(BadInput, "answers, but not as chat completions") as caught:
                    ask(self.client(self.teacher(*[Reply(raw=raw)] * 3)))
                self.assertTrue(caught.exception.message.isprintable())

    def test_an_answer_of_nothing_is_an_empty_text(self) -> None:
        self.assertEqual(ask(self.client(self.teacher(Reply(None)))), "")

    def test_texts_come_in_the_order_of_their_prompts(self) -> None:
        def reply(*choices: object) -> Reply:
            return Reply(raw=json.dumps({"choices": choices}).encode())

        shuffled = reply({"index": 1, "text": "b"}, {"index": 0, "text": "a"}, {"index": 2, "text": None})
        numberless = reply({"text": "b"}, {"text": "a"})
        for answer, texts in ((shuffled, ["a", "b", ""]), (numberless, ["b", "a"])):
            teacher = self.teacher(answer)
            self.assertEqual(self.client(teacher).complete(["x", "y"], n=2), texts)
            self.assertEqual(teacher.requests, [{"model": "mock", "prompt": ["x", "y"], "n": 2}])
        for garbage in (reply(), reply({"message": 1}), reply(7)):
            with self.assertRaisesRegex(BadInput, "answers, but not as completions"):
                self.client(self.teacher(*[garbage] * 3)).complete(["x"])

    def test_what_the_teacher_repeats_of_the_key_is_masked(self) -> None:
        self.assertEqual(ask(self.client(self.teacher(Reply("it is sk-secret")), key="sk-secret")), "it is ***")

    def test_the_model_is_looked_for_where_models_are_listed(self) -> None:
        teacher = self.teacher()
        self.client(teacher).check_model()
        with self.assertRaisesRegex(BadInput, "does not serve the model other; it serves mock"):
            self.client(teacher, model="other").check_model()
        teacher.models = None
        self.client(teacher, model="other").check_model()
        teacher.models = Reply(status=401, raw=b"")
        with self.assertRaisesRegex(BadInput, "refuses the key"):
            self.client(teacher).check_model()

    def test_addresses_that_cannot_be_one(self) -> None:
        for url, message in (
            ("ftp://host/v1", "it must be an http:// or https:// address"),
            ("host/v1", "it must be an http:// or https:// address"),
            ("http://user:secret@host/v1", "holds a user or a password"),
            ("http://host:99999/v1", "is no address"),
            ("http://host/v1\nX: y", "it must be an http:// or https:// address"),
        ):
            with self.subTest(url), self.assertRaisesRegex(BadInput, message) as caught:
                self.client(url)
            self.assertNotIn("secret", caught.exception.message.replace("the secret", ""))
        for url in ("http://host/v1/", "http://host/v1/chat/completions", "http://host/v1"):
            own = Endpoint.read(Params({"teacher": {"url": url, "model": "m"}}))
            self.assertEqual(own.url, "http://host/v1")


if __name__ == "__main__":
    unittest.main()
