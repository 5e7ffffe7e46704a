"""Callbacks for ``fit``: schedules of rates, early stopping, averages of parameters, sizes of updates."""

from udl_pt.training.callbacks import (
    EarlyStopping,
    LinearDecay,
    LinearSchedule,
    ParameterAverage,
    UpdateSizes,
)

__all__ = ["EarlyStopping", "LinearDecay", "LinearSchedule", "ParameterAverage", "UpdateSizes"]
