"""What a sweep is to do: a model, data, and the options, seeds and folds of its trials."""

import inspect
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sklearn.model_selection import ParameterGrid, ParameterSampler

from udl_pt._support.arguments import check_count
from udl_pt._support.exceptions import DataError
from udl_pt._support.files import printable
from udl_pt._support.messages import shown
from udl_pt.sweeps._models import check_names, fit_names, model_class, new_model
from udl_pt.sweeps._values import add_folder, is_reference, resolved

__all__ = ["Plan", "Trial", "read_plan"]

DATA = ("place", "label", "image_shape", "resize", "X", "Y")
LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Trial:
    """One fit of a sweep.

    Attributes
    ----------
    options : dict of str to object
        What varies, by name, as the plan has it.
    seed : int
        The seed of weights, orders and draws.
    fold : int
        The fold that is held out, from 0; 0 where a plan has no folds.

    Examples
    --------
    >>> from udl_pt.sweeps import Plan
    >>> for trial in Plan("RBM", {"place": "digits"}, grid={"M": [3, 4]}).trials:
    ...     print(trial)
    Trial(options={'M': 3}, seed=0, fold=0)
    Trial(options={'M': 4}, seed=0, fold=0)
    """

    options: Mapping[str, Any]
    seed: int
    fold: int

    @property
    def key(self) -> tuple[str, int, int]:
        """The options as JSON, the seed and the fold: equal for equal trials."""
        return json.dumps(self.options, sort_keys=True), self.seed, self.fold


@dataclass(frozen=True)
class Plan:
    """A sweep: a trial for each setting of the options, each seed and each fold.

    Parameters
    ----------
    model : str
        The name of a model of the library, or ``"module:name"`` of a class with such a ``fit``.
    data : mapping
        ``place``, with ``label``, ``image_shape`` and ``resize``: arguments of `udl_pt.load_data`. Or ``X``,
        and ``Y`` where there are labels: an ``.npy`` file, which is read by rows, or a call that returns a
        source of rows.
    options : mapping
        Arguments of the constructor and of ``fit`` that are equal in all trials.
    grid : mapping, or list of mappings
        Lists of values by the argument's name. Every combination is a setting.
    random : mapping
        Lists of values, or calls that return a distribution of SciPy, by the argument's name. `draws` of
        their combinations are settings.
    draws : int, optional
        The number of settings that are drawn.
    draws_seed : int
        Seed of these draws.
    seeds : list of int
        Each is the ``random_state`` of one trial for each setting and fold.
    folds : int, optional
        The number of parts of the rows, each held out in one trial. Where there are labels, each part has its
        share of each class. Otherwise ``fit`` holds out the share `validation`, 0.1 unless the options say
        another.
    score : str, optional
        The record whose last value is the trial's score, and the lower the better. Or ``"module:name"`` of a
        function of the trained model, the rows held out, and their labels. Default: ``"valid_errors"`` with
        labels, else ``"valid_costs"``.
    patience : int, optional
        Training stops after this number of epochs without a better score, and the best parameters are kept.
    threads : int
        BLAS threads of a fit. How BLAS rounds depends on it.
    folder : str, optional
        Modules of this folder can be imported, and names of files are relative to it. Default: the current
        one.

    Attributes
    ----------
    trials : list of Trial
        All trials, in the order in which they start.
    kind : type
        The model's class.
    score_name : str
        The name of the record that is the score, or the reference of a function.

    Raises
    ------
    TypeError, ValueError
        For a value that doesn't fit, and an argument that the model doesn't have.

    Examples
    --------
    >>> from udl_pt.sweeps import Plan
    >>> plan = Plan("RBM", {"place": "digits"}, {"M": 20}, grid={"k": [1, 2], "mu": [0, 0.5]}, seeds=[0, 1])
    >>> len(plan.trials)
    8
    """

    model: str
    data: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    grid: Any = None
    random: Mapping[str, Any] | None = None
    draws: int | None = None
    draws_seed: int = 0
    seeds: list[int] = field(default_factory=lambda: [0])
    folds: int | None = None
    score: str | None = None
    patience: int | None = None
    threads: int = 1
    folder: str = ""

    def __post_init__(self) -> None:  # noqa: D105
        object.__setattr__(self, "folder", os.path.abspath(self.folder or "."))
        add_folder(self.folder)
        try:
            json.dumps(vars(self))
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"the plan has a value that JSON can't hold ({error}): expected numbers, texts, truth "
                "values, lists and tables of these"
            ) from None
        _check_mapping(self.data, "data", DATA)
        if "place" in self.data and ("X" in self.data or "Y" in self.data):
            raise ValueError("data has place and X or Y, expected one of them")
        if "Y" in self.data and "X" not in self.data:
            raise ValueError("data has Y without X: pass X, too")
        for name in ("folds", "draws", "patience"):
            if (value := getattr(self, name)) is not None:
                check_count(value, name, at_least=2 if name == "folds" else 1)
        check_count(self.threads, "threads")
        check_count(self.draws_seed, "draws_seed", at_least=0, at_most=LARGEST_SEED)
        if not isinstance(self.seeds, list) or not self.seeds:
            raise TypeError(f"seeds is {shown(self.seeds)}, expected a list of integers, such as [0, 1]")
        for seed in self.seeds:
            check_count(seed, "seeds", at_least=0, at_most=LARGEST_SEED)
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds is {shown(self.seeds)}, expected different ones")
        if self.score is not None and not isinstance(self.score, str):
            raise TypeError(f"score is {shown(self.score)}, expected the name of a record, or 'module:name'")
        if self.patience is not None and is_reference(self.score):
            raise ValueError(f"patience is {self.patience}, but score is a function: name a record as score")
        if (self.random is None) != (self.draws is None):
            missing = "draws" if self.draws is None else "random"
            raise ValueError(f"{missing} is missing: a random search needs [random] and draws")
        if self.grid is not None and self.random is not None:
            raise ValueError("the plan has grid and random, expected one of them")
        _check_mapping(self.options, "options")
        check_names(self.kind, self.options, "options")
        if self.folds and "validation" in self.options:
            raise ValueError("validation is set, but folds are the rows held out: remove one of them")
        self.score_name  # noqa: B018  an error if there is none
        for setting in self._settings():
            check_names(self.kind, setting, "grid" if self.random is None else "random")
            if both := set(setting) & set(self.options):
                raise ValueError(f"{min(both)} varies, but is in options, too: remove it there")
            new_model(self.kind, {**self.options, **setting}, self.seeds[0])

    @property
    def kind(self) -> Any:
        """The model's class."""
        return model_class(self.model)

    @property
    def score_name(self) -> str:
        """The name of the record that is the score, or the reference of a function."""
        if self.score is not None:
            return self.score
        names = fit_names(self.kind)
        if "validation" not in names:
            raise ValueError(
                f"score is missing: fit of {self.model} records no costs of rows held out. Name a record, or "
                "the 'module:name' of a function"
            )
        return "valid_errors" if "Y" in names else "valid_costs"

    @property
    def trials(self) -> list[Trial]:
        """All trials, in the order in which they start."""
        folds = range(self.folds or 1)
        return [Trial(s, seed, fold) for s in self._settings() for seed in self.seeds for fold in folds]

    def _settings(self) -> list[dict[str, Any]]:
        name = "grid" if self.random is None else "random"
        spaces: Any = getattr(self, name)
        if spaces is None:
            return [{}]
        for space in spaces if isinstance(spaces, list) and spaces else [spaces]:
            _check_mapping(space, name)
            for option, values in space.items():
                is_call = name == "random" and isinstance(values, Mapping) and "call" in values
                if not (is_call or (isinstance(values, list) and values)):
                    raise ValueError(f"{option} of {name} is {shown(values)}, expected a list of values")
        if self.random is None:
            found = list(ParameterGrid(spaces))
        else:
            space = {k: v if isinstance(v, list) else resolved(v) for k, v in self.random.items()}
            for option, values in space.items():
                if not (isinstance(values, list) or hasattr(values, "rvs")):
                    raise ValueError(
                        f"{option} of random is {shown(values)}, expected a distribution of SciPy"
                    )
            if all(isinstance(values, list) for values in space.values()):
                n_settings = len(ParameterGrid(space))
                if self.draws is not None and self.draws > n_settings:  # of which the sampler warns
                    raise ValueError(
                        f"draws is {self.draws}, but random has {n_settings} combinations: draw fewer, or "
                        "use grid for all of them"
                    )
            try:
                found = list(ParameterSampler(space, self.draws, random_state=self.draws_seed))
            except ValueError as error:
                raise ValueError(f"random can't be drawn from: {error}") from error
        plain = [{k: v.tolist() if hasattr(v, "tolist") else v for k, v in s.items()} for s in found]
        return list({json.dumps(s, sort_keys=True): s for s in plain}.values())


def read_plan(path: Any) -> Plan:
    r"""Read a sweep's plan from a TOML file.

    Parameters
    ----------
    path : path-like
        The file. Its keys and tables are the parameters of `Plan`. Modules beside it can be imported.

    Returns
    -------
    Plan

    Raises
    ------
    OSError
        When the file can't be read.
    DataError
        When it is no TOML, or has a key of another name.
    TypeError, ValueError
        As `Plan`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from udl_pt.sweeps import read_plan
    >>> _ = Path("sweep.toml").write_text('model = "RBM"\n[grid]\nM = [3, 4]\n')
    >>> read_plan("sweep.toml").grid
    {'M': [3, 4]}
    """
    file = Path(path)
    try:
        found = tomllib.loads(file.read_bytes().decode())
    except ValueError as error:
        raise DataError(f"{printable(file)} is no TOML: {error}") from error
    names = [name for name in inspect.signature(Plan).parameters if name != "folder"]
    if unknown := [name for name in found if name not in names]:
        raise DataError(f"{printable(file)} has the key {unknown[0]!r}, expected one of {', '.join(names)}")
    if "model" not in found:
        raise DataError(f'{printable(file)} has no model: name one, such as model = "RBM"')
    return Plan(**found, folder=str(file.resolve().parent))


def _check_mapping(value: Any, name: str, keys: tuple[str, ...] | None = None) -> None:
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is {shown(value)}, expected a table of values by name")
    for key in value:
        if keys is not None and key not in keys:
            raise ValueError(f"{name} has the key {key!r}, expected one of {', '.join(keys)}")
