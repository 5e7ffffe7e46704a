"""``theano.tensor.nnet.sigm``."""

from typing import TYPE_CHECKING

from udl_pt.theano._names import fallback

_REWRITE = "it is an internal of Theano's optimiser, and PyTensor's does the same without it"

if not TYPE_CHECKING:
    __getattr__ = fallback(
        __name__,
        ("udl_pt.theano._face.tensor.nnet._activations",),
        dict.fromkeys(
            [
                "UltraFastScalarSigmoid",
                "ultra_fast_scalar_sigmoid",
                "partition_num_or_denom",
                "perform_sigm_times_exp",
                "compute_mul",
                "is_1pexp",
                "is_exp",
                "is_mul",
                "is_neg",
                "parse_mul_tree",
                "replace_leaf",
                "simplify_mul",
            ],
            _REWRITE,
        ),
        {
            "scalar_sigmoid": "pytensor.scalar.math:sigmoid",
            "ScalarSigmoid": "pytensor.scalar.math:Sigmoid",
            "scalar_softplus": "pytensor.scalar.math:softplus",
            "ScalarSoftplus": "pytensor.scalar.math:Softplus",
        },
    )

_SERVED = """
    hard_sigmoid sigmoid softplus ultra_fast_sigmoid
"""
__all__ = _SERVED.split()
