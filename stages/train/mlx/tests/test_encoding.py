import tempfile
import unittest
from pathlib import Path

from ilab_models.rows import Row
from ilab_models.tiny_model import write_tiny_model
from ilab_stage import BadInput

from . import needs_packages


def conversation(*turns: tuple[str, str], unmask: bool = False) -> Row:
    return Row("rows.jsonl:1", tuple({"role": role, "content": text} for role, text in turns), unmask, {})


@needs_packages
class Encoding(unittest.TestCase):
    def setUp(self) -> None:
        from ilab_mlx.loading import load_tokenizer

        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        write_tiny_model(Path(folder.name))
        self.tokenizer = load_tokenizer(Path(folder.name))

    def counted(self, row: Row) -> str:
        """The text of the tokens that the loss counts."""
        from ilab_mlx.encoding import Encoder

        encoded = Encoder(self.tokenizer).encode(row)
        self.assertEqual(len(encoded.tokens), len(encoded.counted))
        return self.tokenizer.decode(encoded.tokens[encoded.counted])

    def test_counts_answers_with_their_end_and_nothing_else(self) -> None:
        table = {
            (("user", "Hi"), ("assistant", "Yo")): "Yo</s>\n",
            (("system", "Be kind"), ("user", "Hi"), ("assistant", "Yo")): "Yo</s>\n",
            (("user", "a"), ("assistant", "b"), ("user", "b"), ("assistant", "c")): "b</s>\nc</s>\n",
            (("user", "Yo Grüße"), ("assistant", "Yo \U0001f426")): "Yo \U0001f426</s>\n",
            (("user", "x"), ("pretraining", "some text")): "<|pretraining|>\nsome text\n",
        }
        for turns, wanted in table.items():
            with self.subTest(turns):
                self.assertEqual(self.counted(conversation(*turns)), wanted)

    def test_counts_all_of_an_unmasked_row_but_the_first_token(self) -> None:
        row = conversation(("user", "Hi"), ("assistant", "Yo"), unmask=True)
        self.assertEqual(self.counted(row), "\nHi\n<|assistant|>\nYo</s>\n")

    def test_finds_the_answer_in_a_template_that_rewrites_earlier_turns(self) -> None:
        self.tokenizer.chat_template = (
            "{% for m in messages %}[{{ loop.revindex }}{{ m['role'][0] }}]{{ m['content'] | trim }}{% endfor %}"
            "{% if add_generation_prompt %}[?]{% endif %}"
        )
        row = conversation(("user", "b"), ("assistant", " a "), ("user", "a"), ("assistant", "a"))
        self.assertEqual(self.counted(row), "aa")

    def test_refuses_a_row_without_an_answer_by_its_place(self) -> None:
        with self.assertRaisesRegex(BadInput, "rows.jsonl:1 has no answer"):
            self.counted(conversation(("user", "Hi")))

    def test_refuses_a_template_that_refuses_the_row(self) -> None:
        self.tokenizer.chat_template = "{{ raise_exception('only users here') }}"
        with self.assertRaisesRegex(
            BadInput, "rows.jsonl:1 does not fit the chat template of the model: only users here"
        ):
            self.counted(conversation(("user", "Hi"), ("assistant", "Yo")))

    def test_refuses_a_tokenizer_without_a_template(self) -> None:
        self.tokenizer.chat_template = None
        with self.assertRaisesRegex(BadInput, "no chat template"):
            self.counted(conversation(("user", "Hi"), ("assistant", "Yo")))


if __name__ == "__main__":
    unittest.main()
