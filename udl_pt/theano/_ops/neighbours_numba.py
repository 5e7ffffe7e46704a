"""Neighbourhoods of pixels for PyTensor's Numba linker."""

# Numba compiles these functions from their types at the call; annotations would say nothing.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import numpy as np
from pytensor.link.numba.dispatch.basic import numba_njit, register_funcify_default_op_cache_key

from udl_pt.theano._ops.neighbours import Images2Neibs, Images2NeibsGrad
from udl_pt.theano._ops.neighbours_kernels import add_neighbours, copy_neighbours, positions

CACHE_VERSION = 1


def _places(mode):
    @numba_njit
    def places(x, shape, step):
        if shape.size != 2 or step.size != 2:
            raise ValueError("neib_shape and neib_step must have two items", shape.size, step.size)
        rows = positions(x.shape[2], np.int64(shape[0]), np.int64(step[0]), mode)
        return rows, positions(x.shape[3], np.int64(shape[1]), np.int64(step[1]), mode)

    return places


@register_funcify_default_op_cache_key(Images2Neibs)
def _funcify_neibs(op, **kwargs):
    places = _places(op.mode)

    @numba_njit
    def images2neibs(x, shape, step):
        rows, columns = places(x, shape, step)
        return copy_neighbours(np.ascontiguousarray(x), rows, columns)

    return images2neibs, CACHE_VERSION


@register_funcify_default_op_cache_key(Images2NeibsGrad)
def _funcify_neibs_grad(op, **kwargs):
    places = _places(op.mode)

    @numba_njit
    def images2neibs_grad(x, gz, shape, step):
        rows, columns = places(x, shape, step)
        gx = np.zeros(x.shape, x.dtype)
        add_neighbours(gx, np.ascontiguousarray(gz), rows, columns)
        return gx

    return images2neibs_grad, CACHE_VERSION
