"""Files of models, written without the library: bytes from arrays and facts."""

import hashlib
import json
from typing import Any

import numpy as np

__all__ = ["AUTO_ENCODER", "DTYPES", "Content", "content", "contents", "file_of"]

Content = tuple[dict[str, Any], dict[str, Any]]  # tensors and facts

DTYPES = {
    "F16": "f2",
    "F32": "f4",
    "F64": "f8",
    "I64": "i8",
    "I32": "i4",
    "U32": "u4",
    "BOOL": "?",
    "U8": "u1",
}
SAFE = {np.dtype(dtype).name: safe for safe, dtype in DTYPES.items()}
AUTO_ENCODER = {"model": "AutoEncoder", "hidden": "sigmoid", "output": "sigmoid"}
MACHINE = {"model": "RBM", "visible": "bernoulli", "learn_variance": False, "n_chains": 0}
SHARED = {"id": None, "unit_interval": True, "n_costs": 0, "n_valid_costs": 0, "n_chains": 0}


def contents() -> list[Content]:
    """Make the contents of right files: all kinds of layers, with all that a layer can hold."""
    rs = np.random.RandomState(0)
    gaussian = {
        "visible": "gaussian",
        "learn_variance": True,
        "unit_interval": False,
        "id": "first",
        "n_costs": 4,
        "n_valid_costs": 2,
    }
    rectified = {"hidden": "relu", "output": "linear", "unit_interval": False, "id": 7}
    return [
        content(rs, "float64", [(4, AUTO_ENCODER | {"M": 3, "n_costs": 3}), (3, AUTO_ENCODER | {"M": 2})]),
        content(rs, "float64", [(4, MACHINE | gaussian | {"M": 3})]),
        content(
            rs, "float32", [(4, MACHINE | {"M": 2, "n_chains": 5}), (2, AUTO_ENCODER | rectified | {"M": 3})]
        ),
    ]


def content(rs: np.random.RandomState, dtype: str, layers: list[tuple[int, dict[str, Any]]]) -> Content:
    """Draw the arrays of layers, given for each the number of visible units and the facts."""
    facts: list[dict[str, Any]] = [SHARED | own for _, own in layers]
    tensors = {}
    for number, ((D, _), own) in enumerate(zip(layers, facts, strict=True), start=1):
        M = own["M"]
        shapes = {"W": (D, M), "bh": (M,), "bo": (D,)}
        if own["model"] == "RBM":
            shapes = {"W": (D, M), "c": (M,), "b": (D,)} | ({"z": (D,)} if own["learn_variance"] else {})
        shapes |= {f"d{name}": shape for name, shape in shapes.items()}
        for name, shape in shapes.items():
            tensors[f"{number}.{name}"] = rs.normal(size=shape).astype(dtype)
        for name in ("costs", "valid_costs"):
            if own[f"n_{name}"]:
                tensors[f"{number}.{name}"] = rs.rand(own[f"n_{name}"])
        if own["n_chains"]:
            tensors[f"{number}.chains"] = (rs.rand(own["n_chains"], M) < 0.5).astype(dtype)
    return tensors, {"format": "udl_pt DBN 3", "dtype": dtype, "layers": facts}


def file_of(tensors: dict[str, Any], facts: Any, **changed: Any) -> bytes:
    """Write a file.

    Parameters
    ----------
    tensors : dict
        Arrays, or pairs of what the header calls the dtype and an array.
    facts : object
        What JSON can hold.
    **changed
        What replaces a part: ``said``, the facts' text; ``header``, a function of the header that returns
        another; ``text``, a function that returns the header's text; ``body``, the arrays' bytes.
    """
    said = changed.get("said", json.dumps(facts, sort_keys=True))
    digest = hashlib.sha256(said.encode(errors="surrogatepass"))
    places, body = {}, b""
    for name in sorted(tensors):
        given = tensors[name]
        dtype, array = given if isinstance(given, tuple) else (SAFE[given.dtype.name], given)
        digest.update(f"\n{name} {array.dtype} {array.shape}\n".encode(errors="surrogatepass"))
        digest.update(array.tobytes())
        place = [len(body), len(body) + array.nbytes]
        places[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": place}
        body += array.tobytes()
    header = {"__metadata__": {"facts": said, "sha256": digest.hexdigest()}} | places
    text = changed.get("text", json.dumps)(changed.get("header", lambda whole: whole)(header))
    if isinstance(text, str):
        text = text.encode(errors="surrogatepass")
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + changed.get("body", body)
