"""``theano.tensor.signal.pool``: maximum, sum or mean of windows."""

from udl_pt.theano._ops.pool import AveragePoolGrad, DownsampleFactorMaxGradGrad, MaxPoolGrad, Pool, PoolGrad
from udl_pt.theano._ops.pool_graphs import max_pool_2d_same_size, pool_2d, pool_3d

__all__ = [
    "AveragePoolGrad",
    "DownsampleFactorMaxGradGrad",
    "MaxPoolGrad",
    "Pool",
    "PoolGrad",
    "max_pool_2d_same_size",
    "pool_2d",
    "pool_3d",
]
