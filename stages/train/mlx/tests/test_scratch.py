import contextlib
import io
import tempfile
import unittest

from ilab_models.scratch import scratch_folder
from ilab_stage import Stage


class Scratch(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.stage = Stage({"ILAB_CONTENT": folder.name})

    def test_survives_a_try(self) -> None:
        place = scratch_folder(self.stage, "train")
        (place / "kept").touch()
        self.assertEqual(place, self.stage.content / "work" / "train")
        self.assertTrue((scratch_folder(self.stage, "train") / "kept").exists())

    def test_is_elsewhere_where_it_cannot_be_made(self) -> None:
        (self.stage.content / "work").write_text("")
        with contextlib.redirect_stdout(io.StringIO()) as out:
            place = scratch_folder(self.stage, "train")
        self.addCleanup(place.rmdir)
        self.assertTrue(place.is_dir())
        self.assertFalse(place.is_relative_to(self.stage.content))
        self.assertIn("a try that is killed starts anew", out.getvalue())


if __name__ == "__main__":
    unittest.main()
