import io
import unittest

from ilab_stage import BadInput, Params, one_line
from ilab_stage.masking import MaskingStream, masked, secret_values


class Masking(unittest.TestCase):
    def test_secrets_are_known_by_name_or_by_being_named(self) -> None:
        values = secret_values(
            {
                "HF_TOKEN": "hf_abcdef",
                "SDG_ACCESS_KEY": "AKIA0000",
                "PLAIN": "visible-value",
                "CHOSEN": "chosen-value",
                "GITHUB_TOKEN": "abc",
                "ILAB_SECRET_ENV": "CHOSEN, ABSENT",
            }
        )
        for value in ("hf_abcdef", "AKIA0000", "chosen-value"):
            self.assertIn(value, values)
        self.assertNotIn("visible-value", values)
        self.assertNotIn("abc", values)

    def test_encoded_forms_and_single_lines_are_masked(self) -> None:
        secrets = secret_values({"SSH_KEY": "line/one+x\nline two is here\n"})
        for text in ("line/one+x", "line two is here", "line%2Fone%2Bx", "bGluZS9vbmUreA=="):
            self.assertEqual(masked(f"a {text} b", secrets), "a *** b")
        self.assertFalse([secret for secret in secrets if "\n" in secret])

    def test_no_cut_of_the_writes_shows_a_secret(self) -> None:
        secrets = ["abcdefgh", "ghijklmn", "abcdef", "nnnnno"]
        text = "x abcdefgh abcdef ghijklmn abcdefghijklmn nnnnnnno abc end"
        whole = masked(text, sorted(secrets, key=len, reverse=True))
        for size in range(1, len(text)):
            out = io.StringIO()
            stream = MaskingStream(out, sorted(secrets, key=len, reverse=True))
            for start in range(0, len(text), size):
                stream.write(text[start : start + size])
                stream.flush()
            stream.finish()
            self.assertEqual(out.getvalue(), whole, f"writes of {size}")


class Text(unittest.TestCase):
    def test_strangers_text_becomes_one_plain_line(self) -> None:
        for text, shown in (
            ("plain é 漢", "plain é 漢"),
            ("a\nb\tc", "a b c"),
            ("\x1b[31mred", "\\x1b[31mred"),
            ("rtl\u202eevil", "rtl\\u202eevil"),
            ("\U000e0041", "\\U000e0041"),
            ("x" * 20, "xxxxxxx..."),
        ):
            self.assertEqual(one_line(text, 10 if text.startswith("xx") else 500), shown)


class Parameters(unittest.TestCase):
    def test_wrong_values_are_named_with_what_is_wanted(self) -> None:
        params = Params({"n": 1.5, "t": 3, "f": "yes", "l": [1], "s": {"k": True}, "none": None, "big": 7.0})
        for read, message in (
            (lambda: params.integer("n"), "parameter n is 1.5: it must be a whole number"),
            (lambda: params.text("t"), "parameter t is 3: it must be a text"),
            (lambda: params.flag("f"), 'parameter f is "yes": it must be true or false'),
            (lambda: params.texts("l"), "parameter l is [1]: it must be a list of texts"),
            (lambda: params.section("s").integer("k"), "parameter s.k is true: it must be a whole number"),
            (lambda: params.number("n", maximum=1), "parameter n is 1.5: it must be at most 1"),
            (lambda: params.text("none"), "parameter none is missing: it must be a text"),
        ):
            with self.assertRaises(BadInput) as caught:
                read()
            self.assertEqual(caught.exception.message, message)
        self.assertEqual(params.integer("big"), 7)
        self.assertEqual(params.text("none", "default"), "default")
        self.assertIsNone(params.text("absent", None))


if __name__ == "__main__":
    unittest.main()
