"""The `repr` of a model: its class, its arguments, and whether it is fitted."""

import inspect
import reprlib
from typing import Any

from udl_pt._support.messages import shown

__all__ = ["Described"]

GENERATORS = ("rng", "random_state")
ATTRIBUTES = {"an_id": "id"}


class Described:
    """The base of all models, which keep the arguments of their constructors as attributes."""

    is_fitted: bool
    dtype: str
    default_dtype: str = "float64"

    @reprlib.recursive_repr()  # an argument may hold the model itself
    def __repr__(self) -> str:
        """Show the class, the arguments that differ from their defaults, and whether it is fitted."""
        said = []
        for name, parameter in inspect.signature(type(self)).parameters.items():
            if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL) or name in GENERATORS:
                continue
            value = self._argument(name, parameter.default)
            if parameter.default is parameter.empty:
                said.append(shown(value))
            elif value is not parameter.default and value != parameter.default:
                said.append(f"{name}={shown(value)}")
        width = getattr(self, "n_features", None)
        state = "not fitted" if not self.is_fitted else f"fitted to {width} features" if width else "fitted"
        return f"<{type(self).__name__}({', '.join(said)}), {state}>"

    def _argument(self, name: str, default: Any) -> Any:
        """Return the value of an argument of the constructor; `default` where the model keeps none."""
        if name == "dtype":
            return default if self.dtype == self.default_dtype else self.dtype
        if name == "hidden_layer_sizes":
            return [layer.M for layer in self._layers()]
        if name == "UnsupervisedModel":
            kinds = [type(layer) for layer in self._layers()]
            usual = default or getattr(self, "Model", None)
            return default if set(kinds) <= {usual} else _one_or_all([kind.__name__ for kind in kinds])
        if name == "corruption" and self._layers():
            return _one_or_all([getattr(layer, "corruption", None) for layer in self._layers()])
        return getattr(self, ATTRIBUTES.get(name, name), default)

    def _layers(self) -> list[Any]:
        return list(getattr(self, "hidden_layers", ()))


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if all(value is values[0] or value == values[0] for value in values) else values
