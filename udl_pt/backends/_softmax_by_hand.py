"""A softmax that a script writes as ``T.exp(x) / T.exp(x).sum(axis=1, keepdims=True)``, and its gradient.

Where the exponentials overflow, the quotient and its gradient are NaN. Theano made a softmax of them.
"""

from typing import Any

from pytensor.graph.rewriting.basic import copy_stack_trace, node_rewriter
from pytensor.scalar.basic import Add, Exp, Neg, Sub
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.math import Sum, mul, true_div
from pytensor.tensor.rewriting.math import local_mul_canonizer
from pytensor.tensor.special import Softmax

__all__ = ["softmax_by_hand"]


def _axes_of_sum(exponentials: Any, divisor: Any) -> tuple[int, ...] | None:
    """Return the axes over which the divisor sums the exponentials; None if it is another divisor."""
    ndim, total = exponentials.type.ndim, divisor
    order: tuple[Any, ...] = ("x",) * (ndim - divisor.type.ndim) + tuple(range(divisor.type.ndim))
    if divisor.owner is not None and isinstance(divisor.owner.op, DimShuffle):
        order, total = tuple(divisor.owner.op.new_order), divisor.owner.inputs[0]
    if (
        total.owner is None
        or not isinstance(total.owner.op, Sum)
        or total.owner.inputs[0] is not exponentials
    ):
        return None
    if total.dtype != exponentials.dtype:
        return None
    axes = total.owner.op.axis
    axes = tuple(range(ndim)) if axes is None else tuple(axes)
    kept = iter(range(ndim))
    return axes if order == tuple("x" if i in axes else next(kept) for i in range(ndim)) else None


def _without_divisor(term: Any, exponentials: Any) -> tuple[Any, tuple[int, ...]] | None:
    """Return a term without its divisor, if that sums the exponentials, and the axes."""
    op, inputs = (None, []) if term.owner is None else (term.owner.op, term.owner.inputs)
    if isinstance(op, Elemwise) and isinstance(op.scalar_op, Add | Sub | Neg):
        found = [_without_divisor(part, exponentials) for part in inputs]
        axes = {pair[1] for pair in found if pair is not None}
        if None in found or len(axes) != 1:
            return None
        return op(*(pair[0] for pair in found if pair is not None)), axes.pop()
    factors, divisors = local_mul_canonizer.get_num_denum(term)
    for i, divisor in enumerate(divisors):
        if (summed := _axes_of_sum(exponentials, divisor)) is not None:
            return local_mul_canonizer.merge_num_denum(factors, divisors[:i] + divisors[i + 1 :]), summed
    return None


def _with_one_softmax(factors: list[Any], divisors: list[Any]) -> tuple[list[Any], list[Any]] | None:
    """Return factors and divisors with a softmax in the place of exponentials and their sums."""
    for i, factor in enumerate(factors):
        op = getattr(factor.owner, "op", None)
        if not (isinstance(op, Elemwise) and isinstance(op.scalar_op, Exp) and "float" in factor.dtype):
            continue
        others = factors[:i] + factors[i + 1 :]
        for j, divisor in enumerate(divisors):
            axes = _axes_of_sum(factor, divisor)
            if axes is not None:
                softmax = Softmax(axis=axes)(factor.owner.inputs[0])
                return [*others, softmax], divisors[:j] + divisors[j + 1 :]
        for j, other in enumerate(others):  # as in the gradient: (a / sum + b / sum) * exponentials
            found = _without_divisor(other, factor)
            if found is not None:
                softmax = Softmax(axis=found[1])(factor.owner.inputs[0])
                return [*others[:j], found[0], *others[j + 1 :], softmax], divisors
    return None


@node_rewriter([mul, true_div])  # type: ignore[untyped-decorator]
def softmax_by_hand(fgraph: Any, node: Any) -> list[Any] | None:
    """Replace exponentials divided by their sums by a softmax, within a product."""
    (out,) = node.outputs
    found = _with_one_softmax(*local_mul_canonizer.get_num_denum(out))
    if found is None:
        return None
    new = local_mul_canonizer.merge_num_denum(*found).astype(out.dtype)
    if new.type.broadcastable != out.type.broadcastable:
        return None
    copy_stack_trace(out, new)
    return [new]
