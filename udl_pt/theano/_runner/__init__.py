"""Run a script of Theano's time: `run_script`, which ``python -m udl_pt.theano`` calls."""

import importlib
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from udl_pt.backends._choice import set_backend, set_choice
from udl_pt.theano import _finder
from udl_pt.theano._runner._hints import explain, shorten
from udl_pt.theano._runner._imports import Importer, Siblings
from udl_pt.theano._runner._report import Report, recording

__all__ = ["LIBRARIES", "run_script"]

# Libraries of Theano's time that are installed as packages: they get what the script gets.
LIBRARIES = (
    "blocks",
    "breze",
    "deepy",
    "fuel",
    "keras",
    "keras_applications",
    "keras_contrib",
    "keras_preprocessing",
    "lasagne",
    "nolearn",
    "opendeep",
    "pylearn2",
    "theanets",
)


def run_script(
    path: str | os.PathLike[str],
    arguments: Sequence[str] = (),
    *,
    python2: bool = False,
    figures: str | os.PathLike[str] | None = None,
    answers: Iterable[str] = (),
    seed: int | None = None,
    backend: str | None = None,
    report: str | os.PathLike[str] | None = None,
    libraries: Iterable[str] = (),
) -> dict[str, Any]:
    r"""Run a script that was written for Theano, as ``__main__``.

    Parameters
    ----------
    path : str or path
        The script.
    arguments : sequence of str, optional
        Become ``sys.argv[1:]``.
    python2 : bool, optional
        Whether the script, and the modules beside it, are written for Python 2. Needs the package fissix.
    figures : str or path, optional
        The folder for figures. Default: the current folder where there is no display, otherwise Matplotlib's
        windows.
    answers : iterable of str, optional
        What ``input()`` and ``raw_input()`` return, one after the other.
    seed : int, optional
        Seeds the global generators of NumPy and `random`, and those that the script makes without a seed.
    backend : {"numba", "c", "jax"}, optional
        Default: that of `udl_pt.backends.get_backend`.
    report : str or path, optional
        A file: which names were served differently from PyTensor or are missing, shims, figures, and seconds.
    libraries : iterable of str, optional
        Further packages that are compiled as the script is, wherever they are installed.

    Returns
    -------
    dict
        The script's global names.

    Raises
    ------
    BaseException
        What the script raised, `SystemExit` too. Notes on the error name the option that it needs.

    Examples
    --------
    >>> from pathlib import Path
    >>> from udl_pt.theano import run_script
    >>> lines = ["import theano.tensor as T", "print T.arange(7).eval(), 7 / 2, round(2.5)"]
    >>> _ = Path("old.py").write_text("\n".join(lines))
    >>> names = run_script("old.py", python2=True)
    [0 1 2 3 4 5 6] 3 3.0
    >>> names["T"].__name__
    'theano.tensor'
    """
    path = os.fspath(path)
    source = Path(path).read_bytes()
    used = Report(path)
    outcome = "finished"
    with ExitStack() as stack:
        if report is not None:
            stack.callback(lambda: used.write(report))
        try:
            with _settings(used, figures, seed, backend):
                words, names = [path, *map(str, arguments)], {*LIBRARIES, *libraries}
                return _run(path, source, words, used, python2, list(answers), names)
        except SystemExit as error:
            code = 0 if error.code is None else error.code
            outcome = f"exit status {code if isinstance(code, int) else 1}"
            raise
        except BaseException as error:
            outcome = f"{type(error).__name__}: {error}"
            raise
        finally:
            used.finish(outcome)


def _run(
    path: str,
    source: bytes,
    argv: list[str],
    used: Report,
    python2: bool,
    answers: list[str],
    libraries: set[str],
) -> dict[str, Any]:
    """Compile and run the script."""
    sources: dict[str, bytes] = {}
    importer, compile_source = _language(python2, answers, sources)
    with ExitStack() as stack:
        stack.enter_context(_face(importer, used))
        folder = os.path.dirname(os.path.realpath(path))
        siblings = Siblings(folder, libraries, compile_source, importer.builtins)
        main = ModuleType("__main__")
        main.__dict__.update(__file__=os.path.abspath(path), __builtins__=importer.builtins)
        stack.enter_context(_as_main(main, argv, folder, siblings))
        try:
            exec(compile_source(source, os.path.abspath(path)), main.__dict__)
        except BaseException as error:
            shorten(error)
            sentence = None if python2 and not isinstance(error, EOFError) else explain(error, sources)
            if sentence is not None:
                error.add_note(f"udl_pt.theano: {sentence}.")
            raise
        return main.__dict__


@contextmanager
def _settings(used: Report, figures: Any, seed: int | None, backend: str | None) -> Iterator[None]:
    """Set what holds for the whole process, while a script runs."""
    from udl_pt.theano._runner._seeds import seeding

    with warnings.catch_warnings(), seeding(seed), _backend(backend), recording(used):
        if not sys.warnoptions:
            for category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning, SyntaxWarning):
                warnings.simplefilter("ignore", category)
        with _writing_figures(figures), _arrays_as_then():
            yield


def _language(
    python2: bool, answers: list[str], sources: dict[str, bytes]
) -> tuple[Importer, Callable[[bytes, str], CodeType]]:
    """Return what serves the imports of the script, and what compiles it."""
    import builtins

    from udl_pt.theano._runner import _shims, _source

    importer = Importer(_shims.modules(python2), python2)
    own = importer.builtins.__dict__
    own |= {**vars(builtins), **_source.builtins_for(), "__import__": importer.import_}
    ask = _asking(answers)
    own["input"] = ask
    compiler: Callable[[bytes, str], CodeType] = _source.compile_python3
    if python2:
        from udl_pt.theano._runner._builtins2 import builtins2, functions2
        from udl_pt.theano._runner._python2 import compile_python2

        own |= {**builtins2(ask), **functions2()}
        importer.proxies["__builtin__"] = importer.builtins
        compiler = compile_python2
    importer.proxies["builtins"] = importer.builtins

    def compile_source(source: bytes, path: str) -> CodeType:
        sources[path] = source
        return compiler(source, path)

    return importer, compile_source


def _asking(answers: list[str]) -> Callable[..., str]:
    """Return a function that serves ``input``: the prepared answers first, then standard input."""

    def ask(prompt: object = "", /) -> str:
        if not answers:
            return input(prompt)
        answer = answers.pop(0)
        print(f"{prompt}{answer}")  # noqa: T201
        return answer

    return ask


@contextmanager
def _backend(name: str | None) -> Iterator[None]:
    """Compile on a backend, while a script runs."""
    if name is None:
        yield
        return
    before = set_choice()
    set_backend(name)
    try:
        yield
    finally:
        set_backend(before)


@contextmanager
def _face(importer: Importer, used: Report) -> Iterator[None]:
    """Install `theano` for the script, and note which names it uses."""
    from udl_pt.theano._runner._names import watch

    installed = _finder._finder in sys.meta_path
    _finder.install()

    def seen(name: str, value: Any) -> Any:
        return watch(name, value, used)

    def missed(name: str, reason: str) -> None:
        if _finder.is_theano(name):
            used.missing.setdefault(name, reason)

    importer.on_seen = seen
    importer.on_missed = missed
    try:
        yield
    finally:
        if not installed:
            _finder.uninstall()


@contextmanager
def _writing_figures(chosen: Any) -> Iterator[None]:
    """Write figures into files where nothing can show them."""
    if importlib.util.find_spec("matplotlib") is None:
        yield
        return
    from udl_pt.theano._runner import _figures

    if not _figures.wanted(chosen):
        yield
        return
    with _figures.into(chosen):
        yield


@contextmanager
def _arrays_as_then() -> Iterator[None]:
    """Print NumPy's numbers in lists without their type's name, as before NumPy 2."""
    import numpy as np

    with np.printoptions(legacy="1.25"):
        yield


@contextmanager
def _as_main(main: ModuleType, argv: list[str], folder: str, siblings: Siblings) -> Iterator[None]:
    """Make a module ``__main__``, with the arguments and the search path that Python would set."""
    before = sys.modules["__main__"], sys.argv, list(sys.path)
    sys.modules["__main__"], sys.argv = main, argv
    sys.path.insert(0, folder)
    sys.meta_path.insert(0, siblings)
    try:
        yield
    finally:
        sys.meta_path.remove(siblings)
        siblings.forget()
        sys.modules["__main__"], sys.argv = before[:2]
        sys.path[:] = before[2]
