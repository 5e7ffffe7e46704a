"""``theano.configparser``."""

from typing import TYPE_CHECKING

from udl_pt.theano._config import Config as TheanoConfigParser
from udl_pt.theano._config import change_flags, config, flags_of
from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.configparser",)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)


parse_config_string = flags_of


__all__ = public_names(globals(), _PLACES)
