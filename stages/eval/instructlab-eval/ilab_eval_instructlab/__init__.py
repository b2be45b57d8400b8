"""Upstream's benchmarks for the base and each checkpoint. Start reading in `driver`.

`mmlu` and `mt_bench` are programs: they run in processes of their own and alone import the upstream packages.
"""
