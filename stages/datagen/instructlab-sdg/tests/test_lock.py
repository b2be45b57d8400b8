import re
import unittest
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[1]


class Lock(unittest.TestCase):
    def test_without_a_gpu_it_is_the_same_but_for_cuda(self) -> None:
        def entries(name: str) -> dict[str, str]:
            parts = re.split(r"^(?=[a-z])", (ENGINE / name).read_text(), flags=re.MULTILINE)
            return {part.split("=")[0]: part for part in parts if part}

        everything, cpu = entries("requirements.lock"), entries("requirements-cpu.lock")
        left_out = everything.keys() - cpu.keys()
        self.assertEqual(
            {re.match("cuda-|nvidia-|triton$|", name)[0] for name in left_out}, {"cuda-", "nvidia-", "triton"}
        )
        self.assertEqual({name: everything[name] for name in cpu}, cpu)


if __name__ == "__main__":
    unittest.main()
