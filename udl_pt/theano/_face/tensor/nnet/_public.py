"""The names of ``theano.tensor.nnet``, where they are found, and why some are missing."""

__all__ = ["MISSING", "NAMES", "PLACES", "RENAMED"]

_FACE = "udl_pt.theano._face.tensor.nnet"
PLACES = (f"{_FACE}._softmax", f"{_FACE}._activations", f"{_FACE}._gradients")
RENAMED = {
    **{
        name: f"{_FACE}._conv:{name}"
        for name in [
            "conv2d",
            "conv2d_transpose",
            "conv3d",
            "separable_conv2d",
            "conv2d_grad_wrt_inputs",
            "abstract_conv2d",
            "ConvOp",
        ]
    },
    "batch_normalization": f"{_FACE}.bn:batch_normalization",
    "scalar_sigmoid": "pytensor.scalar.math:sigmoid",
    "scalar_softplus": "pytensor.scalar.math:softplus",
}
_REWRITE = "it is a rewrite of Theano's optimiser, and PyTensor's does the same without it"
MISSING = {
    **dict.fromkeys(["ScalarSoftsign", "scalar_softsign"], "call softsign: it is a graph here"),
    "sigmoid_inplace": "a graph must not overwrite inputs: call sigmoid",
    **dict.fromkeys(
        [
            "crossentropy_to_crossentropy_with_softmax",
            "crossentropy_to_crossentropy_with_softmax_with_bias",
            "graph_merge_softmax_with_crossentropy_softmax",
            "softmax_simplifier",
        ],
        _REWRITE,
    ),
}
NAMES = [
    "CrossentropyCategorical1Hot",
    "CrossentropyCategorical1HotGrad",
    "CrossentropySoftmax1HotWithBiasDx",
    "CrossentropySoftmaxArgmax1HotWithBias",
    "LogSoftmax",
    "Prepend_scalar_constant_to_each_row",
    "Prepend_scalar_to_each_row",
    "Softmax",
    "SoftmaxGrad",
    "SoftmaxWithBias",
    "binary_crossentropy",
    "categorical_crossentropy",
    "confusion_matrix",
    "crossentropy_categorical_1hot",
    "crossentropy_categorical_1hot_grad",
    "crossentropy_softmax_1hot",
    "crossentropy_softmax_1hot_with_bias",
    "crossentropy_softmax_1hot_with_bias_dx",
    "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias",
    "elu",
    "h_softmax",
    "hard_sigmoid",
    "logsoftmax",
    "logsoftmax_op",
    "prepend_0_to_each_row",
    "prepend_1_to_each_row",
    "prepend_scalar_to_each_row",
    "relu",
    "selu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softmax_grad",
    "softmax_graph",
    "softmax_op",
    "softmax_with_bias",
    "softplus",
    "softsign",
    "ultra_fast_sigmoid",
]
