import random
import unittest

from ilab_datagen.holdout import split
from ilab_datagen.leaves import GROUNDED, KNOWLEDGE, SKILL, Example, Leaf, Pair
from ilab_datagen.texts import HeldOutTexts, is_distinctive, normal

VOCABULARY = [a + b + c for a in "bdgklmnprst" for b in "aeiou" for c in ("n", "r", "l", "st")]


def leaf(name: str, kind: str, examples: list[tuple[str | None, list[tuple[str, str]]]]) -> Leaf:
    typed = tuple(
        Example(name, number, context, tuple(Pair(*pair) for pair in pairs))
        for number, (context, pairs) in enumerate(examples, 1)
    )
    return Leaf(name, name, kind, 3, "x", "x", "", typed, None, "", None)


def taxonomy(rng: random.Random) -> list[Leaf]:
    """Leaves that repeat texts of each other now and then, as copied files and common contexts do."""
    said: list[str] = []

    def text(least: int) -> str:
        if said and rng.random() < 0.15:
            return rng.choice(said)
        said.append(" ".join(rng.choices(VOCABULARY, k=rng.randint(least, 20))).capitalize() + ".")
        if rng.random() < 0.05:
            said.append(f"So: {said[-1].upper()}")
        return said[-1]

    leaves = []
    for number in range(rng.randint(1, 5)):
        kind = rng.choice((SKILL, GROUNDED, KNOWLEDGE))
        pairs = 3 if kind == KNOWLEDGE else 1
        examples = [
            (None if kind == SKILL else text(8), [(text(4), text(1)) for _ in range(pairs)])
            for _ in range(rng.randint(1, 9))
        ]
        leaves.append(leaf(f"leaf{number}", kind, examples))
    return leaves


class Split(unittest.TestCase):
    def test_nothing_held_out_appears_in_what_is_trained_on(self) -> None:
        rng = random.Random(7)
        held = 0
        for _ in range(300):
            leaves = taxonomy(rng)
            parts = split(leaves, 0.3, "salt")
            training = [text for own in parts.training.values() for example in own for text in example.texts()]
            for examples in parts.held_out.values():
                for text in (text for example in examples for text in example.texts()):
                    held += 1
                    if is_distinctive(normal(text)):
                        self.assertFalse([other for other in training if normal(text) in normal(other)], text)
        self.assertGreater(held, 1000)

    def test_every_leaf_keeps_and_holds_out_or_says_why_not(self) -> None:
        rng = random.Random(8)
        for _ in range(300):
            leaves = taxonomy(rng)
            parts = split(leaves, 0.3, "salt")
            for own in leaves:
                held, kept = parts.held_out[own.id], parts.training[own.id]
                self.assertEqual(sorted([*held, *kept], key=lambda example: example.number), list(own.examples))
                self.assertGreater(len(kept), 0)
                self.assertEqual(held == [], own.id in parts.notes)

    def test_a_leaf_of_different_examples_holds_out_its_part(self) -> None:
        texts = [
            (None, [(f"Question {'abcdefghij'[n]} is asked here?", f"Answer {n} is given to it.")]) for n in range(10)
        ]
        for fraction, wanted in ((0.01, 1), (0.2, 2), (0.5, 5), (0.9, 9)):
            parts = split([leaf("a", SKILL, texts)], fraction, "salt")
            self.assertEqual(len(parts.held_out["a"]), wanted)

    def test_the_choice_hangs_on_the_text_and_the_salt_not_on_the_order(self) -> None:
        texts = [(None, [(f"Question {n} is asked here?", f"Answer {n} is given to it.")]) for n in "abcdefgh"]

        def chosen(order: list, salt: str) -> set[str]:
            return {e.pairs[0].question for e in split([leaf("a", SKILL, order)], 0.3, salt).held_out["a"]}

        self.assertEqual(chosen(texts, "1"), chosen(texts[::-1], "1"))
        self.assertGreater(len({frozenset(chosen(texts, str(n))) for n in range(8)}), 1)

    def test_a_short_question_that_two_leaves_ask_binds_them(self) -> None:
        asked = ["Why?", "Who?", "How?", "2 + 2?"]
        leaves = [
            leaf(name, SKILL, [(None, [(q, f"Leaf {name} says {q} at length.")]) for q in asked]) for name in "ab"
        ]
        for salt in "12345678":
            parts = split(leaves, 0.25, salt)
            held = {e.pairs[0].question for own in parts.held_out.values() for e in own}
            kept = {e.pairs[0].question for own in parts.training.values() for e in own}
            self.assertEqual((len(held), held & kept), (1, set()))

    def test_an_answer_that_recurs_is_held_out_last(self) -> None:
        texts = [(None, [(f"Is {n} a letter of the alphabet?", "Yes.")]) for n in "abcd"]
        texts.append((None, [("Is 4 a letter of the alphabet?", "No, it is a digit.")]))
        for salt in "12345678":
            [held] = split([leaf("a", SKILL, texts)], 0.2, salt).held_out["a"]
            self.assertEqual(held.pairs[0].answer, "No, it is a digit.")

    def test_one_example_or_one_shared_text_is_said(self) -> None:
        one = split([leaf("a", SKILL, [(None, [("q", "a")])])], 0.2, "")
        self.assertEqual(one.notes, {"a": "has one seed example, which is trained on: nothing is held out"})
        same = [("The same text for all.", [(f"Question {n} is asked here?", "x")]) for n in "ab"]
        shared = split([leaf("a", GROUNDED, same)], 0.2, "")
        self.assertEqual(shared.notes, {"a": "has seed examples that all share a text: nothing can be held out"})


class Texts(unittest.TestCase):
    def test_a_repeated_text_is_found_under_other_marks_and_breaks(self) -> None:
        held = HeldOutTexts(["The pitch is half an\ninch.", "Yes."])
        for parts, found in (
            (("Well: the **PITCH** is half, an inch!",), True),
            (("The pitch is", "half an inch"), True),
            (("The pitch is half an ell",), False),
            (("Yes.",), False),
        ):
            self.assertEqual(held.repeated_by(*parts) is not None, found, parts)

    def test_a_passage_that_quotes_twelve_words_is_touched(self) -> None:
        words = [f"word{n}" for n in range(30)]
        held = HeldOutTexts([" ".join(words)])
        self.assertTrue(held.touched_by("Before. " + " ".join(words[5:17]) + " after"))
        self.assertFalse(held.touched_by("Before. " + " ".join(words[5:16]) + " after"))


if __name__ == "__main__":
    unittest.main()
