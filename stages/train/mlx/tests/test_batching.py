import random
import tempfile
import unittest
from pathlib import Path

from . import needs_packages


@needs_packages
class Batching(unittest.TestCase):
    def test_takes_every_row_once_in_batches_of_the_size(self) -> None:
        from ilab_mlx.batching import batches_by_length, shuffled_batches

        chance = random.Random(1)
        for _ in range(50):
            lengths = [chance.randrange(1, 99) for _ in range(chance.randrange(1, 200))]
            size = chance.randrange(1, 9)
            for batches in (shuffled_batches(lengths, size, "k"), list(batches_by_length(lengths, size))):
                self.assertEqual(sorted(row for batch in batches for row in batch), list(range(len(lengths))))
                self.assertLessEqual(max(map(len, batches)), size)
                # Rows are never dropped to make batches whole: at most one batch in a window is short.
                self.assertLessEqual(sum(len(batch) < size for batch in batches), 1)

    def test_orders_by_the_key_alone(self) -> None:
        from ilab_mlx.batching import shuffled_batches

        lengths = [5, 3, 8, 1, 4, 4]
        self.assertEqual(shuffled_batches(lengths, 2, "42/1"), shuffled_batches(lengths, 2, "42/1"))
        self.assertNotEqual(shuffled_batches(lengths, 2, "42/1"), shuffled_batches(lengths, 2, "42/2"))
        # Pinned: a state of an older version of this file would go on with other rows than it stopped at.
        self.assertEqual(shuffled_batches(lengths, 2, "42/1"), PINNED)

    def test_padding_changes_no_loss(self) -> None:
        import mlx.core as mx
        import numpy as np

        from ilab_mlx.batching import pad
        from ilab_mlx.encoding import Encoded
        from ilab_mlx.loading import load_model
        from ilab_mlx.loss import batch_loss, row_losses
        from ilab_models.tiny_model import write_tiny_model

        with tempfile.TemporaryDirectory() as folder:
            write_tiny_model(Path(folder))
            model = load_model(Path(folder))
        rows = []
        for length in (3, 40):
            tokens = np.arange(length, dtype=np.int32) % 200 + 7
            counted = np.arange(length) >= length - 2
            rows.append(Encoded(tokens, counted))
        nats, numbers = row_losses(model, *pad(rows))
        self.assertEqual(numbers.tolist(), [2, 2])
        for place, row in enumerate(rows):
            alone, _ = row_losses(model, mx.array(row.tokens)[None], mx.array(row.counted)[None])
            self.assertAlmostEqual(nats[place].item(), alone[0].item(), places=4)
        mean, total = batch_loss(model, *pad(rows))
        self.assertEqual(total.item(), 4)
        self.assertAlmostEqual(mean.item(), sum(nats.tolist()) / 4, places=5)


PINNED = [[3, 1], [0, 2], [4, 5]]


if __name__ == "__main__":
    unittest.main()
