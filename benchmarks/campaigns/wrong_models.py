"""Files of models that are well-formed and wrong, written by hand. Every digest belongs to its file."""

import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from campaigns.right_models import DTYPES, Content, contents, file_of

__all__ = ["Case", "cases"]

Case = tuple[str, Callable[[], bytes], int | None]  # what is wrong, the file, and its size if it is sparse


def cases() -> list[Case]:
    """List what is wrong with a file, and a function that returns its bytes."""
    found: list[Case] = []
    for number, (tensors, facts) in enumerate(contents(), start=1):
        for what, change in [*wrong_tensors(tensors), *wrong_facts(facts), *wrong_layers(facts)]:
            found.append((f"model {number}, {what}", of_content((tensors, facts), change), None))
    plain = contents()[0]
    found += [(what, of_parts(plain, parts), None) for what, parts in wrong_text(plain)]
    found += [(what, lambda data=data: data, size) for what, data, size in no_files(file_of(*plain))]
    return found


def of_content(right: Content, change: Callable[[Content], Content | None]) -> Callable[[], bytes]:
    """Make a file of what `change` makes of a copy of the right content."""

    def make() -> bytes:
        own = copy.deepcopy(right)
        return file_of(*(change(own) or own))

    return make


def of_parts(right: Content, parts: dict[str, Any]) -> Callable[[], bytes]:
    """Make a file of the right content with some parts replaced."""
    return lambda: file_of(*right, **parts)


def put(place: int, key: Any, value: Any) -> Callable[[Content], None]:
    """Return what puts a value into the tensors (0) or facts (1)."""

    def change(own: Content) -> None:
        own[place][key] = value

    return change


def wrong_tensors(tensors: dict[str, Any]) -> Iterator[tuple[str, Callable[[Content], Any]]]:
    """Change each tensor in all ways that a layer must not take."""
    for name, array in tensors.items():

        def without(own: Content, name: str = name) -> None:
            del own[0][name]

        yield f"{name} missing", without
        for new in (f"{name} ", f"0{name}", name.upper() + "X", f"9.{name[2:]}", name[2:], f"1.{name}"):

            def renamed(own: Content, name: str = name, new: str = new) -> None:
                own[0][new] = own[0].pop(name)

            yield f"{name} called {new!r}", renamed
        for bad in (np.nan, np.inf, -np.inf):
            one = array.copy()
            one.flat[-1] = bad
            yield f"{name} with {bad}", put(0, name, one)
        for safe, dtype in DTYPES.items():
            if np.dtype(dtype) != array.dtype:
                yield f"{name} of {safe}", put(0, name, array.astype(dtype))
        halves = np.zeros(array.shape, "i2")
        yield f"{name} of BF16", put(0, name, ("BF16", halves))
        for dtype in ("f4", "F99", "", None, 3, ["F64"]):
            yield f"{name} of dtype {dtype!r}", put(0, name, (dtype, array))
        shapes = [(1, *array.shape), (*array.shape, 1), (1,) * 5 + array.shape, (1,) * 40 + array.shape]
        if array.ndim > 1:
            shapes += [array.shape[::-1], (array.size,)]
        for shape in shapes:
            yield f"{name} of shape {shape}", put(0, name, _reshaped(array, shape))
        yield f"{name} of no dimension", put(0, name, array.flat[0].reshape(()))
        yield f"{name} empty", put(0, name, array[:0])
        yield f"{name} one longer", put(0, name, np.concatenate([array, array[:1]]))
        yield f"{name} one shorter", put(0, name, array[:-1])
        if array.ndim > 1:
            yield f"{name} one wider", put(0, name, np.hstack([array, array[:, :1]]))
    for extra in (
        "1.q",
        "W",
        "",
        "0.W",
        "3.W",
        "1.",
        ".W",
        "1.W.W",
        "../../W",
        "\x1b[2J",
        "1.chain",
        "format",
    ):
        yield f"an extra tensor {extra!r}", put(0, extra, np.ones(2))


class _reshaped(np.ndarray):
    """An array of more dimensions than NumPy 1 can have: only its announced shape."""

    def __new__(cls, array: np.ndarray, shape: tuple[int, ...]) -> Any:
        if len(shape) > 32:
            found = array.ravel().view(cls)
            found.announced = shape
            return found
        return array.reshape(shape)

    @property
    def shape(self) -> tuple[int, ...]:
        return getattr(self, "announced", super().shape)


ANYTHING = [
    None,
    True,
    False,
    "3",
    "no",
    "",
    -1,
    0,
    1.0,
    3.0,
    0.5,
    1e300,
    10**18,
    10**400,
    [],
    {},
    [3],
    "\ud800",
]


def wrong_facts(facts: dict[str, Any]) -> Iterator[tuple[str, Callable[[Content], Any]]]:
    """Put values of all sorts into each fact; those that it may have aren't among them."""
    for name, value in facts.items():
        yield f"no fact {name}", lambda own, name=name: own[1].pop(name) and None
        for bad in ANYTHING:
            yield f"{name} {_short(bad)}", put(1, name, bad)
        if isinstance(value, str):
            yield f"{name} in capitals", put(1, name, value.upper())
    for bad in ("float16", "<f8", "float", "float64" if facts["dtype"] == "float32" else "float32"):
        yield f"dtype {bad}", put(1, "dtype", bad)
    for bad in ("udl_pt DBN 1", "udl_pt DBN 2", "udl_pt DBN 4", "udl_pt DNN 3"):
        yield f"format {bad}", put(1, "format", bad)
    yield "an unknown fact", put(1, "more", 1)
    for number, own in enumerate(facts["layers"]):
        for name, value in own.items():
            yield f"layer {number} without {name}", _in_layer(number, name)
            for bad in ANYTHING:
                if not _may_be(name, bad, value):
                    yield f"{name} {_short(bad)} of layer {number}", _in_layer(number, name, bad)
            if name in ("M", "n_costs", "n_valid_costs", "n_chains"):
                for bad in (value + 1, value - 1, value + 2**32):
                    yield f"{name} {bad} of layer {number}", _in_layer(number, name, bad)
        for model in ("os.system", "DNN", "autoencoder", "udl_pt.RBM", "Layer"):
            yield f"model {model} of layer {number}", _in_layer(number, "model", model)
        other = "RBM" if own["model"] == "AutoEncoder" else "AutoEncoder"
        yield f"model {other} of layer {number}", _in_layer(number, "model", other)
        yield f"an unknown fact of layer {number}", _in_layer(number, "corruption", "print")
        if own["model"] == "RBM":
            yield (
                f"learn_variance exchanged in layer {number}",
                _in_layer(number, "learn_variance", not own["learn_variance"]),
            )
            kind = "bernoulli" if own["visible"] == "gaussian" else "gaussian"
            yield f"visible exchanged in layer {number}", _in_layer(number, "visible", kind)


def _short(value: Any) -> str:
    return repr(value)[:20].encode("ascii", "backslashreplace").decode()


def _may_be(name: str, value: Any, right: Any) -> bool:
    """Whether a layer's fact may have this value."""
    if name == "id":
        return value is None or isinstance(value, str | int)
    if type(right) is bool:
        return isinstance(value, bool)  # of learn_variance see below
    return type(value) is type(right) and value == right


def _in_layer(number: int, name: str, *value: Any) -> Callable[[Content], None]:
    """Return what puts a value into the facts of a layer, or, without a value, takes the fact out."""

    def change(own: Content) -> None:
        layer = own[1]["layers"][number]
        layer.pop(name) if not value else layer.update({name: value[0]})

    return change


def wrong_layers(facts: dict[str, Any]) -> Iterator[tuple[str, Callable[[Content], Any]]]:
    """Change the list of layers."""
    layers = facts["layers"]
    lists = {
        "no layers": [],
        "one layer too many": [*layers, layers[-1]],
        "one layer too few": layers[:-1],
        "a layer twice": [layers[0], layers[0]],
        "a layer that is null": [*layers, None],
        "a layer that is a list": [list(layers[0].items())],
        "a layer that is empty": [{}],
        "layers by number": {str(i): own for i, own in enumerate(layers)},
        "5,000 layers": layers * 5000,
        "300,000 layers": [{"M": 1}] * 300_000,
        "300,000 empty layers": [{}] * 300_000,
    }
    if len(layers) > 1:
        lists["layers in the wrong order"] = layers[::-1]
    for what, wrong in lists.items():
        yield what, put(1, "layers", wrong)
    yield "M of all layers 10**18", lambda own: [o.update(M=10**18) for o in own[1]["layers"]] and None


def wrong_text(right: Content) -> Iterator[tuple[str, dict[str, Any]]]:
    """Replace parts of a file's texts and of its header."""
    said = json.dumps(right[1], sort_keys=True)
    first = '"layers": [{'
    texts = {
        "facts nested deeply": "[" * 100_000,
        "facts of objects nested deeply": '{"layers":' * 50_000,
        "facts closed, nested deeply": "[" * 50_000 + "]" * 50_000,
        "an id nested deeply": said.replace('"id": null', '"id": ' + "[" * 9000 + "]" * 9000, 1),
        "a fact twice": said.replace("{", '{"dtype": "float64", ', 1),
        "a layer's fact twice": said.replace(first, first + '"M": 3, ', 1),
        "M NaN": said.replace('"M": 3', '"M": NaN', 1),
        "M Infinity": said.replace('"M": 3', '"M": Infinity', 1),
        "M 3e0": said.replace('"M": 3', '"M": 3e0', 1),
        "M 1e400": said.replace('"M": 3', '"M": 1e400', 1),
        "M of 5,000 digits": said.replace('"M": 3', '"M": ' + "3" * 5000, 1),
        "M -0": said.replace('"M": 3', '"M": -0', 1),
        "facts a list": "[]",
        "facts null": "null",
        "facts a number": "3",
        "facts text": '"facts"',
        "facts empty": "",
        "facts an empty object": "{}",
        "facts with more behind": said + "{}",
        "facts with a byte-order mark": "\ufeff" + said,
        "facts that are cut": said[:-1],
        "a lone surrogate": said.replace('"id": null', '"id": "\ud800"', 1),
        "350,000 empty lists": '{"format": [' + ",".join(["[]"] * 340_000) + "]}",
    }
    yield from ((what, {"said": text}) for what, text in texts.items())

    def metadata(**changed: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda header: header | {"__metadata__": header["__metadata__"] | changed}

    def tensor(**changed: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda header: header | {"1.W": header["1.W"] | changed}

    W = right[0]["1.W"]
    headers = {
        "no metadata": lambda header: {n: t for n, t in header.items() if n != "__metadata__"},
        "metadata null": lambda header: header | {"__metadata__": None},
        "metadata a list": lambda header: header | {"__metadata__": ["facts", "sha256"]},
        "facts no text": metadata(facts=right[1]),
        "digest null": metadata(sha256=None),
        "digest of another file": metadata(sha256=hashlib.sha256(b"").hexdigest()),
        "digest empty": metadata(sha256=""),
        "more metadata": metadata(more="1"),
        "a tensor null": lambda header: header | {"1.W": None},
        "a tensor a list": lambda header: header | {"1.W": [1]},
        "a tensor without a dtype": lambda header: (
            header | {"1.W": {"shape": [4, 3], "data_offsets": [0, 96]}}
        ),
        "a tensor with more": tensor(more=1),
        **{
            f"W of shape {_short(shape)}": tensor(shape=shape)
            for shape in (
                *(
                    None,
                    12,
                    "43",
                    {},
                    [],
                    [[4, 3]],
                    [4.0, 3.0],
                    [True, 12],
                    ["4", "3"],
                    [-4, -3],
                    [4, 0],
                    [0],
                ),
                *(
                    [10**18, 3],
                    [2**32, 2**32],
                    [2**63, 2],
                    [10**400],
                    [4, None],
                    [1] * 40,
                    [1] * 5000,
                    [6, 2],
                ),
                [1] * 100_000,
            )
        },
        **{
            f"W at {_short(place)}": tensor(data_offsets=place)
            for place in (
                *(None, 0, "", {}, [], [0], [0, 96, 96], [0.0, 96.0], ["0", "96"], [False, 96], [None, 96]),
                *(
                    [96, 0],
                    [-96, 0],
                    [0, 95],
                    [0, 97],
                    [8, 104],
                    [0, 2**63],
                    [0, 10**400],
                    [2**64, 2**64 + 96],
                ),
            )
        },
        "W where another is": lambda header: (
            header | {"1.W": header["1.W"] | {"data_offsets": header["1.dW"]["data_offsets"]}}
        ),
        "no tensors": lambda header: {"__metadata__": header["__metadata__"]},
        "10,000 tensors more": lambda header: (
            header | {f"x{i}": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for i in range(10_000)}
        ),
    }
    yield from ((what, {"header": change}) for what, change in headers.items())

    def twice(header: dict[str, Any]) -> str:
        return json.dumps(header)[:-1] + ', "1.W": ' + json.dumps(header["1.W"]) + "}"

    as_bytes: dict[str, Callable[[dict[str, Any]], str | bytes]] = {
        "a tensor twice": twice,
        "metadata twice": lambda h: '{"__metadata__": {}, ' + json.dumps(h)[1:],
        "a header in UTF-16": lambda h: json.dumps(h).encode("utf-16"),
        "a header in UTF-32": lambda h: json.dumps(h).encode("utf-32-le"),
        "a header with a byte-order mark": lambda h: "\ufeff" + json.dumps(h),
        "a header that isn't UTF-8": lambda h: json.dumps(h).encode().replace(b"1.W", b"1.\xff"),
        "a header with a lone surrogate": lambda h: json.dumps(h).replace("1.W", "1.\ud800"),
        "a header that names a surrogate": lambda h: json.dumps(h).replace("1.W", "1.\\ud800"),
        "a header nested deeply": lambda h: "[" * 200_000,
        "a tensor nested deeply": lambda h: '{"1.W": ' + '{"a":' * 100_000,
        "a header with more behind": lambda h: json.dumps(h) + "{}",
        "a header of 2 MB": lambda h: json.dumps(h) + " " * 2**21,
        "a header with NaN": lambda h: json.dumps(h).replace("[0, ", "[NaN, ", 1),
        "a header with a zero byte": lambda h: json.dumps(h) + "\0",
        "a header of numbers": lambda h: "[" + "1," * 500_000 + "1]",
    }
    yield from ((what, {"text": change}) for what, change in as_bytes.items())
    body = b"".join(right[0][name].tobytes() for name in sorted(right[0]))
    yield "more behind the arrays", {"body": body + b"\0" * 8}
    yield "8 bytes missing", {"body": body[:-8]}
    yield "no arrays' bytes", {"body": b""}
    yield "W of zeros with W's digest", {"body": body.replace(W.tobytes(), bytes(W.nbytes))}


def no_files(right: bytes) -> Iterator[tuple[str, bytes, int | None]]:
    """List contents that are no file of arrays, with the size of those that are sparse."""
    for what, data in {
        "an empty file": b"",
        "seven bytes": b"\0" * 7,
        "a header of no bytes": b"\0" * 8,
        "a header that is empty JSON": (2).to_bytes(8, "little") + b"{}",
        "a header that is a list": (2).to_bytes(8, "little") + b"[]",
        "a header of 2**64 - 1 bytes": b"\xff" * 8 + right[8:],
        "a header as long as the file": len(right).to_bytes(8, "little") + right[8:],
        "a header that takes the arrays in": (len(right) - 8).to_bytes(8, "little") + right[8:],
        "a pickle": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
        "a zip": b"PK\x03\x04" + bytes(100),
    }.items():
        yield what, data, None
    yield "2 GB of nothing", b"", 2**31
    yield "a right header before 2 GB of nothing", right, 2**31
    yield "a header of 2 GB of nothing", (2**31 - 8).to_bytes(8, "little"), 2**31
