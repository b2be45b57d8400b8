"""Fine-tuning in two phases with instructlab-training. Start reading in `driver`.

`prepare`, `agent` and `worker` are programs: they run in processes of their own and alone import the upstream packages.
"""
