"""Make data ready for the book's programs: a test set, labels without gaps, values in [0, 1]."""

import numpy as np

from udl_pt.datasets import Dataset

__all__ = ["prepared"]

ROWS, COLUMNS = 100, 3  # the least: a batch of the book's networks, and a column more than a plane has


def prepared(data: Dataset, needs_labels: str = "") -> Dataset:
    """Return the data as the programs take them. The source tells what was changed.

    Where there is no test set, a fifth of the rows is split off as one, from a fixed seed. The columns of a
    table are scaled to [0, 1] by the smallest and the largest value of the training rows. Test rows are
    clipped.

    Parameters
    ----------
    data : Dataset
        Of any kind.
    needs_labels : str
        What needs labels, for the message that there are none; empty if nothing does.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        For too few rows, columns or classes, and for data without labels where they are needed.
    """
    if needs_labels and not len(data.Y):
        raise ValueError(f"{data.source} has no labels, but {needs_labels} needs them: add Y")
    done = []
    if not len(data.Xtest):
        data = data.with_test_set()
        done.append(f"{len(data.Xtest):,} of them split off as the test set, with the fixed seed 0")
    N, D = data.X.shape
    if N < ROWS or D < COLUMNS:
        raise ValueError(
            f"{data.source} has {N} training rows of {D} columns, expected at least {ROWS} rows of {COLUMNS}"
        )
    if len(data.Y):
        data = _without_gaps(data)
    low, high = data.X.min(axis=0), data.X.max(axis=0)
    if (low == high).all():
        raise ValueError(f"{data.source} has training rows that are all alike, expected different ones")
    lowest, highest = min(low.min(), data.Xtest.min()), max(high.max(), data.Xtest.max())
    if data.image_shape is None and (lowest < 0 or highest > 1):
        width = np.where(high > low, high - low, 1)
        X, Xtest = ((rows - low) / width for rows in (data.X, data.Xtest))
        data = data._replace(X=np.clip(X, 0, 1), Xtest=np.clip(Xtest, 0, 1))
        done.append("columns scaled to [0, 1] by the training rows")
    if done:
        data = data._replace()
        data.source += "; " + "; ".join(done)
    return data


def _without_gaps(data: Dataset) -> Dataset:
    """Return the data with the classes of its training rows numbered from 0 to K-1."""
    classes = np.unique(data.Y)
    if len(classes) < 2:
        raise ValueError(f"{data.source} has rows of one class alone, expected at least two classes")
    unseen = np.setdiff1d(data.Ytest, classes)
    if len(unseen):
        raise ValueError(
            f"{data.source} has test rows of the class {data.label_names[unseen[0]]}, which no training row "
            "has: leave them out"
        )
    if len(classes) == len(data.label_names):
        return data
    Y, Ytest = (np.searchsorted(classes, labels) for labels in (data.Y, data.Ytest))
    names = tuple(data.label_names[label] for label in classes)
    data = data._replace(Y=Y, Ytest=Ytest)
    data.label_names = names
    return data
