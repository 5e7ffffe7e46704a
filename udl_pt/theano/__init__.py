"""Run programs that were written for Theano on PyTensor.

``python -m udl_pt.theano script.py`` runs a script unmodified. After `install`, a notebook or a program
writes ``import theano``. The modules behind that name have Theano's names and meaning. Their variables and
types are PyTensor's own classes.
"""

from udl_pt.theano._finder import install, uninstall
from udl_pt.theano._runner import run_script

__all__ = ["install", "run_script", "uninstall"]
