import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

from ilab_stage import BadInput

from . import needs_packages


def task_row(question: str = "Which?", answer: Any = 0, **more: Any) -> dict[str, Any]:
    return {"question": question, "choices": ["one", "two", "three", "four"], "answer": answer, "subject": "s"} | more


@needs_packages
class Reading(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def read(self, few_shots: int = 0, **leaves: list[Any]) -> list[Any]:
        from ilab_eval_mlx.choices import read_questions

        (self.folder / "node_datasets").mkdir(exist_ok=True)
        for leaf, content in leaves.items():
            text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in content)
            (self.folder / "node_datasets" / f"mmlubench_{leaf}.jsonl").write_text(text)
            (self.folder / "node_datasets" / f"{leaf}_task.yaml").write_text("tag: mmlu_pr\n")
        return read_questions(self.folder, few_shots=few_shots)

    def test_asks_as_upstream_does(self) -> None:
        (question,) = self.read(a_leaf=[task_row(" Which one? ", 2, item="i")])
        self.assertEqual((question.leaf, question.item, question.answer), ("a_leaf", "i", 2))
        self.assertEqual(question.text, "Which one?\nA. one\nB. two\nC. three\nD. four\nAnswer:")

    def test_takes_letters_and_rows_without_an_item(self) -> None:
        first, second = self.read(a_leaf=[task_row(answer="B"), task_row(answer="D")])
        self.assertEqual((first.answer, second.answer), (1, 3))
        self.assertNotEqual(first.item, second.item)

    def test_puts_answered_questions_of_other_items_before(self) -> None:
        content = [task_row("x?", 1, item="x"), task_row("x?", 2, item="x"), task_row("y?", 3, item="y")]
        first, _, third = self.read(few_shots=1, a_leaf=content)
        self.assertTrue(first.text.startswith("y?\nA. one"), first.text)
        self.assertTrue(third.text.startswith("x?\nA. one\nB. two\nC. three\nD. four\nAnswer: B\n\ny?"), third.text)

    def test_is_empty_without_files(self) -> None:
        self.assertEqual(self.read(), [])

    def test_names_faulty_rows(self) -> None:
        table: dict[str, Any] = {
            "is no JSON": "{",
            "has no question": task_row(" "),
            "has not four choices": task_row(choices=["a", "b", "c"]),
            "its answer is 4, not 0 to 3 or A to D": task_row(answer=4),
            'its answer is "AB", not 0 to 3 or A to D': task_row(answer="AB"),
            "its answer is true": task_row(answer=True),
            "its answer is null": task_row(answer=None),
        }
        for reason, faulty in table.items():
            with self.subTest(reason), self.assertRaises(BadInput) as caught:
                self.read(a_leaf=[task_row(), faulty])
            self.assertIn(f"mmlubench_a_leaf.jsonl:2: {reason}", str(caught.exception))


class Bytes:
    """A tokenizer whose tokens are bytes, or, with `pairs`, bytes two by two: then a letter shares its token."""

    def __init__(self, *, pairs: bool = False) -> None:
        self.pairs = pairs

    def __call__(self, text: str) -> dict[str, list[int]]:
        data = list(text.encode())
        if self.pairs:
            data = [256 * first + second for first, second in zip(data[::2], [*data[1::2], 0], strict=False)]
        return {"input_ids": data}


class Odd:
    """A model in name only: its logits follow from the last two tokens, and do not care for anything after them."""

    def __init__(self, vocabulary: int) -> None:
        import numpy as np

        self.vocabulary = vocabulary
        self.table = np.random.default_rng(5).normal(size=(97, vocabulary)).astype(np.float32)

    def __call__(self, tokens: Any) -> Any:
        import mlx.core as mx
        import numpy as np

        ids = np.array(tokens)
        before = np.concatenate([np.zeros((len(ids), 1), ids.dtype), ids[:, :-1]], axis=1)
        return mx.array(self.table[(3 * ids + before) % 97])


@needs_packages
class Answering(unittest.TestCase):
    def questions(self, count: int) -> list[Any]:
        from ilab_eval_mlx.choices import Question

        return [Question("leaf", str(n), "why? " * (n % 5) + f"{n}\nA. x\nAnswer:", n % 4) for n in range(count)]

    def test_takes_the_likeliest_letter(self) -> None:
        import numpy as np

        from ilab_eval_mlx.choices import encode_questions, right_answers

        questions = self.questions(37)
        model = Odd(256)
        encoded, dropped = encode_questions(questions, Bytes(), longest=1000)
        self.assertEqual(dropped, 0)
        self.assertTrue(all(len(ending) == 1 for one in encoded for ending in one.endings), "the space is shared")
        wanted = []
        for question in questions:
            last = f"{question.text} ".encode()[-2:]
            logits = model.table[(3 * last[1] + last[0]) % 97]
            wanted.append(int(np.argmax([logits[letter] for letter in b"ABCD"])) == question.answer)
        self.assertEqual(right_answers(model, encoded, batch_size=4), wanted)
        self.assertIn(True, wanted)
        self.assertIn(False, wanted)

    def test_comes_to_the_same_by_whole_endings(self) -> None:
        from ilab_eval_mlx.choices import EncodedQuestion, encode_questions, right_answers

        encoded, _ = encode_questions(self.questions(12), Bytes(), longest=1000)
        # The same sequences, but cut one token earlier: each ending is now the space and the letter.
        longer = [
            EncodedQuestion(one.question, one.stem[:-1], tuple((int(one.stem[-1]), *ending) for ending in one.endings))
            for one in encoded
        ]
        model = Odd(256)
        self.assertEqual(right_answers(model, longer, batch_size=4), right_answers(model, encoded, batch_size=4))

    def test_takes_the_first_of_equal_letters(self) -> None:
        import mlx.core as mx

        from ilab_eval_mlx.choices import encode_questions, right_answers

        encoded, _ = encode_questions(self.questions(4), Bytes(), longest=1000)
        flat = lambda tokens: mx.zeros((*tokens.shape, 256))  # noqa: E731
        self.assertEqual(right_answers(flat, encoded, batch_size=4), [True, False, False, False])

    def test_copes_with_tokens_that_hold_more_than_the_letter(self) -> None:
        from ilab_eval_mlx.choices import encode_questions

        for one in encode_questions(self.questions(6), Bytes(pairs=True), longest=1000)[0]:
            self.assertEqual(len({ending for ending in one.endings}), 4)
            self.assertGreater(len(one.stem), 0)

    def test_leaves_out_what_is_too_long(self) -> None:
        from ilab_eval_mlx.choices import encode_questions

        kept, dropped = encode_questions(self.questions(5), Bytes(), longest=30)
        self.assertEqual((len(kept), dropped), (3, 2))


if __name__ == "__main__":
    unittest.main()
