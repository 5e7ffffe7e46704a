"""``theano.config``: Theano's settings, read from ``THEANO_FLAGS`` and ``.theanorc``.

Settings that PyTensor has, and that mean the same there, are PyTensor's own. All others are kept here. They
can be read and set as in Theano, and change nothing.
"""

import configparser
import contextlib
import functools
import os
import shlex
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytensor

from udl_pt.theano._settings import DEFAULTS, FIXED, OPTIONS, PYTENSORS
from udl_pt.theano._test_values import switch

__all__ = ["Config", "Setting", "change_flags", "config"]

_FALSE, _TRUE = {"False", "false", "0"}, {"True", "true", "1"}
_OLD_GPU = "the old GPU back-end was removed from Theano"
_NO_GPU = "udl_pt.theano computes on the CPU: set device=cpu, or choose udl_pt's backend 'jax' for a GPU"


def _device(value: str) -> str:
    if value == "cpu":
        return value
    if value.startswith("gpu"):
        raise ValueError(f"device={value}: {_OLD_GPU}, use device=cuda there. {_NO_GPU}")
    if value.startswith(("cuda", "opencl")):
        raise ValueError(f"device={value}: there is no GPU back-end. {_NO_GPU}")
    raise ValueError(f'Invalid value ("{value}") for configuration variable "device". Valid options are cpu')


class Setting:
    """A setting of Theano's: its value, and how a text becomes one."""

    def __init__(self, name: str, default: Any = None) -> None:
        self.fullname, self.default, self.is_fixed = name, default, name in FIXED
        self._pytensors = name.replace(".", "__") if name in PYTENSORS else None

    @property
    def value(self) -> Any:
        """The value."""
        if self._pytensors is None:
            return vars(self).get("_value", self.default)
        value = getattr(pytensor.config, self._pytensors)
        return str(value) if isinstance(value, Path) else value

    def set(self, value: Any) -> None:
        """Set the value, from a text too."""
        value = self._converted(value)
        if self._pytensors is not None:
            setattr(pytensor.config, self._pytensors, value)
        else:
            self._value = value
        if self.fullname == "compute_test_value":
            switch(value)

    def set_by_script(self, value: Any) -> None:
        """Set the value after the import of Theano."""
        if self.is_fixed:
            raise Exception("Can't change the value of this config parameter after initialization!")
        self.set(value)

    def _converted(self, value: Any) -> Any:
        if self.fullname == "device":
            return _device(value)
        options = OPTIONS.get(self.fullname)
        if options is not None and str(value) not in options:
            raise ValueError(
                f'Invalid value ("{value}") for configuration variable "{self.fullname}". '
                f"Valid options are {options}"
            )
        if self._pytensors is not None or options is not None:
            return value
        if isinstance(self.default, bool):
            if str(value) in _TRUE | _FALSE:
                return str(value) in _TRUE
            raise ValueError(
                f"Invalid value ({value}) for configuration variable {self.fullname!r}: not a bool"
            )
        return type(self.default)(value)


class Config:
    """Theano's settings as attributes: ``config.floatX``, ``config.warn.subtensor_merge_bug``."""

    _i_am_a_config_class = True

    def __init__(self, settings: dict[str, Setting], section: str = "") -> None:
        vars(self).update(_settings=settings, _section=section)

    def __getattr__(self, name: str) -> Any:
        """Return a setting's value, or the section of this name."""
        full = self._section + name
        if full in self._settings:
            return self._settings[full].value
        if any(known.startswith(f"{full}.") for known in self._settings):
            return Config(self._settings, f"{full}.")
        raise AttributeError(f"theano.config has no setting {full!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a setting; other names become plain attributes, as in Theano."""
        full = self._section + name
        if full in self._settings:
            self._settings[full].set_by_script(value)
        else:
            vars(self)[name] = value

    def __str__(self) -> str:
        return "".join(f"{name}\n    Value:  {s.value}\n\n" for name, s in self._settings.items())

    @contextlib.contextmanager
    def change_flags(self, args: Any = (), **flags: Any) -> Iterator[None]:
        """Change settings in a ``with`` block or a decorated function."""
        with change_flags(args, **flags):
            yield


class change_flags(contextlib.ContextDecorator):
    """Change settings in a ``with`` block or a decorated function."""

    def __init__(self, args: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), **flags: Any) -> None:
        self._flags = {name.replace("__", "."): value for name, value in {**dict(args), **flags}.items()}
        unknown = [name for name in self._flags if name not in config._settings]
        if unknown:
            raise AssertionError(f"theano.config has no setting {unknown[0]!r}")

    def __enter__(self) -> None:
        self._before = {name: config._settings[name].value for name in self._flags}
        try:
            for name, value in self._flags.items():
                config._settings[name].set_by_script(value)
        except Exception:
            self.__exit__()
            raise

    def __exit__(self, *error: object) -> None:
        for name, value in self._before.items():
            if config._settings[name].value != value:
                config._settings[name].set(value)


def flags_of(text: str) -> dict[str, str]:
    """Return the settings of a text such as ``floatX=float32,device=cpu``."""
    splitter = shlex.shlex(text, posix=True)
    splitter.whitespace, splitter.whitespace_split = ",", True
    found = {}
    for pair in filter(None, (part.strip() for part in splitter)):
        name, equals, value = pair.partition("=")
        if equals:
            found[name] = value
        else:
            warnings.warn(f"Config key {name!r} has no value, ignoring it", stacklevel=3)
    return found


def of_files(files: Iterable[str]) -> dict[str, str]:
    """Return the settings of ``.theanorc`` files; those of later files win."""
    parser = configparser.RawConfigParser()
    parser.read([os.path.expanduser(name) for name in files])
    return {
        option if section == "global" else f"{section}.{option}": value
        for section in parser.sections()
        for option, value in parser.items(section)
    }


@functools.cache
def _lower_names() -> dict[str, str]:
    """Return the settings' names by their lower-case forms, as `configparser` has them."""
    return {name.lower(): name for name in (*PYTENSORS, *DEFAULTS)}


def read_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment and its files set, of Theano's settings."""
    files = environment.get("THEANORC", "~/.theanorc").split(os.pathsep)
    names = _lower_names()
    found = {names[n.lower()]: v for n, v in of_files(files).items() if n.lower() in names}
    found.update(
        (n, v) for n, v in flags_of(environment.get("THEANO_FLAGS", "")).items() if n in names.values()
    )
    return found


# These name folders and compilers of Theano's, which PyTensor keeps elsewhere.
_NOT_TAKEN = {"base_compiledir", "compiledir", "blas.ldflags", "gcc.cxxflags", "cxx"}


def _new_config() -> Config:
    settings = {name: Setting(name) for name in PYTENSORS}
    settings |= {name: Setting(name, default) for name, default in DEFAULTS.items()}
    return Config(dict(sorted(settings.items())))


config = _new_config()


def apply_environment() -> Callable[[], None]:
    """Set what ``THEANO_FLAGS`` and ``.theanorc`` ask for; return a function that undoes it."""
    before = {}
    for name, value in read_settings(os.environ).items():
        if name not in _NOT_TAKEN:
            before[name] = config._settings[name].value
            config._settings[name].set(value)

    def undo() -> None:
        for name, value in before.items():
            config._settings[name].set(value)

    return undo


def kept_settings() -> Callable[[], None]:
    """Return a function that sets all settings back to what they are now."""
    kept = (s for name, s in config._settings.items() if not (s.is_fixed or name in _NOT_TAKEN))
    before = {setting: setting.value for setting in kept}

    def undo() -> None:
        for setting, value in before.items():
            if setting.value != value:
                setting.set(value)

    return undo
