"""What to do about an error of a script that was written for Python 2, or that asks a question."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

__all__ = ["explain", "is_ours", "shorten"]

FOLDERS = (str(Path(__file__).parent), str(Path(__file__).parents[1] / "__main__.py"))
BUILTINS = frozenset(
    [
        "apply",
        "basestring",
        "buffer",
        "cmp",
        "coerce",
        "execfile",
        "file",
        "intern",
        "long",
        "raw_input",
        "reduce",
        "reload",
        "unichr",
        "unicode",
        "xrange",
        "StandardError",
    ]
)
MODULES = frozenset(
    [
        "BaseHTTPServer",
        "ConfigParser",
        "Cookie",
        "HTMLParser",
        "Image",
        "Queue",
        "SimpleHTTPServer",
        "SocketServer",
        "StringIO",
        "Tkinter",
        "UserDict",
        "UserList",
        "UserString",
        "__builtin__",
        "cPickle",
        "cStringIO",
        "commands",
        "cookielib",
        "copy_reg",
        "exceptions",
        "httplib",
        "md5",
        "sets",
        "sha",
        "thread",
        "tkFileDialog",
        "urllib2",
        "urlparse",
        "xmlrpclib",
    ]
)
ATTRIBUTES = frozenset(
    [
        "decode",
        "has_key",
        "ifilter",
        "imap",
        "iteritems",
        "iterkeys",
        "itervalues",
        "izip",
        "izip_longest",
        "letters",
        "lowercase",
        "maketrans",
        "maxint",
        "next",
        "quote",
        "setdefaultencoding",
        "sort",
        "uppercase",
        "urlencode",
        "urlopen",
        "urlretrieve",
        "im_func",
        "func_name",
        "func_code",
    ]
)
SIGNS = (
    "'float' object cannot be interpreted as an integer", "slice indices must be integers", "'dict_keys'",
    "'dict_values'", "'dict_items'", "'map' object", "type 'map'", "'zip' object", "type 'zip'",
    "'filter' object",
    "type 'filter'", "'range' object does not", "(not \"range\")", "'range' and 'list'",
    "'cmp' is an invalid",
    "a bytes-like object is required", "must be str, not bytes", "should return bytes",
    "'range' object has no",
    "only integers, slices", "initial_value must be str", "iterator should return strings, not bytes",
)  # fmt: skip
RUN = "run it with --python2"


def explain(error: BaseException, sources: dict[str, bytes]) -> str | None:
    """Return a sentence that names the way out of an error; None where it is the script's own.

    Parameters
    ----------
    error : BaseException
        What the script raised.
    sources : dict of bytes
        The sources of the script and of its modules, by path.
    """
    if isinstance(error, SyntaxError):
        from udl_pt.theano._runner._python2 import needs_python2

        source = sources.get(error.filename or "")
        if source is not None and needs_python2(source, error.filename or ""):
            return f"{error.filename} is written for Python 2: {RUN}"
    elif isinstance(error, NameError) and error.name in BUILTINS:
        return f"{error.name!r} is a name of Python 2: {RUN}"
    elif isinstance(error, ImportError):
        name = error.name or ""
        lost = next((word for word in ATTRIBUTES if f"import name '{word}'" in str(error)), None)
        if name.partition(".")[0] in MODULES or lost is not None:
            return f"{lost or name!r} is a name of Python 2: {RUN}"
        beside = {Path(path).parent / (name.partition(".")[0] + ".py") for path in sources}
        if isinstance(error, ModuleNotFoundError) and any(path.exists() for path in beside):
            return f"{name!r} lies beside the module that imports it, where Python 2 looks first: {RUN}"
    elif isinstance(error, AttributeError) and error.name in ATTRIBUTES:
        return f"{error.name!r} is a name of Python 2: {RUN}"
    elif isinstance(error, UnicodeDecodeError) and error.encoding == "ascii":
        return f"Python 2 wrote this pickle, and reads it as bytes: {RUN}, or pass encoding='latin1' to load"
    elif isinstance(error, (TypeError, IndexError, AttributeError)) and any(
        sign in str(error) for sign in SIGNS
    ):
        return f"If this script was written for Python 2, {RUN}"
    elif isinstance(error, EOFError) and _asks(error):
        return (
            "The script asks a question, and there is nobody to answer: pass --answer TEXT, once a question"
        )
    return None


def _asks(error: BaseException) -> bool:
    return any("input" in (frame.line or "") for frame in traceback.extract_tb(error.__traceback__))


def shorten(error: BaseException) -> None:
    """Remove the frames of the runner, and of Python's own importing, from a traceback and those it names."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = _without_ours(one.__traceback__)
        waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    kept = [part for part in _parts(trace) if not is_ours(part.tb_frame.f_code.co_filename)]
    linked: TracebackType | None = None
    for part in reversed(kept):
        linked = TracebackType(linked, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return linked


def _parts(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def is_ours(path: str) -> bool:
    """Return whether a file is the runner's, or one of those through which Python imports."""
    return path.startswith((*FOLDERS, "<frozen importlib")) or path.endswith("/importlib/__init__.py")
