"""``theano.tensor.shared_randomstreams``: random numbers from shared generators, which functions update."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from udl_pt.theano._face.tensor.raw_random import RandomStreamsBase
from udl_pt.theano._ops.random_state import RandomStateSharedVariable, random_state_shared

__all__ = [
    "RandomStateSharedVariable",
    "RandomStreams",
    "randomstate_constructor",
    "update_by_default",
]

randomstate_constructor = random_state_shared


def update_by_default(shared: Any, update: Any) -> None:
    """Make each function that reads `shared` update it, also where no update is passed."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Setting default_update is deprecated", DeprecationWarning)
        shared.default_update = update


class RandomStreams(RandomStreamsBase):
    """Random numbers with the arguments of `numpy.random`; each draw of the graph has a generator of its own.

    Parameters
    ----------
    seed : int, optional
        Seeds the generator that draws the seeds of the draws' generators.

    Attributes
    ----------
    state_updates : list of (Variable, Variable)
        The generators, and what they are after a call.
    default_instance_seed : int or None
        The seed.
    gen_seedgen : numpy.random.RandomState
        Draws the seeds.
    """

    def __init__(self, seed: Any = None) -> None:
        self.state_updates: list[tuple[Any, Any]] = []
        self.default_instance_seed = seed
        self.gen_seedgen = np.random.RandomState(seed)

    def updates(self) -> list[tuple[Any, Any]]:
        """Return the updates of all generators, for ``theano.function(updates=...)``."""
        return list(self.state_updates)

    def seed(self, seed: Any = None) -> None:
        """Seed all generators anew.

        Parameters
        ----------
        seed : int, optional
            From 0 to 2**30; without it, the seed of the constructor.
        """
        seedgen = np.random.RandomState(self.default_instance_seed if seed is None else seed)
        for state, _ in self.state_updates:
            state.set_value(np.random.RandomState(int(seedgen.randint(2**30))), borrow=True)

    def __getitem__(self, item: Any) -> np.random.RandomState:
        """Return the generator of a draw, given the draw's ``rng``."""
        return item.get_value(borrow=True)

    def __setitem__(self, item: Any, val: np.random.RandomState) -> None:
        """Set the generator of a draw, given the draw's ``rng``."""
        item.set_value(val, borrow=True)

    def gen(self, op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return a draw with a new generator.

        Parameters
        ----------
        op : callable
            Returns the next state and the sample, given a generator: a RandomFunction, or a function of
            `theano.tensor.raw_random`.
        *args, **kwargs
            Further arguments of `op`.

        Returns
        -------
        Variable
            The sample; its attribute ``rng`` is the generator, and ``update`` the generator's update.
        """
        state = random_state_shared(np.random.RandomState(int(self.gen_seedgen.randint(2**30))), borrow=True)
        state.tag.is_rng = True
        next_state, sample = op(state, *args, **kwargs)
        sample.rng = state
        sample.update = (state, next_state)
        self.state_updates.append(sample.update)
        update_by_default(state, next_state)
        return sample

