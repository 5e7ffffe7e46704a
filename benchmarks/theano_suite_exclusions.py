"""Tests of Theano's that ask for more than values, errors and dtypes, each kind with its reason."""

import re

from theano_suite_source import asserts_graphs_alone

__all__ = ["BY_NAME", "BY_SOURCE", "FILES", "SKIP_FAST_COMPILE", "reason_to_exclude"]

FILES = [
    "tests/test_gradient.py",
    "tests/test_2nd_order_grads.py",
    "tests/test_rop.py",
    "tests/test_ifelse.py",
    "tests/test_dictionary_output.py",
    "tests/test_updates.py",
    "tensor/tests/test_basic.py",
    "tensor/tests/test_subtensor.py",
    "tensor/tests/test_inc_subtensor.py",
    "tensor/tests/test_extra_ops.py",
    "tensor/tests/test_sort.py",
    "tensor/tests/test_casting.py",
    "tensor/tests/test_complex.py",
    "tensor/tests/test_keepdims.py",
    "tensor/tests/test_nlinalg.py",
    "tensor/tests/test_slinalg.py",
    "tensor/tests/test_fft.py",
    "tensor/tests/test_fourier.py",
    "tensor/tests/test_misc.py",
    "tensor/tests/test_sharedvar.py",
    "tensor/tests/test_shared_randomstreams.py",
    "tensor/tests/test_raw_random.py",
    "tensor/tests/test_utils.py",
    "tensor/tests/test_var.py",
    "tensor/tests/test_xlogx.py",
    "tensor/tests/test_elemwise.py",
    "tensor/nnet/tests/test_nnet.py",
    "tensor/nnet/tests/test_sigm.py",
    "tensor/nnet/tests/test_bn.py",
    "tensor/nnet/tests/test_neighbours.py",
    "tensor/nnet/tests/test_conv.py",
    "tensor/nnet/tests/test_conv3d2d.py",
    "tensor/nnet/tests/test_abstract_conv.py",
    "tensor/nnet/tests/test_blocksparse.py",
    "tensor/signal/tests/test_pool.py",
    "tensor/signal/tests/test_conv.py",
    "scan_module/tests/test_scan.py",
    "scan_module/tests/test_scan_checkpoints.py",
    "sandbox/tests/test_rng_mrg.py",
    "sandbox/tests/test_multinomial.py",
    "sandbox/tests/test_multinomial_wo_replacement.py",
    "compile/tests/test_function.py",
    "compile/tests/test_function_module.py",
    "compile/tests/test_pfunc.py",
    "compile/tests/test_shared.py",
    "sparse/tests/test_basic.py",
    "typed_list/tests/test_basic.py",
    "typed_list/tests/test_type.py",
]

# most of their tests skip themselves in FAST_COMPILE, where Theano has no C code for convolutions
SKIP_FAST_COMPILE = {"tensor/nnet/tests/test_abstract_conv.py"}

OPTIMISER = "asserts which nodes Theano's optimiser leaves, or names its rewrites"
CLASSES = "about methods or attributes of Op classes, or their equality and hashes"
C_CODE = "about C code and its compilation"
LINKER = "about linkers, memory aliasing or garbage collection"
GPU = "needs a GPU"
SPEED = "measures time"
SHAPES = "asserts that the graph of a shape holds no such node (InferShapeTester)"

# by a search in "Class.test"
BY_NAME = {
    r"[Gg]pu|cuda|_GPU|[Dd]nn": GPU,
    r"speed|benchmark|profil|test_bench": SPEED,
}

# by a search in the test's own text
BY_SOURCE = {
    r"optdb\.query|\.optimize\(": OPTIMISER,
}


def reason_to_exclude(file, test, text):
    """Return why a test is left out; None if it is not."""
    if asserts_graphs_alone(text):
        return OPTIMISER
    for pattern, reason in BY_NAME.items():
        if re.search(pattern, test):
            return reason
    for pattern, reason in BY_SOURCE.items():
        if re.search(pattern, text):
            return reason
    return None
