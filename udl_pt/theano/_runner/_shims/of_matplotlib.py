"""Names and keywords that Matplotlib and pylab had in Theano's time."""

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from udl_pt.theano._runner._report import note
from udl_pt.theano._runner._shims.of_numpy import _histogram, array_names

__all__ = ["MODULES"]

_COLORMAPS = {
    "spectral": "nipy_spectral",
    "spectral_r": "nipy_spectral_r",
    "Vega10": "tab10",
    "Vega20": "tab20",
}


def _facecolor(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take ``axisbg``, which is ``facecolor`` now."""

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        if "axisbg" in options:
            note(f"{function.__name__}(axisbg=)")
            options["facecolor"] = options.pop("axisbg")
        return function(*arguments, **options)

    return call


def _hold(b: Any = None) -> None:
    """Do nothing: an axes keeps what was drawn, which was the default."""


def _colormap(name: Any = None, lut: int | None = None) -> Any:
    plt = importlib.import_module("matplotlib.pyplot")
    return plt.get_cmap(_COLORMAPS.get(name, name), lut)


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take the names of colormaps that have other names now."""

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        if options.get("cmap") in _COLORMAPS if isinstance(options.get("cmap"), str) else False:
            options["cmap"] = _COLORMAPS[options["cmap"]]
        return function(*arguments, **options)

    return call


def _pyplot() -> Mapping[str, Any]:
    plt = importlib.import_module("matplotlib.pyplot")
    names: dict[str, Any] = {
        name: _facecolor(getattr(plt, name)) for name in ("axes", "subplot", "subplot2grid")
    }
    names |= {
        name: _named(getattr(plt, name))
        for name in ["imshow", "matshow", "scatter", "contourf", "pcolor", "pcolormesh"]
    }
    names |= {
        "hist": _histogram(plt.hist),
        "hold": _hold,
        "ishold": lambda: True,
        "over": lambda f, *a, **k: f(*a, **k),
    }
    return names | {"get_cmap": _colormap, "spectral": lambda: plt.set_cmap("nipy_spectral")}


def _cm() -> Mapping[str, Any]:
    colormaps = importlib.import_module("matplotlib").colormaps
    return {old: colormaps[new] for old, new in _COLORMAPS.items()} | {"get_cmap": _colormap}


def _pylab() -> Mapping[str, Any]:
    names = array_names()
    return {name: names[name] for name in names if name != "load"} | dict(_pyplot())


def _use(backend: str, warn: bool = True, force: bool = True) -> None:
    """Choose a backend, but where figures are written this stays so."""
    from udl_pt.theano._runner._figures import folder

    if folder() is None:
        importlib.import_module("matplotlib").use(backend, force=force)
    else:
        note(f"matplotlib.use({backend!r}), without effect")


def _mlab() -> Mapping[str, Any]:
    def normpdf(x: Any, mu: float, sigma: float) -> Any:
        return np.exp(-0.5 * ((np.asarray(x) - mu) / sigma) ** 2) / (np.sqrt(2 * np.pi) * sigma)

    def bivariate_normal(
        X: Any, Y: Any, sigmax: float = 1.0, sigmay: float = 1.0, mux: float = 0.0, muy: float = 0.0,
        sigmaxy: float = 0.0,
    ) -> Any:  # fmt: skip
        x, y, rho = X - mux, Y - muy, sigmaxy / (sigmax * sigmay)
        z = (x / sigmax) ** 2 + (y / sigmay) ** 2 - 2 * rho * x * y / (sigmax * sigmay)
        return np.exp(-z / (2 * (1 - rho**2))) / (2 * np.pi * sigmax * sigmay * np.sqrt(1 - rho**2))

    def griddata(x: Any, y: Any, z: Any, xi: Any, yi: Any, interp: str = "nn") -> Any:
        xi, yi = np.meshgrid(xi, yi) if np.ndim(xi) == 1 else (xi, yi)
        return importlib.import_module("scipy.interpolate").griddata((x, y), z, (xi, yi))

    return {"normpdf": normpdf, "bivariate_normal": bivariate_normal, "griddata": griddata}


def _matplotlib() -> Mapping[str, Any]:
    return {"use": _use}


MODULES: dict[str, Callable[[], Mapping[str, Any]]] = {
    "matplotlib": _matplotlib,
    "matplotlib.pyplot": _pyplot,
    "matplotlib.pylab": _pylab,
    "matplotlib.cm": _cm,
    "matplotlib.mlab": _mlab,
    "pylab": _pylab,
}
