"""A callback that writes costs, errors and rates for TensorBoard."""

import importlib
import os
import re
from typing import Any

from udl_pt._support.messages import shown
from udl_pt.training.progress import Progress, latest_records

__all__ = ["TensorBoard"]

PACKAGES = ("tensorboardX", "torch.utils.tensorboard")


class TensorBoard:
    """Write costs, errors and rates of each epoch to files that TensorBoard shows.

    The names are the training and the record, such as ``RBM_100/cost``. Steps are epochs. The package
    tensorboardX writes them, or PyTorch with tensorboard. A resumed training writes the epochs since its
    checkpoint again, with the same values.

    Parameters
    ----------
    folder : path-like
        The folder for the files of this run, as for ``tensorboard --logdir``.

    Raises
    ------
    TypeError
        When `folder` is no path.
    ImportError
        When neither package is installed.

    Examples
    --------
    >>> import numpy as np
    >>> from udl_pt import RBM
    >>> from udl_pt.callbacks import TensorBoard
    >>> board = TensorBoard("runs/first")  # doctest: +SKIP
    >>> rbm = RBM(2).fit(np.eye(4), epochs=2, batch_sz=2, callbacks=[board])  # doctest: +SKIP
    """

    observes_only = True
    not_saved = ("folder", "_writer")

    def __init__(self, folder: Any) -> None:
        try:
            self.folder = os.fsdecode(folder)
        except TypeError:
            raise TypeError(f"folder is {shown(folder)}, expected the name of a folder") from None
        self._writer: Any = _writer_class()(self.folder)

    def __call__(self, progress: Progress) -> None:
        """Write the latest records and rates.

        Parameters
        ----------
        progress : Progress
            The training after an epoch.
        """
        stage = re.sub(r"\W+", "_", progress.stage).strip("_")  # TensorBoard allows no brackets
        cost = {} if progress.cost is None else {"cost": progress.cost}
        for name, value in (cost | latest_records(progress) | progress.hyper).items():
            self._writer.add_scalar(f"{stage}/{name}", value, progress.epoch)
        self._writer.flush()


def _writer_class() -> Any:
    for package in PACKAGES:
        try:
            return importlib.import_module(package).SummaryWriter
        except ImportError:
            continue
    raise ImportError("TensorBoard needs the package tensorboardX: pip install tensorboardX")
