"""Callbacks for ``fit``; `udl_pt.training.callbacks` describes them."""

from udl_pt.training.callbacks import (
    EarlyStopping,
    LinearDecay,
    LinearSchedule,
    ParameterAverage,
    UpdateSizes,
)

__all__ = ["EarlyStopping", "LinearDecay", "LinearSchedule", "ParameterAverage", "UpdateSizes"]
