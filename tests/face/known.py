"""Cases in which `udl_pt.theano` knowingly differs from the original, each with its reason.

They must fail: one that passes no longer belongs here.
"""

_OTHER_ERROR = "another class of error, for the same mistakes"
_AXIS_ERROR = "NumPy's AxisError, which is a ValueError and an IndexError"
_SERVED = "served, where the original raises an error"
_LENGTH_ONE = "PyTensor knows that this axis has length 1, so it may be broadcast"

KNOWN: dict[str, str] = {
    "algebra.lstsq": "the rank is int64, where the original returns int32",
    "elementwise.cast_same_dtype_is_the_variable": _OTHER_ERROR,
    "functions.debugprint": "PyTensor prints graphs in another form",
    "functions.function_indexing": "an unknown name is a KeyError, where the original raises a TypeError",
    "functions.graph_inputs_with_constants": "PyTensor has one class of shared tensors, scalars included",
    "functions.input_dtypes": _OTHER_ERROR,
    "functions.mode_names": _OTHER_ERROR,
    "functions.not_implemented_comparison": _OTHER_ERROR,
    "functions.output_subset": _SERVED,
    "functions.pp": "PyTensor prints expressions in another form",
    "gradients.grad_of_a_vector": _OTHER_ERROR,
    "gradients.hessian": _OTHER_ERROR,
    "gradients.jacobian_of_many": _OTHER_ERROR,
    "gradients.rop_errors": _OTHER_ERROR,
    "mrg.seed_errors": "NumPy's integers are seeds too",
    "nnet.batch_normalization_errors": "an axis named twice is an error",
    "nnet.prepend": "the original takes prepend_1_to_each_row for prepend_0_to_each_row in one function",
    "nnet.softmax_errors": _OTHER_ERROR,
    "optimised.pool_2d_padding_left_out_of_the_average": _SERVED,
    "random_streams.errors": _OTHER_ERROR,
    "reductions.argmax_errors": _AXIS_ERROR,
    "reductions.axis_errors": _AXIS_ERROR,
    "reductions.dot_errors": _OTHER_ERROR,
    "reductions.topk_options": _SERVED,
    "scans.scan_n_steps_zero": _SERVED,
    "scans.scan_single_step_is_a_row": _LENGTH_ONE,
    "shapes.addbroadcast_gradient": _LENGTH_ONE,
    "shapes.concatenate_errors": _AXIS_ERROR,
    "shapes.dimshuffle_drops": "an axis that may have length 1 is dropped; the call checks it",
    "shapes.reshape_arguments": _OTHER_ERROR,
    "shapes.split": _LENGTH_ONE,
    "shapes.stack_errors": _OTHER_ERROR,
    "shapes.tile_ndim": _OTHER_ERROR,
    "shapes.zeros_ones": _SERVED,
    "sparse_and_lists.typed_list_more": "counts and indices are int64, where the original returns float64",
    "subtensors.newaxis": _SERVED,
    "subtensors.subtensor_classes": "PyTensor indexes by vectors with AdvancedSubtensor",
    "variables.constant_keywords": "a constant keeps its name",
    "variables.variable_classes": "shared variables are instances of TensorVariable",
}
KNOWN_IN_FLOAT32: dict[str, str] = {
    "elementwise.bessel_and_chi2": "chi2sf of float32 is float32, where the original returns float64",
    "functions.input_floatx_scalars": "a float64 number may be passed for a float32 scalar",
    "functions.input_scalars": "a float64 number may be passed for a float32 scalar",
}
