"""Names that libraries had in Theano's time, by module; only a script's own imports find them.

Each module here has a dictionary ``MODULES``: by a module's name, a function that returns the names. It is
called when the script first imports this module, so that no library is imported that the script doesn't use.
"""

import importlib.util

from udl_pt.theano._runner._imports import Names

__all__ = ["modules"]


def modules(python2: bool = False) -> Names:
    """Return the names that are served, by module."""
    from udl_pt.theano._runner._shims import of_matplotlib, of_numpy, of_python, of_scipy, of_six, of_sklearn

    found = {
        **of_python.MODULES,
        **of_numpy.MODULES,
        **of_scipy.MODULES,
        **of_sklearn.MODULES,
        **of_matplotlib.MODULES,
    }
    for package in {name.partition(".")[0] for name in of_six.MODULES}:
        if importlib.util.find_spec(package) is None:
            found |= {name: of_six.MODULES[name] for name in of_six.MODULES if name.startswith(package)}
    if python2:
        from udl_pt.theano._runner import _modules2

        found |= _modules2.MODULES
    return found
