"""``theano.misc.pkl_utils``: a zip file of a pickled object and its arrays."""

import io
import pickle
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable

from udl_pt.theano._names import fallback, public_names

_PLACES = ("pytensor.misc.pkl_utils",)

if not TYPE_CHECKING:
    __getattr__ = fallback(__name__, _PLACES)


DEFAULT_PROTOCOL = HIGHEST_PROTOCOL = pickle.HIGHEST_PROTOCOL


class PersistentNdarrayID:
    """Writes arrays as files of their own into the zip file."""

    def __init__(self, zip_file):
        self.zip_file, self.count, self.seen = zip_file, 0, {}

    def _name_of(self, obj):
        self.count += 1
        return f"array_{self.count - 1}"

    def __call__(self, obj):
        """Return the name under which an array was written; None for other objects."""
        if type(obj) is not np.ndarray or obj.dtype.hasobject:
            return None
        if id(obj) not in self.seen:
            name = self._name_of(obj)
            with self.zip_file.open(name, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, obj, allow_pickle=False)
            self.seen[id(obj)] = name, obj
        return f"numpy.ndarray.{self.seen[id(obj)][0]}"


class PersistentSharedVariableID(PersistentNdarrayID):
    """Names the arrays of shared variables after these."""

    def __init__(self, zip_file, allow_unnamed=True, allow_duplicates=True):
        super().__init__(zip_file)
        self.names, self.taken = {}, Counter(["pkl"])
        self.allow_unnamed, self.allow_duplicates = allow_unnamed, allow_duplicates

    def _name_of(self, obj):
        return self.names.get(id(obj)) or super()._name_of(obj)

    def __call__(self, obj):
        """Keep the name of a shared variable for its array."""
        if isinstance(obj, SharedVariable):
            if not obj.name:
                if not self.allow_unnamed:
                    raise ValueError(f"a shared variable has no name: {obj!r}")
            else:
                self.taken[obj.name] += 1
                n = self.taken[obj.name]
                if n > 1 and not self.allow_duplicates:
                    raise ValueError(f"two shared variables have the name {obj.name!r}")
                array = obj.get_value(borrow=True, return_internal_type=True)
                self.names[id(array)] = obj.name if n == 1 else f"{obj.name}_{n}"
        return super().__call__(obj)


class PersistentNdarrayLoad:
    """Reads arrays from the zip file."""

    def __init__(self, zip_file):
        self.zip_file, self.seen = zip_file, {}

    def __call__(self, persistent_id):
        """Return the array of a name."""
        name = persistent_id.rsplit(".", 1)[-1] if isinstance(persistent_id, str) else persistent_id
        if name not in self.seen:
            with self.zip_file.open(name) as file:
                self.seen[name] = np.lib.format.read_array(file, allow_pickle=False)
        return self.seen[name]


def dump(obj, file_handler, protocol=DEFAULT_PROTOCOL, persistent_id=PersistentSharedVariableID):
    """Write an object into a zip file, its arrays beside it."""
    with zipfile.ZipFile(file_handler, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as zip_file:
        buffer = io.BytesIO()
        name_of = persistent_id(zip_file)

        class Pickler(pickle.Pickler):
            def persistent_id(self, obj):
                return name_of(obj)

        Pickler(buffer, protocol=protocol).dump(obj)
        zip_file.writestr("pkl", buffer.getvalue())


def load(f, persistent_load=PersistentNdarrayLoad):
    """Read what `dump` wrote. A pickle runs code: load only files that you trust."""
    with zipfile.ZipFile(f) as zip_file:
        array_of = persistent_load(zip_file)

        class Unpickler(pickle.Unpickler):
            def persistent_load(self, pid):
                return array_of(pid)

        return Unpickler(zip_file.open("pkl")).load()


__all__ = public_names(globals(), _PLACES)
