"""A model's parameters are its attributes; the lists of them, such as `params`, are computed from these.

So there is one place for each parameter. ``b.W = a.W`` ties two models' weights for graphs, arrays, training
and files alike.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from udl_pt._support.exceptions import NotFittedError
from udl_pt._support.fitting import is_being_fitted, is_training
from udl_pt._support.representation import Described

__all__ = ["Computed", "LayerParameters", "Parameters", "once"]


def once(params: Sequence[Any], *beside: Sequence[Any]) -> list[list[Any]]:
    """Return each parameter once, and the other lists' entries at its first place: tied ones occur twice."""
    first = [i for i, p in enumerate(params) if not any(p is other for other in params[:i])]
    return [[entries[i] for i in first] for entries in (params, *beside)]


class _Computed(list[Any]):
    """A list that is computed from a model's attributes: a change of it would be lost, so it is refused.

    Sums and copies of it are plain lists.
    """

    def __init__(self, entries: Iterable[Any], model: Any) -> None:
        super().__init__(entries)
        self._model = model

    def _refuse(self, *arguments: Any, **named: Any) -> NoReturn:
        raise AttributeError(f"{_remedy(self._model)}. list(model.params) is a list of your own")

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = extend = insert = remove = pop = clear = sort = reverse = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


class Computed(property):
    """A property that returns a list of parameters; a change of the list, and of the property, is an error.

    The error names the attributes to set instead.
    """

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        """Return the list, computed anew."""
        return self if model is None else _Computed(super().__get__(model, owner), model)

    def __set__(self, model: Any, value: Any) -> None:
        """Refuse to be set.

        Raises
        ------
        AttributeError
            Always.
        """
        raise AttributeError(_remedy(model))


def _remedy(model: Any) -> str:
    own = ", ".join(model.names) or "those of hidden_layers"
    example = (*model.names, "hidden_layers[0].W")[0]
    return (
        f"params, dparams and the like of {type(model).__name__} are computed from its attributes "
        f"({own}): set these, as in model.{example} = ..."
    )


class Parameters(Described):
    """The base of all models: lists of the parameters that `names` and `hidden_layers` name.

    Attributes
    ----------
    names : tuple of str
        The attributes that hold the model's own parameters; the velocity of ``W`` is in ``dW``.
    """

    names: tuple[str, ...] = ()
    _complete = True  # False for a network whose layers are not, or not all, those of its last fit

    # True while a network's layers are trained one by one; in a copy made meanwhile until its own fit
    _in_pretraining = False

    @property
    def is_fitted(self) -> bool:  # type: ignore[override]
        """Whether the model has parameters that belong together."""
        return not self._in_pretraining and self._complete and all(map(self._has, self.names))

    def _has(self, name: str) -> bool:
        """Return whether the model has a parameter of its own, or the velocity of one."""
        return name in vars(self)

    def _check_fitted(self, before: str) -> None:
        """Raise unless there are parameters that belong together; `before` names the call that needs them."""
        self._check_settled(before)
        if not self.is_fitted:
            if is_being_fitted(self):
                raise NotFittedError(
                    f"this {type(self).__name__} is being fitted, and its layers don't belong together until "
                    f"all are trained: wait for that before {before}"
                )
            raise NotFittedError(
                f"this {type(self).__name__} has no parameters yet: call fit before {before}"
            )

    def _check_settled(self, before: str) -> None:
        """Raise while some layers may be new and others old."""
        if self._in_pretraining:
            raise NotFittedError(
                f"this {type(self).__name__} is being fitted, layer by layer: wait for the end of fit, or "
                f"for the callbacks of a network's fine-tuning, before {before}"
            )

    def _is_parameter(self, name: str) -> bool:
        """Return whether an attribute is one of the model's own parameters, or the velocity of one."""
        return name in self.names or (name[:1] == "d" and name[1:] in self.names)

    def _check_settable(self, name: str, instead: str) -> None:
        """Raise while a fit trains the parameter that the model has; `instead` changes its values."""
        if is_training(self):
            raise RuntimeError(
                f"{name} of {type(self).__name__} is set while fit trains the one that it has: {instead} "
                "changes its values"
            )

    def _gathered(self, prefix: str, of_layers: str) -> list[Any]:
        self._check_fitted("its parameters are read")
        if missing := [name for name in self.names if not self._has(prefix + name)]:
            raise NotFittedError(f"this {type(self).__name__} has no {prefix}{missing[0]}")
        own = [getattr(self, prefix + name) for name in self.names]
        return own + [p for layer in getattr(self, "hidden_layers", ()) for p in getattr(layer, of_layers)]

    @Computed
    def params(self) -> list[Any]:
        """Return the parameters, in a new list: those in `names`, then the layers'."""
        return self._gathered("", "forward_params")

    @Computed
    def dparams(self) -> list[Any]:
        """Return the velocities of `params`, in the same order."""
        return self._gathered("d", "forward_dparams")


class LayerParameters(Parameters):
    """Those of a layer, which passes a part of them on to a deep network."""

    @Computed
    def forward_params(self) -> list[Any]:
        """Return the weights and the hidden units' bias."""
        return list(self.params[:2])

    @Computed
    def forward_dparams(self) -> list[Any]:
        """Return the velocities of `forward_params`."""
        return list(self.dparams[:2])
