"""``theano.tensor.nnet.corr``: correlations, whose filters aren't flipped."""

from typing import Any

from udl_pt.theano._ops.conv import AbstractConv2d, AbstractConv2d_gradInputs, AbstractConv2d_gradWeights

__all__ = ["CorrMM", "CorrMM_gradInputs", "CorrMM_gradWeights"]


def _correlation(op: Any) -> Any:
    def build(
        border_mode: Any = "valid",
        subsample: Any = (1, 1),
        filter_dilation: Any = (1, 1),
        num_groups: int = 1,
        unshared: bool = False,
        openmp: Any = None,
    ) -> Any:
        return op(None, None, border_mode, subsample, False, filter_dilation, num_groups, unshared)

    build.__doc__ = f"Return the Op `{op.__name__}` without a flip of the filters."
    return build


CorrMM = _correlation(AbstractConv2d)
CorrMM_gradInputs = _correlation(AbstractConv2d_gradInputs)
CorrMM_gradWeights = _correlation(AbstractConv2d_gradWeights)
