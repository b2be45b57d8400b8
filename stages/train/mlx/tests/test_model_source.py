import json
import tempfile
import unittest
from pathlib import Path

from ilab_models.model_source import ModelSource, find_model
from ilab_stage import BadInput, Params, Stage


class Finding(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def find(self, model: str) -> ModelSource:
        (self.root / "params.json").write_text(json.dumps({"model": model}))
        return find_model(Stage({"ILAB_CONTENT": str(self.root)}), "model", self.root / "scratch")

    def test_knows_the_built_in_model_by_two_names(self) -> None:
        for name in ("tiny", "builtin:tiny"):
            found = self.find(name)
            self.assertEqual((found.uri, found.is_tiny, found.config["model_type"]), ("builtin:tiny", True, "llama"))

    def test_says_what_a_name_may_be(self) -> None:
        for name in ("big", "/some/folder", "hf:", "hf:name", "hf:../x", "hf:a/b@", "hf:a/b@-x y", "builtin:big"):
            with self.subTest(name), self.assertRaisesRegex(BadInput, "give a folder as the input, or hf:"):
                self.find(name)


class RowLimit(unittest.TestCase):
    def limit(self, context: object, **params: int) -> int:
        config = {"max_position_embeddings": context}
        return ModelSource(Path(), "folder", config).row_limit(Params(dict(params)))

    def test_is_what_the_model_takes_but_not_without_end(self) -> None:
        self.assertEqual([self.limit(context) for context in (1024, 131072, None, "x")], [1024, 4096, 4096, 4096])

    def test_is_the_parameter_unless_the_model_takes_less(self) -> None:
        self.assertEqual(self.limit(131072, maxSeqLen=10000), 10000)
        with self.assertRaisesRegex(BadInput, "maxSeqLen is 2048, but the model takes at most 1024"):
            self.limit(1024, maxSeqLen=2048)


if __name__ == "__main__":
    unittest.main()
