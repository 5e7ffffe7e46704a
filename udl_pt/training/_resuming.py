"""A fit that can be resumed: which of its trainings are over, and the state in the present one.

A ``fit`` consists of trainings: one of each layer, say, and the fine-tuning. A resumed fit runs as at first,
from the same state of all generators. But trainings that were over are skipped: only the state that they left
is restored. The loop of the interrupted one starts where the checkpoint was taken. So whatever the fit
prepares is prepared again, and a checkpoint holds no data.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from udl_pt._support.exceptions import DataError
from udl_pt.training._snapshot import models_of, owner_of, put, sources_of, states_of, take, to_states
from udl_pt.training.progress import Progress, notify

__all__ = ["Session", "Training", "current_session", "entered"]

_current: ContextVar["Session | None"] = ContextVar("fit that can be resumed", default=None)


class Session:
    """One ``fit`` of a model, with the trainings within.

    Parameters
    ----------
    parts : list of models
        The model, and the layers that are fitted with it.
    arguments : mapping of str to str
        What the fit is about, described.
    found : mapping or None
        The state in a checkpoint from which this fit resumes.
    checkpoint : Checkpoint or None
        What writes checkpoints.
    callbacks : sequence of callable
        The callbacks of the fit.
    """

    def __init__(
        self,
        parts: Sequence[Any],
        arguments: Mapping[str, str],
        found: Mapping[str, Any] | None,
        checkpoint: Any,
        callbacks: Sequence[Any] = (),
    ) -> None:
        self.parts, self.arguments, self.found, self.checkpoint = parts, arguments, found, checkpoint
        self.callbacks: dict[str, Any] = {}
        self.models: list[Any] = []  # of callbacks
        self.number = -1  # of the present training
        self.start, self.ends = {}, []  # states of all generators before the fit, and after each training
        self._add(callbacks)
        self.start = states_of(self._sources())
        if checkpoint is not None:
            self.models = models_of(self._objects())
            checkpoint._start(self._state(None, None))  # what it can't hold is refused now
        if found is not None:
            self.start, self.ends = found["start"], list(found["ends"])
            self._restore_sources(self.start)

    @property
    def is_over(self) -> bool:
        """Whether the checkpoint is one of the finished fit."""
        return self.found is not None and self.found["loop"] is None

    def _add(self, callbacks: Sequence[Any]) -> None:
        """Note the callbacks of a training, each by its class and a number."""
        for callback in callbacks:
            owner = owner_of(callback)
            if any(owner is known for known in self.callbacks.values()):
                continue
            kind = f"callback {type(owner).__qualname__}"
            if getattr(owner, "observes_only", False) and hasattr(owner, "path"):
                kind += f" of {owner.path}"  # others may come and go
            number = 0
            while (name := f"{kind} {number}".removesuffix(" 0")) in self.callbacks:
                number += 1
            self.callbacks[name] = owner

    def _objects(self, step: Any = None) -> dict[str, Any]:
        """Return all that has state, by name."""
        names = ["model", *(f"layer {i}" for i in range(1, len(self.parts)))]
        found = dict(zip(names, self.parts, strict=True))
        if step is not None:
            found["step"] = [*step.variables, *step.streams]
        return found | self.callbacks

    def _sources(self, step: Any = None) -> dict[str, Any]:
        return sources_of(self._objects(step))

    def _restore_sources(self, states: Any, step: Any = None, *, all_: bool = False) -> None:
        with _fitting():
            to_states(self._sources(step), states, all_=all_)

    def restore(self, objects: Mapping[str, Any]) -> None:
        """Set objects to their state in the checkpoint."""
        assert self.found is not None
        with _fitting():
            put(dict(objects), self.found["objects"])

    def save(self, step: Any, loop: Mapping[str, Any] | None) -> None:
        """Write a checkpoint; `loop` is the state of the present training's loop, None after the last one."""
        self.checkpoint._write(lambda: self._state(step, loop))

    def _state(self, step: Any, loop: Mapping[str, Any] | None) -> dict[str, Any]:
        objects = self._objects(step)
        return {
            "arguments": dict(self.arguments),
            "start": self.start,
            "ends": self.ends,
            "number": self.number,
            "loop": None if loop is None else dict(loop),
            "sources": states_of(sources_of(objects)),
            "objects": take(objects, self.models),
        }

    def finish(self) -> None:
        """Restore what the finished fit had, or write its checkpoint."""
        if self.is_over and self.found is not None:
            self.restore(self._objects())
            self._restore_sources(self.found["sources"])
        elif self.checkpoint is not None:
            self.save(None, None)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Make this the session of the trainings in a block."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


class Training:
    """The present training of a session; without a session it does nothing.

    Attributes
    ----------
    is_over : bool
        Whether the checkpoint was taken after this training; it has been restored then.
    """

    def __init__(
        self, session: Session | None, model: Any, step: Any, progress: Progress, callbacks: Sequence[Any]
    ) -> None:
        self._session, self._step, self._progress, self._callbacks = session, step, progress, callbacks
        self.is_over = False
        self._loop: dict[str, Any] | None = None
        if session is None:
            return
        session.number += 1
        session._add(callbacks)
        found = session.found
        if found is None:
            return
        self.is_over = session.is_over or session.number < found["number"]
        if self.is_over:
            own = {name: part for name, part in session._objects().items() if part is model}
            session.restore(own)
        elif session.number == found["number"]:
            self._loop = loop = dict(found["loop"])
            progress.advance(**loop.pop("progress"))

    def resume(self) -> Mapping[str, Any] | None:
        """Restore the state of a resumed training, and return that of its loop; None where it is new."""
        session, loop = self._session, self._loop
        if session is not None and session.checkpoint is not None:
            session.models = models_of(session._objects())  # some may come with on_start
        if session is None or session.found is None or loop is None:
            return None
        sources = session.found["sources"]
        session.restore(session._objects(self._step))
        session._restore_sources(sources, self._step, all_=True)
        self._progress.hyper.update(loop.pop("hyper"))
        self._progress.stop = loop.pop("stop")
        session.found = None
        notify(self._callbacks, "on_resume", self._progress)
        return loop

    def after(self, moment: str, **loop: Any) -> None:
        """Write a checkpoint where one is due, after an "epoch" or a "batch" and all callbacks.

        Parameters
        ----------
        moment : {"epoch", "batch"}
            What has ended.
        **loop
            The state of the loop, as a resumed one starts.
        """
        session = self._session
        if session is None or session.checkpoint is None or not session.checkpoint._is_due(moment):
            return
        progress = self._progress
        now = {"epoch": progress.epoch, "batch": progress.batch, "cost": progress.cost}
        own = {"progress": now, "hyper": progress.hyper.copy(), "stop": progress.stop}
        session.save(self._step, own | loop)

    def leave(self) -> None:
        """Note that the training is over; the generators have the states that they had then."""
        session = self._session
        if session is None:
            return
        if self.is_over:
            session._restore_sources(session.ends[session.number], self._step)
        else:
            session.ends.append(states_of(session._sources(self._step)))


@contextmanager
def _fitting() -> Iterator[None]:
    """Turn errors into a DataError: the checkpoint doesn't fit the objects."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise DataError(f"the checkpoint doesn't fit this training: {error}") from error


def current_session(model: Any) -> Session | None:
    """Return the session that a model is fitted in; None where its fit can't be resumed."""
    session = _current.get()
    if session is None or not any(part is model for part in session.parts):
        return None
    return session


@contextmanager
def entered(model: Any, step: Any, progress: Progress, callbacks: Sequence[Any]) -> Iterator[Training]:
    """Enter a training of a model; yield it.

    Parameters
    ----------
    model : model
        The trained model.
    step : UpdateStep or None
        The step, with the shared variables that it updates, and its streams.
    progress : Progress
        The training's progress.
    callbacks : sequence of callable
        Its callbacks.
    """
    training = Training(current_session(model), model, step, progress, callbacks)
    yield training
    training.leave()
