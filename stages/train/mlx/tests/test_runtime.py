import os
import sys
import unittest
from pathlib import Path
from unittest.mock import patch

from ilab_mlx import runtime


class Prepare(unittest.TestCase):
    def setUp(self) -> None:
        loaded = {name: module for name, module in sys.modules.items() if name not in ("mlx", "numpy", "tokenizers")}
        for context in (patch.dict(sys.modules, loaded, clear=True), patch.dict(os.environ, {}, clear=True)):
            context.start()
            self.addCleanup(context.stop)

    def test_limits_every_library_to_the_threads_asked_for(self) -> None:
        runtime.prepare(threads=1, scratch=Path("/scratch"))
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "RAYON_NUM_THREADS")
        self.assertEqual({os.environ[name] for name in names}, {"1"})
        self.assertEqual(os.environ["TOKENIZERS_PARALLELISM"], "false")
        runtime.prepare(threads=3, scratch=Path("/scratch"))
        self.assertEqual({os.environ[name] for name in names}, {"3"})

    def test_keeps_caches_out_of_a_home_unless_somebody_chose_a_place(self) -> None:
        runtime.prepare(threads=1, scratch=Path("/scratch"))
        self.assertEqual(os.environ["HF_HOME"], "/scratch/huggingface")
        os.environ["HF_HOME"] = "/models"
        runtime.prepare(threads=1, scratch=Path("/scratch"))
        self.assertEqual(os.environ["HF_HOME"], "/models")

    def test_refuses_to_come_too_late(self) -> None:
        sys.modules["numpy"] = sys
        with self.assertRaisesRegex(RuntimeError, "numpy was imported before its threads were limited"):
            runtime.prepare(threads=1, scratch=Path("/scratch"))


if __name__ == "__main__":
    unittest.main()
