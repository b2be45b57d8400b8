import math
import random
import unittest

from ilab_scores.statistics import Estimate, mean_of_groups, ratio, t_quantile


class Ratio(unittest.TestCase):
    def test_weighs_rows_by_their_tokens(self) -> None:
        self.assertEqual(ratio([2.0, 9.0], [1.0, 3.0]).value, 11 / 4)

    def test_is_the_ordinary_mean_and_error_for_rows_of_one_size(self) -> None:
        values = [1.0, 2.0, 4.0, 5.0]
        estimate = ratio(values, [1.0] * 4)
        self.assertEqual((estimate.value, estimate.freedom), (3.0, 3))
        # sd = sqrt((4 + 1 + 1 + 4) / 3), over the root of 4
        self.assertAlmostEqual(estimate.error or 0, math.sqrt(10 / 3) / 2)

    def test_has_no_error_with_one_row(self) -> None:
        self.assertEqual(ratio([3.0], [2.0]), Estimate(1.5, None, 0))

    def test_covers_the_truth_about_as_often_as_it_says(self) -> None:
        chance = random.Random(3)
        hits = 0
        for _ in range(400):
            sizes = [float(chance.randrange(5, 40)) for _ in range(12)]
            sums = [sum(chance.gauss(2.0, 1.0) for _ in range(int(size))) for size in sizes]
            estimate = ratio(sums, sizes)
            hits += abs(estimate.value - 2.0) <= t_quantile(estimate.freedom) * (estimate.error or 0)
        self.assertTrue(0.92 <= hits / 400 <= 0.98, hits / 400)


class MeanOfGroups(unittest.TestCase):
    def test_counts_a_small_group_like_a_big_one(self) -> None:
        self.assertEqual(mean_of_groups([[1.0], [0.0, 0.0, 0.0, 0.0]]).value, 0.5)

    def test_is_the_ordinary_mean_and_error_for_one_group(self) -> None:
        estimate = mean_of_groups([[0.0, 1.0, 1.0, 0.0]])
        self.assertEqual((estimate.value, estimate.freedom), (0.5, 3))
        self.assertAlmostEqual(estimate.error or 0, math.sqrt((4 * 0.25) / 3 / 4))

    def test_is_less_sure_when_one_observation_carries_half_of_it(self) -> None:
        even = mean_of_groups([[0.0, 1.0], [0.0, 1.0]]).error or 0
        uneven = mean_of_groups([[0.0], [1.0, 0.0, 1.0]]).error or 0
        self.assertLess(even, uneven)

    def test_has_no_error_with_one_observation(self) -> None:
        self.assertEqual(mean_of_groups([[1.0]]), Estimate(1.0, None, 0))


class WithinNoise(unittest.TestCase):
    def test_is_told_by_the_interval(self) -> None:
        table = (
            (Estimate(-0.2, 0.1, 1000), False),  # 1.98 errors
            (Estimate(-0.19, 0.1, 1000), True),
            (Estimate(-0.2, 0.1, 3), True),  # few rows: 3.18 errors
            (Estimate(0.4, 0.1, 3), False),
            (Estimate(0.0, 0.0, 3), True),
            (Estimate(0.1, 0.0, 4), True),  # all five alike: may be chance
            (Estimate(0.1, 0.0, 5), False),
            (Estimate(0.1, None, 0), None),
        )
        for estimate, wanted in table:
            with self.subTest(estimate):
                self.assertIs(estimate.within_noise, wanted)

    def test_quantiles_fall_and_never_promise_too_much(self) -> None:
        values = [t_quantile(freedom) for freedom in range(1, 300)]
        self.assertEqual(values, sorted(values, reverse=True))
        self.assertEqual((t_quantile(11), t_quantile(12)), (t_quantile(10), 2.179))
        self.assertGreater(t_quantile(10**6), 1.96)


if __name__ == "__main__":
    unittest.main()
