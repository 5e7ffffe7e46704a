"""What a script's own ``import`` statements find: today's modules, with the names that they have lost since.

How a script gets names that no library has any more, and no library sees a changed module:

- Python looks up `__import__` in the builtins of the code that holds the ``import`` statement. A script,
  and each module that lies beside it, gets a module ``builtins`` of its own (`Importer.builtins`), whose
  `__import__` is `Importer.import_`. The code of libraries keeps Python's.
- `Importer.import_` imports the module as always. Where the package `_shims` has names for it, the result
  is a `Proxy`: it serves these names itself, and reads and writes all others on the module. ``sys.modules``
  holds the module, never the proxy. A module that doesn't exist any more, such as
  ``sklearn.cross_validation``, is a proxy without a module behind it.
- `Siblings` finds the modules that lie beside the script, in folders that it has added to ``sys.path``,
  and in libraries of its time. It compiles them as the script itself is compiled, with the same builtins.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from udl_pt.theano._finder import is_theano
from udl_pt.theano._runner._report import note

__all__ = ["Importer", "Names", "Proxy", "Siblings"]

Names = Mapping[
    str, Callable[[], Mapping[str, Any]]
]  # by a module's name: what makes the names that it lacks
_MISSING = object()


class Proxy(ModuleType):
    """A module as the script sees it: names of ours first, then those of the module behind it."""

    def __init__(self, name: str, real: ModuleType | None, names: Mapping[str, Any], importer: "Importer"):
        super().__init__(name)
        if real is not None:  # then these are the module's
            for attribute in ("__doc__", "__loader__", "__package__", "__spec__"):
                del self.__dict__[attribute]
        self.__dict__.update(_udl_real=real, _udl_names=dict(names), _udl_importer=importer)

    def __getattr__(self, name: str) -> Any:
        """Return a name of ours, or one of the module's."""
        own = self.__dict__
        real, importer, full = own["_udl_real"], own["_udl_importer"], f"{own['__name__']}.{name}"
        if name == "__all__":
            return _public(self)
        found = own["_udl_names"].get(name, _MISSING)
        if found is not _MISSING:
            if getattr(real, name, _MISSING) is _MISSING:
                note(full)
            return found
        if real is not None:
            try:
                return importer.seen(full, getattr(real, name))
            except AttributeError as error:
                if full not in importer.names:
                    importer.missed(full, error)
                    raise
        if full in importer.names:
            return importer.module(full)
        raise AttributeError(f"module {own['__name__']!r} has no attribute {name!r}", name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a name of the module: a script that replaces ``sys.stdout`` means it."""
        if name in self.__dict__["_udl_names"] or self.__dict__["_udl_real"] is None:
            self.__dict__["_udl_names"][name] = value
        else:
            setattr(self.__dict__["_udl_real"], name, value)

    def __delattr__(self, name: str) -> None:
        """Delete a name of the module."""
        if self.__dict__["_udl_names"].pop(name, _MISSING) is _MISSING:
            delattr(self.__dict__["_udl_real"], name)

    def __dir__(self) -> list[str]:
        """List the names of both."""
        return sorted({*self.__dict__["_udl_names"], *dir(self.__dict__["_udl_real"])})

    def __repr__(self) -> str:
        """Show the module that stands behind it."""
        return repr(self.__dict__["_udl_real"] or f"<module {self.__name__!r} of udl_pt.theano>")


def _public(proxy: Proxy) -> list[str]:
    """Return what ``from module import *`` imports: never a name that would hide one of Python's builtins."""
    real, names = proxy.__dict__["_udl_real"], proxy.__dict__["_udl_names"]
    public = {name for name in names if not name.startswith("_")}
    if real is not None:
        theirs = getattr(real, "__all__", None)
        public.update([name for name in vars(real) if not name.startswith("_")] if theirs is None else theirs)
    if proxy.__name__.partition(".")[0] in ("numpy", "scipy", "pylab", "matplotlib"):
        public -= {"abs", "bool", "complex", "float", "int", "long", "max", "min", "object", "pow", "round"}
        public -= {"str", "unicode"}
    return sorted(public)


class Importer:
    """Serves the imports of a script and of the modules beside it.

    Parameters
    ----------
    names : mapping
        By a module's name, a function without arguments that returns the names that this module lacks.
    python2 : bool
        Whether an import within a package finds the package's own modules first.
    """

    def __init__(self, names: Names, python2: bool = False) -> None:
        self.names, self.python2 = names, python2
        self.builtins = ModuleType("builtins")
        self.proxies: dict[str, ModuleType] = {}
        self.on_seen: Callable[[str, Any], Any] = lambda name, value: value
        self.on_missed: Callable[[str, str], None] = lambda name, reason: None

    def import_(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Serve an ``import`` statement; it takes what Python's ``__import__`` takes."""
        package = (globals or {}).get("__package__") or ""
        if level > 0:
            name = importlib.util.resolve_name("." * level + name, package)
        elif self.python2 and package and "absolute_import" not in (globals or {}):
            beside = f"{package}.{name.partition('.')[0]}"
            if beside in sys.modules or importlib.util.find_spec(beside) is not None:
                name = f"{package}.{name}"
                level = -1
        module = self.module(name)
        if fromlist:
            for item in fromlist:
                self._submodule(module, name, item)
            return module
        if level == 0:
            return self.module(name.partition(".")[0])
        return self.module(f"{package}.{name[len(package) + 1 :].partition('.')[0]}") if level < 0 else module

    def _submodule(self, module: ModuleType, name: str, item: str) -> None:
        """Import a submodule that a ``from`` statement names, where the module has no such attribute."""
        if item == "*" or hasattr(module, item) or not (hasattr(module, "__path__") or name in self.names):
            return
        try:
            self.module(f"{name}.{item}")
        except ModuleNotFoundError as error:
            if error.name != f"{name}.{item}":
                raise

    def module(self, name: str) -> ModuleType:
        """Import a module; return it, or its proxy."""
        known = self.proxies.get(name)
        if known is not None:
            return known
        if not (name in self.names or is_theano(name)):
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as error:
                self.missed(name, error)
                raise
            return sys.modules[name]
        try:
            importlib.import_module(name)
            real: ModuleType | None = sys.modules[name]
        except ModuleNotFoundError as error:
            lost = error.name or ""
            if name not in self.names or not (name == lost or name.startswith(f"{lost}.")):
                self.missed(name, error)
                raise
            parent = name.partition(".")[0]
            if parent != name:
                importlib.import_module(parent) if parent not in self.names else self.module(parent)
            real = None
            note(name)
        names = self.names[name]() if name in self.names else {}
        proxy = self.proxies[name] = Proxy(name, real, names, self)
        return proxy

    def seen(self, name: str, value: Any) -> Any:
        """Return what the script gets for an attribute of a module that a proxy stands for."""
        if isinstance(value, ModuleType) and not isinstance(value, Proxy):
            for candidate in (name, value.__name__):
                if candidate in self.names or (is_theano(candidate) and candidate in sys.modules):
                    return self.module(candidate)
            return value
        return self.on_seen(name, value)

    def missed(self, name: str, error: Exception) -> None:
        """Note that there is nothing of this name."""
        self.on_missed(name, str(error))


class Siblings(importlib.abc.MetaPathFinder):
    """Finds the modules that belong to a script, and compiles them as the script is compiled.

    Parameters
    ----------
    folder : str
        The script's folder.
    libraries : iterable of str
        Packages of the script's time, wherever they are installed.
    compile_source : callable
        Takes a file's bytes and its path; returns the code.
    builtins : module
        The builtins of that code.
    """

    def __init__(
        self,
        folder: str,
        libraries: Iterable[str],
        compile_source: Callable[[bytes, str], CodeType],
        builtins: ModuleType,
    ) -> None:
        self.folder, self.libraries = os.path.realpath(folder), frozenset(libraries)
        self.before = {os.path.realpath(entry) for entry in sys.path} - {self.folder}
        paths = {os.path.realpath(path) for path in sysconfig.get_paths().values()} - {
            os.path.realpath(sys.prefix)
        }
        self.installed = tuple(sorted(paths))
        self.compile_source, self.builtins = compile_source, builtins
        self.loaded: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the specification of a module of the script's; None for the others."""
        parent, _, _ = fullname.rpartition(".")
        if (parent and parent not in self.loaded) or fullname == "udl_pt" or is_theano(fullname):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None:
            return None
        if spec.origin is None:  # a folder without __init__.py
            folders = {
                os.path.dirname(os.path.realpath(place)) for place in spec.submodule_search_locations or ()
            }
            if parent or any(map(self._is_ours, folders)):
                self.loaded.add(fullname)
            return spec
        if not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return None
        file = Path(spec.origin)
        at = file.parent.parent if spec.submodule_search_locations is not None else file.parent
        if not (parent or fullname in self.libraries or self._is_ours(os.path.realpath(at))):
            return None
        self.loaded.add(fullname)
        spec.loader = _Loader(fullname, spec.origin, self)
        return spec

    def _is_ours(self, folder: str) -> bool:
        if folder == self.folder:
            return True
        return folder not in self.before and not folder.startswith(self.installed)

    def forget(self) -> None:
        """Remove the script's modules from ``sys.modules``."""
        for name in self.loaded:
            sys.modules.pop(name, None)


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module beside the script; no compiled code is kept on disk."""

    def __init__(self, fullname: str, path: str, siblings: Siblings) -> None:
        super().__init__(fullname, path)
        self.siblings = siblings

    def get_code(self, fullname: str) -> CodeType:
        """Compile the module's source."""
        path = self.get_filename(fullname)
        return self.siblings.compile_source(self.get_data(path), path)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code, with the script's builtins."""
        module.__dict__["__builtins__"] = self.siblings.builtins
        exec(self.get_code(module.__name__), module.__dict__)
