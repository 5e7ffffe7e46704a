"""Errors of the library."""

__all__ = ["DataError", "DivergenceError", "NotFittedError"]


class NotFittedError(ValueError, AttributeError):
    """The model has no parameters yet."""


class DataError(ValueError):
    """A file doesn't hold what it should."""


class DivergenceError(ValueError):
    """A step was not finite, and the parameters are those before it; or a recorded cost was not."""
