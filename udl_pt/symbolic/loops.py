"""Loops in graphs."""

from collections.abc import Callable, Sequence
from typing import Any

import pytensor
import pytensor.tensor as pt

from udl_pt.symbolic.variables import Symbolic

__all__ = ["loop"]


def loop(
    step: Callable[..., Any],
    sequences: Sequence[Symbolic],
    states: Sequence[Symbolic],
    k: Any = None,
    constants: Sequence[Symbolic] = (),
) -> list[Symbolic]:
    """Run a step for each entry of the sequences, and return the states after the last.

    Parameters
    ----------
    step : callable
        ``step(*entries, *states, *constants)`` returns the next state, or a tuple of the next states.
    sequences : sequence of Variable
        Draws and the like, all of the same length.
    states : sequence of Variable
        The initial states.
    k : int, optional
        The sequences' length, where it is known. With 1 the graph has the step itself instead of a loop.
    constants : sequence of Variable
        Variables that are the same in every step.

    Returns
    -------
    list of Variable
        The states after the last step.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor.tensor as pt
    >>> from udl_pt.symbolic.loops import loop
    >>> numbers = pt.as_tensor(np.array([1.0, 2.0, 3.0]))
    >>> (total,) = loop(lambda number, total: total + number, [numbers], [pt.as_tensor(np.array(0.0))])
    >>> float(total.eval())
    6.0
    """
    if isinstance(k, int) and k == 1:
        results = step(*(s[0] for s in sequences), *states, *constants)
        return list(results) if isinstance(results, tuple) else [results]

    # As the loop's own sequences, these would be cut to a common length: to views of no layout Numba knows.
    def numbered(number: Symbolic, *variables: Symbolic) -> list[Symbolic]:
        now, rest = variables[: len(states)], variables[len(states) :]
        results = step(*(s[number] for s in rest[: len(sequences)]), *now, *rest[len(sequences) :])
        return [number + 1, *(results if isinstance(results, tuple) else [results])]

    _, *outputs = pytensor.scan(
        numbered,
        outputs_info=[pt.zeros((), dtype="int64"), *states],
        non_sequences=[*sequences, *constants],
        n_steps=sequences[0].shape[0],
        return_list=True,
        return_updates=False,
    )
    return [output[-1] for output in outputs]
