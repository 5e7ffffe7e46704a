"""Tests of Theano's that ask for something else than values, errors and dtypes, each kind with its reason."""

import re

from theano_suite_source import asserts_graphs_alone

__all__ = ["BY_NAME", "BY_SOURCE", "EXACTLY", "FILES", "SKIP_FAST_COMPILE", "reason_to_exclude"]

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

OPTIMISER = "asserts which nodes a graph has, and nothing else"
CLASSES = "calls methods of Op classes"
LINKER = "about linkers, or about results that share memory"
NUMPY = "asks NumPy or SciPy of 2019 for a result or dtype that they no longer have"
GPU = "needs a GPU"
SPEED = "measures time"

# by a search in "Class.test"
BY_NAME = {
    r"[Gg]pu|cuda|_GPU|[Dd]nn": GPU,
    r"speed|benchmark|profil|test_bench": SPEED,
}

# by a search in the test's own text
BY_SOURCE = {
    r"\.accept\((gof\.)?FunctionGraph|\bwith_linker": LINKER,
}

_BY_EXACT_NAME = {
    OPTIMISER: {
        "tensor/tests/test_basic.py": "test_broadcast.test_unbroadcast_addbroadcast",
        "tensor/tests/test_sharedvar.py": "test_shared_options.test_specify_shape_partial",
        "tensor/nnet/tests/test_nnet.py": (
            "test_argmax_pushdown test_argmax_pushdown_bias "
            "T_CrossentropyCategorical1Hot.test_crossentropy_softmax_1hot_with_bias_dxcale_cost "
            "T_CrossentropyCategorical1Hot.test_softmax_grad_optimizations "
            "T_CrossentropyCategorical1Hot.test_softmax_grad_optimizations_vector"
        ),
        "tensor/nnet/tests/test_sigm.py": (
            "T_sigmoid_opts.test_perform_sigm_times_exp T_sigmoid_utils.test_compute_mul "
            "T_sigmoid_utils.test_is_1pexp T_sigmoid_utils.test_parse_mul_tree"
        ),
        "scan_module/tests/test_scan.py": "T_Scan.test_scan_merge_nodes",
        "sparse/tests/test_basic.py": "test_shared_options.test_specify_shape_partial",
    },
    LINKER: {
        "tensor/tests/test_basic.py": "test_join_inplace test_mod test_divmod",
        "tensor/tests/test_raw_random.py": "T_random_function.test_inplace_optimization",
        "compile/tests/test_function_module.py": (
            "T_function.test_check_for_aliased_inputs T_function.test_copy_share_memory"
        ),
    },
    CLASSES: {
        "tensor/tests/test_basic.py": "T_scalarfromtensor.test0",
        "scan_module/tests/test_scan.py": (
            "T_Scan.test_connection_pattern T_Scan.test_connection_pattern2 "
            "T_Scan.test_oinp_iinp_iout_oout_mappings "
            "T_Scan.test_remove_constants_and_unused_inputs_scan_non_seqs "
            "T_Scan.test_remove_constants_and_unused_inputs_scan_seqs"
        ),
    },
    NUMPY: {
        "tensor/tests/test_basic.py": (
            "CeilTester.test_good FloorTester.test_good TruncTester.test_good ErfTester.test_good "
            "GammaTester.test_good GammalnTester.test_good PsiTester.test_good TriGammaTester.test_good "
            "J0Tester.test_good J1Tester.test_good I0Tester.test_good I1Tester.test_good "
            "test_arithmetic_cast.test_arithmetic_cast"
        ),
        "tensor/tests/test_subtensor.py": "T_subtensor.test_boolean T_subtensor.test_list_slice",
        "tensor/nnet/tests/test_conv.py": "TestConv2D.test_gcc_crash",
        "tensor/signal/tests/test_pool.py": (
            "TestDownsampleFactorMax.test_DownsampleFactorMaxPaddingStride "
            "TestDownsampleFactorMax.test_DownsampleFactorMaxStride"
        ),
    },
}
EXACTLY = {
    (file, test): reason
    for reason, files in _BY_EXACT_NAME.items()
    for file, tests in files.items()
    for test in tests.split()
}


def reason_to_exclude(file, test, text):
    """Return why a test is left out; None if it is not."""
    if (file, test) in EXACTLY:
        return EXACTLY[file, test]
    if asserts_graphs_alone(text):
        return OPTIMISER
    for pattern, reason in BY_NAME.items():
        if re.search(pattern, test):
            return reason
    for pattern, reason in BY_SOURCE.items():
        if re.search(pattern, text):
            return reason
    return None
