"""One rank: upstream's training script, tied to the torchrun that started it."""

import runpy

from ilab_process.tether import tether

from ilab_train_instructlab.even import evened

if __name__ == "__main__":
    tether()
    from instructlab.training import sampler

    sampler.batch_lengths_to_minibatches_padded = evened(sampler.batch_lengths_to_minibatches_padded)
    runpy.run_module("instructlab.training.main_ds", run_name="__main__", alter_sys=True)
