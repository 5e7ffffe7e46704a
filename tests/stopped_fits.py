"""Fits that stop after some batches, as a kill would end them."""

from saved_models import X

from udl_pt import AutoEncoder
from udl_pt.callbacks import Checkpoint

FAST = {"batch_sz": 10, "epochs": 3}
LAYERS = {"pretrain_epochs": 2, "pretrain_options": {"batch_sz": 10}}


class Stopped(Exception):
    """As a kill would end the process."""


class StopAfter:
    """Stops after some batches."""

    observes_only = True
    not_saved = ("left",)

    def __init__(self, n):
        self.left = n

    def on_batch(self, progress):
        """Count."""
        self.left -= 1
        if self.left == 0:
            raise Stopped


def fitted(path, *, callbacks=(), resume="path", every=None, **options):
    """Fit an auto-encoder with checkpoints."""
    ae = AutoEncoder(options.pop("M", 3), random_state=options.pop("random_state", 0))
    saving = Checkpoint(path, **(every or {"every_batches": 1}))
    data = options.pop("X", X)
    resume = path if resume == "path" else resume
    return ae.fit(data, callbacks=[*callbacks, saving], resume=resume, **FAST | options)
