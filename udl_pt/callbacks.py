"""Callbacks for ``fit``: progress, logs, schedules of rates, early stopping, averages, sizes of updates.

A callback is called with a `udl_pt.training.progress.Progress` after each epoch. It may also have methods
that are called at other moments; `udl_pt.training.progress.notify` lists them. Writing one takes a few
lines::

    def halve(progress):
        progress.hyper["learning_rate"] /= 2
"""

from udl_pt.training.averaging import ParameterAverage
from udl_pt.training.checkpoint import Checkpoint
from udl_pt.training.csv_logger import CSVLogger
from udl_pt.training.early_stopping import EarlyStopping
from udl_pt.training.progress_bar import ProgressBar
from udl_pt.training.schedules import LinearDecay, LinearSchedule
from udl_pt.training.tensorboard import TensorBoard
from udl_pt.training.update_sizes import UpdateSizes

__all__ = [
    "CSVLogger",
    "Checkpoint",
    "EarlyStopping",
    "LinearDecay",
    "LinearSchedule",
    "ParameterAverage",
    "ProgressBar",
    "TensorBoard",
    "UpdateSizes",
]
