"""The dtypes of an operation's outputs, by those of its inputs."""

from typing import Any

from pytensor.scalar.basic import ScalarType, upcast_out

__all__ = ["transfer_type"]


class transfer_type:
    """``transfer_type(0)``: an output has the dtype of the input of this number.

    Parameters
    ----------
    *transfer : int, ScalarType or None
        One for each output: an input's number, a dtype, or None for the upcast dtype.
    """

    def __init__(self, *transfer: Any) -> None:
        if not all(t is None or isinstance(t, int | ScalarType) for t in transfer):
            raise AssertionError(f"transfer_type needs numbers of inputs or types, not {transfer}")
        self.transfer = transfer

    def __call__(self, *types: Any) -> list[Any]:
        """Return the outputs' types."""
        (upcast,) = upcast_out(*types)
        return [upcast if t is None else types[t] if isinstance(t, int) else t for t in self.transfer]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.transfer == other.transfer

    def __hash__(self) -> int:
        return hash((type(self), self.transfer))
