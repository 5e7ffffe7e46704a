"""The generator MRG31k3p (L'Ecuyer and Touzin, 2000), compiled by Numba."""

import numba
import numpy as np

__all__ = ["M1", "M2", "fill"]

M1 = 2**31 - 1
M2 = 2**31 - 21069


@numba.njit(cache=True, inline="always")
def reduced(value, modulus):  # type: ignore[no-untyped-def]
    """Return a sum of two residues as a residue, with the arithmetic of 32-bit integers."""
    wrapped = np.int64(np.int32(value))
    if wrapped < 0 or wrapped >= modulus:
        wrapped = np.int64(np.int32(wrapped - modulus))
    return wrapped


@numba.njit(cache=True, nogil=True)
def fill(states, out, mask, offset, norm):  # type: ignore[no-untyped-def]
    """Fill `out` with numbers between 0 and 1, and move `states` on, both in place.

    Parameters
    ----------
    states : array of int32, (streams, 6)
        The streams; they take turns.
    out : array of floats, (n,)
        The numbers, each of which is ((an integer of 31 bits & mask) + offset) * norm.
    mask, offset : int
        See above.
    norm : float
        Of the dtype of `out`, in which the product is computed.
    """
    streams = states.shape[0]
    for start in range(0, out.shape[0], streams):
        for k in range(min(streams, out.shape[0] - start)):
            s = states[k]
            x11, x12, x13 = np.int64(s[0]), np.int64(s[1]), np.int64(s[2])
            x21, x22, x23 = np.int64(s[3]), np.int64(s[4]), np.int64(s[5])

            y = ((x12 & 511) << 22) + (x12 >> 9) + ((x13 & 16777215) << 7) + (x13 >> 24)
            y = reduced(reduced(y, M1) + x13, M1)

            z = reduced(((x21 & 65535) << 15) + 21069 * (x21 >> 16), M2)
            w = reduced(((x23 & 65535) << 15) + 21069 * (x23 >> 16), M2)
            z = reduced(reduced(w + x23, M2) + z, M2)

            s[0], s[1], s[2] = y, x11, x12
            s[3], s[4], s[5] = z, x21, x22
            difference = y - z
            if y <= z:
                difference += M1
            out[start + k] = (difference & mask) + offset
            out[start + k] *= norm
