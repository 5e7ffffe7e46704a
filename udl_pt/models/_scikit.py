"""What scikit-learn's versions name differently."""

from sklearn.base import BaseEstimator

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before 1.6
    validate_data = BaseEstimator._validate_data

__all__ = ["validated"]

validated = validate_data
