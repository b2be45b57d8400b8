"""FOR TESTS ONLY: lets instructlab-training 0.16 train without a GPU. It is active when this folder is on PYTHONPATH.

Python imports a module of this name at start-up. It acts in torchrun's workers and in the driver's `prepare` only, and
only when torch sees no CUDA device; the library itself is not changed.
"""

import os
import sys

_MANY = 8

if "LOCAL_RANK" in os.environ or "ilab_train_instructlab.prepare" in sys.orig_argv:
    import torch

    if not torch.cuda.is_available():
        torch.cuda.device_count = lambda: _MANY

        if "LOCAL_RANK" in os.environ:
            os.environ["ACCELERATE_USE_CPU"] = "true"

            # main_ds calls these without asking whether there is a GPU.
            torch.cuda.set_device = lambda *args: None
            torch.cuda.empty_cache = lambda: None
            torch.cuda.memory_allocated = lambda *args: 0
            torch.cuda.memory_stats = lambda *args: {"num_alloc_retries": 0}
            torch.cuda.current_device = lambda: "cpu"
            torch.Tensor.cuda = lambda self, *args, **kwargs: self

            # accelerate wraps in DDP, not FSDP, on CPU: without this the saved keys start with "module.".
            DDP = torch.nn.parallel.DistributedDataParallel
            DDP.state_dict = lambda self, *args, **kwargs: self.module.state_dict(*args, **kwargs)
            DDP.load_state_dict = lambda self, state, *args, **kwargs: self.module.load_state_dict(
                state, *args, **kwargs
            )

            from instructlab.training.batch_loss_manager import BatchLossManager

            loss_manager_init = BatchLossManager.__init__

            def loss_manager_on_cpu(self, *args, **kwargs):
                loss_manager_init(self, *args, **kwargs)
                self.torch_device = torch.device("cpu")

            BatchLossManager.__init__ = loss_manager_on_cpu

            # A test that kills the training at a certain step closes a gate before it: `<folder>/phase<P>-<step>`.
            gates = os.environ.get("ILAB_TEST_GATES")
            if gates:
                import time
                from pathlib import Path

                phase = next(Path(one.split("=")[1]).parts[-2] for one in sys.argv if one.startswith("--output_dir="))
                taken = 0
                process_batch = BatchLossManager.process_batch

                def process_batch_behind_gate(self, *args, **kwargs):
                    global taken
                    taken += 1
                    gate = Path(gates) / f"{phase}-{taken}"
                    if gate.exists():
                        gate.with_suffix(".reached").touch()
                    while gate.exists():
                        time.sleep(0.02)
                    return process_batch(self, *args, **kwargs)

                BatchLossManager.process_batch = process_batch_behind_gate

            # main_ds starts 8 loader processes, each importing torch and transformers again: 50 s before step 1.
            from torch.utils.data import DataLoader

            loader_init = DataLoader.__init__

            def loader_in_process(self, *args, **kwargs):
                for option in ("prefetch_factor", "persistent_workers", "multiprocessing_context", "timeout"):
                    kwargs.pop(option, None)
                loader_init(self, *args, **{**kwargs, "num_workers": 0})

            DataLoader.__init__ = loader_in_process
