"""Two machines, one of which dies; in the long suite, because each of the four programs imports for 13 s."""

import unittest

from . import needs_packages
from .support import Gate, TwoDrivers


@needs_packages
class TwoMachines(unittest.TestCase):
    def test_one_that_fails_says_so(self) -> None:
        machines = TwoDrivers(self)
        gate = Gate(machines.gates, phase=1, step=2).close()
        other, first = machines.start()
        first.wait_until(gate.is_reached)
        first.process.kill()
        first.ended()
        gate.open()
        ended = other.ended()
        self.assertEqual(ended.code, 1, ended.err)
        self.assertIn("phase 1 (knowledge): torchrun ended with", ended.error)


if __name__ == "__main__":
    unittest.main()
