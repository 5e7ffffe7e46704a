"""``theano.tensor.nnet.ctc``: present, and never available, since it needs a library of Baidu's."""

from typing import Any

__all__ = ["ConnectionistTemporalClassification", "ctc", "ctc_available", "ctc_present"]


def ctc_present() -> bool:
    """Return False."""
    return False


def ctc_available() -> bool:
    """Return False; ``ctc_available.msg`` says why."""
    return False


ctc_available.msg = "udl_pt.theano doesn't bind warp-ctc"  # type: ignore[attr-defined]
ctc_present.msg = ctc_available.msg  # type: ignore[attr-defined]


class ConnectionistTemporalClassification:
    """Not served: a RuntimeError, as in Theano without warp-ctc."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            "ctc needs Baidu's warp-ctc, which udl_pt.theano doesn't bind: write the cost with theano.scan"
        )


def ctc(activations: Any, labels: Any, input_lengths: Any) -> Any:
    """Raise a RuntimeError, as Theano does without warp-ctc."""
    return ConnectionistTemporalClassification()
