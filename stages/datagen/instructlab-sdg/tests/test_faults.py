"""What is found out before upstream is loaded."""

import ssl
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

from ilab_testing.taxonomies import SKILL

from . import NEEDS_PACKAGES, has_packages
from .completions_teacher import CompletionsTeacher

if has_packages():
    from .attempt import KEY, KNOWLEDGE, Attempt


@unittest.skipUnless(has_packages(), NEEDS_PACKAGES)
class Faults(unittest.TestCase):
    def attempt(self, teacher: CompletionsTeacher | None = None, **params: Any) -> "Attempt":
        self.teacher = teacher or CompletionsTeacher()
        self.addCleanup(self.teacher.close)
        attempt = Attempt(self.teacher, **params)
        self.addCleanup(attempt.close)
        return attempt

    def refused(self, attempt: "Attempt", code: int, message: str, **environment: str) -> None:
        actual, printed = attempt.run(**environment)
        self.assertEqual(actual, code, printed)
        self.assertRegex(printed, message)
        self.assertNotIn(KEY, printed + (attempt.content / "termination-log").read_text())
        self.assertNotIn("Traceback", printed)

    def test_a_taxonomy_is_refused_with_file_and_line_and_nobody_is_asked(self) -> None:
        attempt = self.attempt()
        attempt.leaf(
            "compositional_skills/counting", SKILL.replace("answer: The number after 23", "reply: The number after 23")
        )
        self.refused(attempt, 64, r"compositional_skills/counting/qna.yaml:\d+: .*'?answer'?")
        self.assertEqual(self.teacher.keys, set())

    def test_a_document_out_of_reach_is_refused_by_our_own_rules(self) -> None:
        attempt = self.attempt()
        attempt.leaf("knowledge/ponds", KNOWLEDGE.replace("https://example.org/x/handbook.git", "file:///etc"))
        self.refused(attempt, 64, r"knowledge/ponds/qna.yaml: document: file:///etc is not allowed")

    def test_what_is_wrong_with_the_teacher_is_said_at_once(self) -> None:
        for status, code, message in (
            (401, 64, r"refuses the key \(HTTP 401: the key was Bearer \*\*\*\)"),
            (404, 64, r"knows no model mock at \S+/v1/completions, or serves no completions: HTTP 404"),
            (503, 75, "did not answer in 1 try: HTTP 503"),
        ):
            with self.subTest(status):
                attempt = self.attempt()
                attempt.leaf("compositional_skills/counting", SKILL)
                self.teacher.status = lambda _body, status=status: status
                self.refused(attempt, code, message)

    def test_parameters_that_cannot_be_are_named(self) -> None:
        attempt = self.attempt(sdg={"pipeline": "/etc"})
        attempt.leaf("compositional_skills/counting", SKILL)
        self.refused(attempt, 64, r'parameter instructlabSdg.pipeline is "/etc": it must be one of simple, full')

    def test_a_certificate_of_the_sites_own_authority_is_trusted_where_it_is_named(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = Path(folder, "key.pem"), Path(folder, "ca.pem")
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=site",
                 "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
                check=True, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            attempt = self.attempt(CompletionsTeacher(context=context))
            attempt.leaf("compositional_skills/counting", SKILL)
            self.teacher.status = lambda _body: 401
            self.refused(attempt, 64, "the certificate of https://127.0.0.1:[0-9]+/v1 is not trusted")
            self.refused(attempt, 64, "refuses the key", SSL_CERT_FILE=str(certificate))


if __name__ == "__main__":
    unittest.main()
