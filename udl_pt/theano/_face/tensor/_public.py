"""The names of ``theano.tensor``, where they are found, and why some are missing."""

__all__ = ["MISSING", "NAMES", "PLACES", "RENAMED"]

PLACES = (
    "udl_pt.theano._face.tensor._shapes",
    "udl_pt.theano._face.tensor._creation",
    "udl_pt.theano._face.tensor._math",
    "udl_pt.theano._face.tensor._indexing",
    "pytensor.tensor",
    "pytensor.tensor.basic",
    "pytensor.tensor.math",
    "pytensor.tensor.type",
    "pytensor.tensor.shape",
    "pytensor.tensor.subtensor",
    "pytensor.tensor.extra_ops",
    "pytensor.tensor.sort",
    "pytensor.tensor.elemwise",
    "pytensor.tensor.variable",
    "pytensor.tensor.type_other",
    "udl_pt.theano._face.gradient",
    "pytensor.gradient",
    "pytensor.graph.basic",
    "pytensor.graph.op",
    "pytensor.graph.type",
    "pytensor.graph.utils",
)

_OWN = {
    "elemwise": "CAReduce CAReduceDtype DimShuffle",
    "extra_ops": "CumOp DiffOp RepeatOp Unique repeat unravel_index",
    "sort": "TopKOp argsort argtopk sort topk topk_and_argtopk",
}
RENAMED = {
    **{
        name: f"udl_pt.theano._face.tensor.{module}:{name}"
        for module, names in _OWN.items()
        for name in names.split()
    },
    "AdvancedBooleanIndexingError": "pytensor.tensor.exceptions:AdvancedIndexingError",
    "AdvancedIndexingError": "pytensor.tensor.exceptions:AdvancedIndexingError",
    "BaseAdvancedIncSubtensor": "pytensor.tensor.subtensor:AdvancedIncSubtensor",
    "BaseAdvancedSubtensor": "pytensor.tensor.subtensor:AdvancedSubtensor",
    "Tensor": "pytensor.tensor.type:TensorType",
    "compile": "udl_pt.theano._face:compile",
    "config": "udl_pt.theano._config:config",
    "gof": "udl_pt.theano._face:gof",
    "grad": "udl_pt.theano._face.gradient:grad",
    "int32_t": "pytensor.scalar.basic:int32",
    "join_": "pytensor.tensor.basic:_join|join",
    "scal": "udl_pt.theano._face:scalar",
    "theano": "udl_pt.theano:_face",
    "Generic": "pytensor.graph.type:Generic",
    "generic": "udl_pt.theano._face.gof.type:generic",
    "_shared": "pytensor.tensor.sharedvar:tensor_constructor",
    "pprint": "pytensor.printing:pprint",
    "min_informative_str": "pytensor.printing:min_informative_str",
    "as_index_variable": "pytensor.tensor.subtensor:as_index_constant",
}

_INTERNAL = "it is an internal of Theano's, and no PyTensor graph needs it"
_FILES = (
    "a graph can't read files or talk to other processes here: pass arrays as inputs or as shared variables"
)
_INTERNALS = """
    adv_index_broadcastable_pattern check_advanced_indexing_dimensions check_and_reject_bool check_equal_numpy
    get_scalar_constant_value_elemwises hashtype inc_code key_to_cmp make_constant numpy_diagonal_return_view
    sparse_module_ref
"""
_OUTSIDE = "LoadFromDisk MPIRecv MPIRecvWait MPISend MPISendWait irecv isend load recv send"
MISSING = dict.fromkeys(_INTERNALS.split(), _INTERNAL) | dict.fromkeys(_OUTSIDE.split(), _FILES)

_KINDS = ["scalar", "vector", "matrix", "row", "col", *(f"tensor{n}" for n in range(3, 8))]
_PLURALS = [f"{kind}s".replace("matrixs", "matrices") for kind in _KINDS]

_PLAIN = """
    ARange AdvancedBooleanIncSubtensor AdvancedBooleanIndexingError AdvancedBooleanSubtensor
    AdvancedIncSubtensor AdvancedIncSubtensor1 AdvancedIndexingError AdvancedSubtensor
    AdvancedSubtensor1 Alloc AllocDiag AllocEmpty Apply Argmax AsTensorError BaseAdvancedIncSubtensor
    BaseAdvancedSubtensor CAReduce Choose Constant Default DiffOp DimShuffle DisconnectedType Dot
    Elemwise EmptyConstantError ExtractDiag Eye Flatten Generic IncSubtensor Join Lop MakeSlice
    MaxAndArgmax Mean MethodNotDefined NoneConst NoneTypeT Nonzero NotScalarConstantError Op ParamsType
    PermuteRowElements Rebroadcast Reshape Rop ScalarFromTensor Shape ShapeError SliceConstant SliceType
    SpecifyShape Split Subtensor SubtensorPrinter Sum Tensor TensorConstant TensorConstantSignature
    TensorFromScalar TensorType TensorVariable Tile Tri Variable abs_ add addbroadcast
    advanced_boolean_inc_subtensor advanced_boolean_set_subtensor advanced_boolean_subtensor
    advanced_inc_subtensor advanced_inc_subtensor1 advanced_set_subtensor advanced_set_subtensor1
    advanced_subtensor advanced_subtensor1 all all_dtypes allclose alloc alloc_validate_shape and_ angle
    any arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort argtopk
    as_index_variable as_int_none_variable as_tensor as_tensor_variable bartlett basic batched_dot
    batched_tensordot bincount bitwise_and bitwise_not bitwise_or bitwise_xor blas blas_c blas_headers
    cast ceil ceil_intdiv check_and_normalize_axes chi2sf choose clip col complex complex_dtypes
    complex_from_polar complex_matrix_types complex_scalar_types complex_types complex_vector_types
    concatenate conj consider_constant constant constant_cache constructor continuous_dtypes cos cosh
    cov cumprod cumsum default deg2rad diag diagonal discrete_dtypes div_proxy divmod dot elemwise
    elemwise_cgen eq erf erfc erfcinv erfcx erfinv exp exp2 expm1 extra_ops extract_constant eye fill
    fill_diagonal fill_diagonal_offset flatnonzero flatten float16_atol float16_rtol float32_atol
    float32_rtol float64_atol float64_rtol float_dtypes float_matrix_types float_scalar_types
    float_types float_vector_types floor floor_div gamma gammainc gammaincc gammal gammaln gammau ge
    get_canonical_form_slice get_idx_list get_scalar_constant_value get_vector_length grad
    grad_not_implemented grad_undefined gt hessian horizontal_stack i0 i1 identity_like imag
    inc_subtensor int32 int32_t int_div int_dtypes int_matrix_types int_scalar_types int_types
    int_vector_types integer_dtypes inv inverse_permutation invert iround is_flat isclose isinf isinf_
    isnan isnan_ iv j0 j1 jacobian join join_ jv largest le log log10 log1p log2 lt makeKeepDims
    make_slice matrix max max_and_argmax maximum mean mgrid min min_informative_str minimum mod
    mod_check mul neg neq nlinalg nnet none_type_t nonzero nonzero_values numeric_grad numpy_scalar
    ogrid ones ones_like opt or_ outer patternbroadcast permute_row_elements pow power pprint prod psi
    ptp rad2deg ravel_multi_index real register_transfer repeat reshape roll round
    round_half_away_from_zero round_half_to_even row scalar scalar_from_tensor second set_subtensor
    setdefault sgn shape shape_padaxis shape_padleft shape_padright sharedvar sin sinh slicetype
    smallest sort specify_shape split sqr sqrt square squeeze stack stacklists std sub subtensor sum
    swapaxes switch take tan tanh tensor tensor3 tensor4 tensor5 tensor6 tensor7 tensor_copy
    tensor_from_scalar tensordot tile topk topk_and_argtopk transfer transpose tri tri_gamma tril triu
    true_div trunc type type_other uint_dtypes unbroadcast unravel_index utils
    values_eq_approx_always_true var vector verify_grad vertical_stack where xlogx xor zeros zeros_like
"""
NAMES = (
    _PLAIN.split()
    + [letter + kind for letter in "bwilfdcz" for kind in _KINDS]
    + [letter + kinds for letter in ("", *"ilfd") for kinds in _PLURALS]
)
