"""Names that SciPy and PIL had in Theano's time."""

import contextlib
import importlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from udl_pt.theano._runner._shims.of_numpy import array_names

__all__ = ["MODULES"]


def _image(array: Any, mode: str | None = None, low: float | None = None, high: float | None = None) -> Any:
    """Return an image of PIL's; values that aren't bytes are scaled to 0 … 255, as ``toimage`` did."""
    from PIL import Image

    array = np.asarray(array)
    if array.ndim == 3 and array.shape[2] not in (3, 4) and array.shape[0] in (3, 4):
        array = np.moveaxis(array, 0, 2)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ValueError(
            f"an image has two dimensions, or three with 3 or 4 channels; got shape {array.shape}"
        )
    image = Image.fromarray(_bytescale(array, low, high))
    return image if mode is None else image.convert(mode)


def _bytescale(
    data: Any, cmin: float | None = None, cmax: float | None = None, high: int = 255, low: int = 0
) -> Any:
    data = np.asarray(data)
    if data.dtype == np.uint8:
        return data
    least, most = (data.min() if cmin is None else cmin), (data.max() if cmax is None else cmax)
    span = float(most - least) or 1.0
    scaled = (data.astype(np.float64) - least) * ((high - low) / span) + low
    return (scaled.clip(low, high) + 0.5).astype(np.uint8)


def _imread(name: Any, flatten: bool = False, mode: str | None = None) -> Any:
    from PIL import Image

    with Image.open(name) as image:
        return _fromimage(image, flatten, mode)


def _fromimage(image: Any, flatten: bool = False, mode: str | None = None) -> Any:
    if mode is not None and mode != image.mode:
        image = image.convert(mode)
    elif image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if flatten:
        image = image.convert("F")
    elif image.mode == "1":
        image = image.convert("L")
    return np.array(image)


def _imsave(name: Any, array: Any, format: str | None = None) -> None:
    _image(array).save(name, format)


_FILTERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "cubic": 3}


def _imresize(array: Any, size: Any, interp: str = "bilinear", mode: str | None = None) -> Any:
    image = _image(array, mode)
    if isinstance(size, (int, np.integer)):
        shape = tuple(int(side * (size / 100.0)) for side in image.size)
    elif isinstance(size, (float, np.floating)):
        shape = tuple((np.array(image.size) * size).astype(int).tolist())
    else:
        shape = (size[1], size[0])
    return np.array(image.resize(shape, _FILTERS[interp]))


def _imrotate(array: Any, angle: float, interp: str = "bilinear") -> Any:
    return np.array(_image(array).rotate(angle, resample=_FILTERS[interp]))


def _imshow(array: Any) -> None:
    from udl_pt.theano._runner._figures import folder, write

    image = _image(array)
    write(image) if folder() is not None else image.show()


def _toimage(
    array: Any, high: int = 255, low: int = 0, cmin: float | None = None, cmax: float | None = None,
    pal: Any = None, mode: str | None = None, channel_axis: int | None = None,
) -> Any:  # fmt: skip
    array = np.asarray(array)
    if channel_axis is not None and array.ndim == 3:
        array = np.moveaxis(array, channel_axis, 2)
    if mode in ("F", "I"):
        from PIL import Image

        return Image.fromarray(array.astype(np.float32 if mode == "F" else np.int32))
    return _image(array, mode, cmin, cmax)


def _misc() -> Mapping[str, Any]:
    special = importlib.import_module("scipy.special")
    return {
        "imread": _imread, "imsave": _imsave, "imresize": _imresize, "imrotate": _imrotate, "imshow": _imshow,
        "toimage": _toimage, "fromimage": _fromimage, "bytescale": _bytescale,
        "logsumexp": special.logsumexp, "factorial": special.factorial, "factorial2": special.factorial2,
        "comb": special.comb, "derivative": _derivative,
    }  # fmt: skip


def _derivative(func: Any, x0: Any, dx: float = 1.0, n: int = 1, args: Any = (), order: int = 3) -> Any:
    """Return the n-th derivative by central differences."""
    if order < n + 1 or order % 2 == 0:
        raise ValueError(f"order must be odd and at least n + 1; got order={order}, n={n}")
    points = np.arange(order) - order // 2
    weights = math.factorial(n) * np.linalg.inv(np.vander(points, increasing=True).astype(float))[n]
    return sum(w * func(x0 + k * dx, *args) for w, k in zip(weights, points, strict=True)) / dx**n


def _scipy() -> Mapping[str, Any]:
    """Return NumPy's names, which the top of SciPy had."""
    public = {
        name: getattr(np, name) for name in np.__all__ if not hasattr(importlib.import_module("scipy"), name)
    }
    public = {
        name: value for name, value in public.items() if name not in ("bool", "long", "test", "show_config")
    }
    return public | array_names() | {"rand": np.random.rand, "randn": np.random.randn}


def _from(module: str, **names: str) -> Callable[[], Mapping[str, Any]]:
    """Return a function that returns names that lie elsewhere now, such as ``simps="simpson"``."""

    def get() -> Mapping[str, Any]:
        found = importlib.import_module(module)
        return {old: getattr(found, new) for old, new in names.items() if hasattr(found, new)}

    return get


def _all_of(module: str) -> Callable[[], Mapping[str, Any]]:
    def get() -> Mapping[str, Any]:
        found = importlib.import_module(module)
        names = {}
        for name in getattr(found, "__all__", dir(found)):
            with contextlib.suppress(ImportError, AttributeError):  # some are only listed
                names[name] = getattr(found, name)
        return {name: value for name, value in names.items() if name[0] != "_"}

    return get


def _windows() -> Mapping[str, Any]:
    windows = importlib.import_module("scipy.signal.windows")
    return {name: getattr(windows, name) for name in windows.__all__}


def _stats() -> Mapping[str, Any]:
    def itemfreq(a: Any) -> Any:
        return np.column_stack(np.unique(a, return_counts=True))

    def binom_test(x: Any, n: Any = None, p: float = 0.5, alternative: str = "two-sided") -> float:
        return float(importlib.import_module("scipy.stats").binomtest(x, n, p, alternative).pvalue)

    return {"itemfreq": itemfreq, "binom_test": binom_test}


def _linalg() -> Mapping[str, Any]:
    linalg = importlib.import_module("scipy.linalg")
    return {"pinv2": linalg.pinv, "tri": np.tri, "tril": np.tril, "triu": np.triu}


def _pil() -> Mapping[str, Any]:
    image = importlib.import_module("PIL.Image")
    names = {"ANTIALIAS": image.LANCZOS, "LINEAR": image.BILINEAR, "CUBIC": image.BICUBIC}
    return names | {"fromstring": image.frombytes}


def _pil_top() -> Mapping[str, Any]:
    """Return what ``import Image`` imported: the whole module."""
    return {**vars(importlib.import_module("PIL.Image")), **_pil()}


MODULES: dict[str, Callable[[], Mapping[str, Any]]] = {
    "scipy": _scipy,
    "scipy.misc": _misc,
    "scipy.misc.pilutil": _misc,
    "scipy.misc.common": _misc,
    "scipy.integrate": _from(
        "scipy.integrate", simps="simpson", trapz="trapezoid", cumtrapz="cumulative_trapezoid"
    ),
    "scipy.signal": _windows,
    "scipy.stats": _stats,
    "scipy.linalg": _linalg,
    "scipy.ndimage": lambda: {"imread": _imread},
    "scipy.ndimage.filters": _all_of("scipy.ndimage"),
    "scipy.ndimage.interpolation": _all_of("scipy.ndimage"),
    "scipy.ndimage.measurements": _all_of("scipy.ndimage"),
    "scipy.ndimage.morphology": _all_of("scipy.ndimage"),
    "PIL": dict,
    "PIL.Image": _pil,
    "Image": _pil_top,
}
