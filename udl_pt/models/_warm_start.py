"""The argument `warm_start` of every ``fit``: training goes on from the present parameters."""

from typing import Any

from udl_pt._support.arguments import check_switch, is_scalar
from udl_pt._support.messages import shown

__all__ = ["goes_on"]


def goes_on(model: Any, warm_start: Any, validation: Any = None, **sizes: tuple[int, int]) -> bool:
    """Return whether a fit goes on from the parameters of a model; without any, it starts anew.

    Parameters
    ----------
    model : model
        The model to fit.
    warm_start, validation
        The arguments of its ``fit``.
    **sizes : (int, int)
        The model's number of something, such as classes, and that of the data.

    Raises
    ------
    TypeError
        When `warm_start` is neither True nor False.
    ValueError
        When the data have other sizes, or `validation` is a share of the rows.
    """
    if not (check_switch(warm_start, "warm_start") and model.is_fitted):
        return False
    for name, (own, new) in sizes.items():
        if own != new:
            raise ValueError(
                f"warm_start is True, and this {type(model).__name__} is fitted to {own} {name}, but the "
                f"data have {new}: pass such data as before, or warm_start=False"
            )
    if is_scalar(validation) and validation is not None:
        raise ValueError(
            f"validation is {shown(validation)} and warm_start is True: rows drawn now may have been trained "
            "on before. Pass the validation set itself"
        )
    return True
