"""Cases in which `udl_pt.theano` knowingly differs from the original, each with its reason.

They must fail: one that passes no longer belongs here.
"""

KNOWN: dict[str, str] = {}
KNOWN_IN_FLOAT32: dict[str, str] = {}
