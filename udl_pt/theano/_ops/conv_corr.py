"""Correlations as Theano's classes: ``CorrMM``, ``Corr3dMM`` and their gradients."""

from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Apply

from udl_pt.theano._ops.conv import (
    AbstractConv2d,
    AbstractConv2d_gradInputs,
    AbstractConv2d_gradWeights,
    AbstractConv3d,
    AbstractConv3d_gradInputs,
    AbstractConv3d_gradWeights,
)
from udl_pt.theano._ops.conv_shapes import get_conv_gradinputs_shape, get_conv_gradweights_shape

__all__ = [
    "BaseCorr3dMM",
    "BaseCorrMM",
    "Corr3dMM",
    "Corr3dMM_gradInputs",
    "Corr3dMM_gradWeights",
    "CorrMM",
    "CorrMM_gradInputs",
    "CorrMM_gradWeights",
]


class BaseCorrMM:
    """Parameters of a correlation in two dimensions; `openmp` is ignored."""

    def __init__(
        self,
        border_mode: Any = "valid",
        subsample: Any = (1, 1),
        filter_dilation: Any = (1, 1),
        num_groups: int = 1,
        unshared: bool = False,
        openmp: Any = None,
    ) -> None:
        options = (None, None, border_mode, subsample, False, filter_dilation, num_groups, unshared)
        super().__init__(*options)  # type: ignore[call-arg]


class BaseCorr3dMM:
    """Parameters of a correlation in three dimensions; `openmp` is ignored."""

    def __init__(
        self,
        border_mode: Any = "valid",
        subsample: Any = (1, 1, 1),
        filter_dilation: Any = (1, 1, 1),
        openmp: Any = None,
        num_groups: int = 1,
    ) -> None:
        options = (None, None, border_mode, subsample, False, filter_dilation, num_groups)
        super().__init__(*options)  # type: ignore[call-arg]


class _Forward:
    def make_node(self: Any, img: Any, kern: Any) -> Apply:
        """Return the node for images and filters, in their common dtype."""
        return super().make_node(*self._floats(self._images("img", img), self._filters(kern)))  # type: ignore[misc]


class _ByFilters:
    def make_node(
        self: Any, img: Any, topgrad: Any, shape: Any = None, add_assert_shape: bool = True
    ) -> Apply:
        """Return the node; the filters' lengths are needed only where several lengths fit."""
        if shape is None:
            if set(self.subsample) != {1} or self.border_mode == "half":
                raise ValueError(
                    f"the filters' shape must be given with subsample {self.subsample} and border_mode "
                    f"{self.border_mode!r}: pass shape="
                )
            img, topgrad = self._images("img", img), self._images("topgrad", topgrad)
            options = self.border_mode, self.subsample, self.filter_dilation
            shape = get_conv_gradweights_shape(tuple(img.shape), tuple(topgrad.shape), *options)[
                -self.convdim :
            ]
        return super().make_node(img, topgrad, _lengths(shape), add_assert_shape)  # type: ignore[misc]


class _ByImages:
    def make_node(
        self: Any, kern: Any, topgrad: Any, shape: Any = None, add_assert_shape: bool = True
    ) -> Apply:
        """Return the node; the images' lengths are needed only where several lengths fit."""
        if shape is None:
            if set(self.subsample) != {1}:
                raise ValueError(
                    f"with subsample {self.subsample} the images' lengths are needed: pass shape="
                )
            kern, topgrad = self._filters(kern), self._images("topgrad", topgrad)
            options = self.border_mode, self.subsample, self.filter_dilation
            shape = get_conv_gradinputs_shape(tuple(kern.shape), tuple(topgrad.shape), *options)[
                -self.convdim :
            ]
        return super().make_node(kern, topgrad, _lengths(shape), add_assert_shape)  # type: ignore[misc]


def _lengths(shape: Any) -> Any:
    if isinstance(shape, list | tuple):
        return pt.stack([pt.as_tensor_variable(length).astype("int64") for length in shape])
    return shape


class CorrMM(BaseCorrMM, _Forward, AbstractConv2d):
    """Correlation of images with filters in two dimensions."""


class CorrMM_gradWeights(BaseCorrMM, _ByFilters, AbstractConv2d_gradWeights):
    """Gradient of `CorrMM` with regard to the filters."""


class CorrMM_gradInputs(BaseCorrMM, _ByImages, AbstractConv2d_gradInputs):
    """Gradient of `CorrMM` with regard to the images."""


class Corr3dMM(BaseCorr3dMM, _Forward, AbstractConv3d):
    """Correlation of images with filters in three dimensions."""


class Corr3dMM_gradWeights(BaseCorr3dMM, _ByFilters, AbstractConv3d_gradWeights):
    """Gradient of `Corr3dMM` with regard to the filters."""


class Corr3dMM_gradInputs(BaseCorr3dMM, _ByImages, AbstractConv3d_gradInputs):
    """Gradient of `Corr3dMM` with regard to the images."""
