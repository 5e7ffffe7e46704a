"""The arguments `resume` and `verbose` of every ``fit``."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from udl_pt._support.arguments import check_callbacks, check_switch
from udl_pt._support.storage import file_name
from udl_pt._version import __version__
from udl_pt.backends import get_backend
from udl_pt.training._descriptions import described, described_feed, described_model, described_options
from udl_pt.training._resuming import Session, current_session
from udl_pt.training.checkpoint import Checkpoint, read_checkpoint
from udl_pt.training.feed import feed_of
from udl_pt.training.progress_bar import ProgressBar

__all__ = ["resumable"]

Method = TypeVar("Method", bound=Callable[..., Any])
APART = ("self", "y", "resume", "verbose", "show_fig", "callbacks")  # no arguments of the numbers


def resumable(method: Method) -> Method:
    """Decorate a model's fit: it gets the arguments `resume` and `verbose`.

    The method declares both, for its signature, and need not read them. `verbose` adds a
    `udl_pt.callbacks.ProgressBar` to the callbacks.
    """
    signature = inspect.signature(method)

    @functools.wraps(method)
    def fit(self: Any, *arguments: Any, resume: Any = None, verbose: bool = False, **options: Any) -> Any:
        callbacks = check_callbacks(options.pop("callbacks", ()))
        if check_switch(verbose, "verbose"):
            callbacks = (*callbacks, ProgressBar())
        options |= {"callbacks": callbacks} if callbacks else {}
        checkpoint = _checkpoint_of(callbacks)
        call = functools.partial(method, self, *arguments, **options)
        if current_session(self) is not None:  # of the network that this layer belongs to
            return _within(self, resume, checkpoint, call)
        if resume is None and checkpoint is None:
            return call()
        bound = signature.bind(self, *arguments, **options)
        bound.apply_defaults()
        session = _session(self, bound.arguments, callbacks, resume, checkpoint)
        with session.active():
            result = call()
            session.finish()
        return result

    return fit  # type: ignore[return-value]


def _checkpoint_of(callbacks: Sequence[Any]) -> Checkpoint | None:
    found = [callback for callback in callbacks if isinstance(callback, Checkpoint)]
    if len(found) > 1:
        raise ValueError(f"callbacks has {len(found)} Checkpoints: pass one, with keep= for older files")
    return found[0] if found else None


def _within(layer: Any, resume: Any, checkpoint: Checkpoint | None, call: Callable[[], Any]) -> Any:
    session = current_session(layer)
    assert session is not None
    if resume is not None or (checkpoint is not None and checkpoint is not session.checkpoint):
        what = "resume" if resume is not None else "a Checkpoint"
        raise ValueError(
            f"pretrain_options has {what}, which belongs to the whole network: pass it to its fit"
        )
    return call()


def _session(
    model: Any,
    arguments: dict[str, Any],
    callbacks: Sequence[Any],
    resume: Any,
    checkpoint: Checkpoint | None,
) -> Session:
    """Read the checkpoint, and compare it with the fit, before anything changes."""
    parts = [model, *getattr(model, "hidden_layers", ())]
    said = _described(parts, arguments, callbacks)
    path = None if resume is None else file_name(resume, "resume")
    found = None if path is None else read_checkpoint(path)
    if found is not None:
        _compare(path, found, said)
    if checkpoint is not None:
        checkpoint._check_free(path)
    return Session(parts, said, found, checkpoint, callbacks)


def _described(parts: Sequence[Any], arguments: dict[str, Any], callbacks: Sequence[Any]) -> dict[str, str]:
    """Describe a fit: the models, the data, and all arguments that the numbers depend on."""
    names = ["model", *(f"layer {i}" for i in range(1, len(parts)))]
    said = {name: described_model(part) for name, part in zip(names, parts, strict=True)}
    said |= {name: described(value) for name, value in arguments.items() if name not in (*APART, "X")}
    model = parts[0]
    feed = feed_of(arguments["X"], dtype=model.dtype, labelled="Xtest" in arguments)
    said["X"] = described(arguments["X"]) if feed is None else described_feed(feed)
    said["backend"] = described(get_backend(arguments["backend"]))
    watching = [c for c in callbacks if not getattr(c, "observes_only", False)]
    said["callbacks"] = "[" + ", ".join(map(described_options, watching)) + "]"
    if arguments.get("keep_layers"):
        kept = [p.get_value(borrow=True) for part in parts[1:] for p in getattr(part, "forward_params", ())]
        said["parameters of the layers"] = described(kept)
    if arguments.get("warm_start") and model.is_fitted:
        values = [p.get_value(borrow=True) for p in getattr(model, "params", ())]
        said["parameters at the start"] = described(values or model.embedding_)
    return said


def _compare(path: str | None, found: dict[str, Any], said: dict[str, str]) -> None:
    """Raise where a checkpoint is one of another fit."""
    there = found["arguments"] | {"version of udl_pt": found["version"]}
    here = said | {"version of udl_pt": __version__}
    different = [
        f"  {name} is {here.get(name, 'missing')}, in the checkpoint {there.get(name, 'missing')}"
        for name in {**here, **there}
        if here.get(name) != there.get(name)
    ]
    if different:
        raise ValueError(
            "\n".join([f"{path} is a checkpoint of another training:", *different])
            + "\nPass the same data and arguments, or another path"
        )
