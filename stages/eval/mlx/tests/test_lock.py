import unittest
from pathlib import Path

STAGES = Path(__file__).resolve().parents[3]


class Lock(unittest.TestCase):
    def test_is_that_of_train_so_that_one_environment_serves_both(self) -> None:
        for name in ("requirements.in", "requirements.lock"):
            ours, theirs = (STAGES / stage / "mlx" / name for stage in ("eval", "train"))
            self.assertEqual(ours.read_bytes(), theirs.read_bytes(), name)


if __name__ == "__main__":
    unittest.main()
