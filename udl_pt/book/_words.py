"""The words of the report that follow the data, and how the data's images are drawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from udl_pt.datasets import Dataset

__all__ = ["Words", "drawn", "for_matplotlib", "names_of", "on_in_filters", "words_of"]

LONGEST_NAME = 14  # characters of a label in a picture


@dataclass(frozen=True)
class Words:
    """The words for the data's rows and columns.

    Attributes
    ----------
    item : str
        What a row shows: ``"digit"``, ``"face"``, ``"image"`` or ``"row"``.
    sample : str
        ``"image"`` or ``"row"``.
    feature : str
        ``"pixel"`` or ``"column"``.
    kind : str
        What a label tells: ``"digit"`` or ``"class"``.
    """

    item: str
    sample: str
    feature: str
    kind: str

    @property
    def are_digits(self) -> bool:
        """Whether the rows show digits, of which the report knows more to say."""
        return self.item == "digit"

    @property
    def kinds(self) -> str:
        """The plural of `kind`."""
        return "digits" if self.are_digits else "classes"

    @property
    def another(self) -> str:
        """Where a row's neighbour is if its label differs: ``"another digit"`` or ``"of another class"``."""
        return "another digit" if self.are_digits else "of another class"

    def apart(self, K: int) -> str:
        """Return what a network of K classes learns to tell apart."""
        return "digits" if self.are_digits else f"{K} classes of {self.item}s"


def words_of(data: Dataset) -> Words:
    """Return the words for a data set."""
    table = data.noun == "row"
    return Words(
        item=data.noun,
        sample="row" if table else "image",
        feature="column" if table else "pixel",
        kind="digit" if data.noun == "digit" else "class",
    )


def on_in_filters(data: Dataset) -> str:
    """Return what switches a hidden unit on in a picture of its weights."""
    if data.image_shape is not None and len(data.image_shape) == 3:
        return "colours that switch a unit on (gray is zero)"
    parts = "strokes" if data.noun == "digit" else "pixels"
    return f"{parts} that switch a unit on (blue) or off (red)"


def drawn(data: Dataset) -> dict[str, Any]:
    """Return the arguments `image_shape` and `cmap` of functions that plot images of a data set."""
    return {"image_shape": data.image_shape, "cmap": "gray_r" if data.ink else "gray"}


def names_of(data: Dataset, labels: Iterable[int]) -> list[str]:
    """Return the names of labels for a picture, which are short."""
    names = (data.label_names[label] for label in labels)
    return [name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…" for name in names]


def for_matplotlib(names: Iterable[str]) -> list[str]:
    """Return names that matplotlib draws as they are, without a formula between dollar signs."""
    return [name.replace("$", r"\$") for name in names]
