import json
import tempfile
import unittest
from pathlib import Path

from ilab_models.rows import read_rows
from ilab_stage import BadInput

GOOD = json.dumps({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})


class Rows(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "rows.jsonl"

    def refused(self, content: bytes) -> BadInput:
        self.file.write_bytes(content)
        with self.assertRaises(BadInput) as caught:
            read_rows(self.file)
        return caught.exception

    def test_reads_rows_and_passes_over_blank_lines(self) -> None:
        unmasked = json.dumps(
            {"messages": [{"role": "user", "content": "a\u2028b", "more": 1}], "unmask": True}, ensure_ascii=False
        )
        self.file.write_text(f"{GOOD}\n\n{unmasked}\n", encoding="utf-8")
        first, second = read_rows(self.file)
        self.assertEqual((first.place, first.unmask), ("rows.jsonl:1", False))
        self.assertEqual((second.place, second.unmask), ("rows.jsonl:3", True))
        self.assertEqual(second.messages, ({"role": "user", "content": "a\u2028b"},))

    def test_names_what_is_wrong_with_a_row_and_where(self) -> None:
        table = {
            "{": "is no JSON",
            "[]": "is no JSON object",
            "{}": "has no messages",
            '{"messages": []}': "has no messages",
            '{"messages": ["x"]}': "message 1 is no object",
            '{"messages": [{"content": "x"}]}': "message 1 has no role",
            '{"messages": [{"role": "user", "content": null}]}': "message 1 has no content",
            '{"messages": [{"role": "user", "content": [{"type": "text"}]}]}': "message 1 has no content",
            '{"messages": [{"role": "user", "content": "x"}], "unmask": "yes"}': 'unmask is "yes"',
        }
        for line, reason in table.items():
            with self.subTest(line):
                self.assertIn(f"rows.jsonl:2: {reason}", self.refused(f"{GOOD}\n{line}\n".encode()).message)

    def test_tells_all_faults_but_not_thousands(self) -> None:
        error = self.refused(b"{}\n" * 30)
        self.assertIn("(30)", error.message)
        self.assertEqual(error.details[0], "rows.jsonl:2: has no messages")
        self.assertEqual((len(error.details), error.details[-1]), (20, "... and 10 more"))

    def test_refuses_a_file_that_is_missing_empty_or_no_text(self) -> None:
        self.assertIn("holds no row", self.refused(b"\n \n").message)
        self.assertIn("is no UTF-8", self.refused(GOOD.encode() + b"\xff").message)
        self.file.unlink()
        with self.assertRaisesRegex(BadInput, "cannot be read: No such file"):
            read_rows(self.file)


if __name__ == "__main__":
    unittest.main()
