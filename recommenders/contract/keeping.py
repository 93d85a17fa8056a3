"""Contracts of what is kept: settings, and a state of arrays that serves like the original."""

import tempfile
from pathlib import Path

import numpy as np

from recommenders.base import State, checked_settings
from recommenders.contract.boards import SIZE, checkerboard, of_no_acts
from recommenders.contract.declared import faults_of
from recommenders.contract.judging import Candidate, ContractBroken, require, scores_of
from recommenders.errors import SettingsError

ALL = tuple(range(SIZE))


def declares(candidate: Candidate) -> None:
    """The class has the methods, says what it can in known words, and takes its own defaults."""
    faults = faults_of(candidate.chosen)
    require(not faults, "; ".join(faults))


def refuses_settings(candidate: Candidate) -> None:
    """A setting of a wrong kind or an unknown name is refused, and named."""
    defaults = candidate.chosen.defaults
    for name, value in (("nonsense", 1), *((name, [1, 2]) for name in defaults)):
        try:
            candidate.chosen(checked_settings({name: value}, defaults))
        except SettingsError as error:
            require(
                error.field == f"settings.{name}", f"a wrong {name} is refused as {error.field}"
            )
        else:
            raise ContractBroken(f"the setting {name}={value!r} is taken")


def state_of_arrays(candidate: Candidate) -> None:
    """The state is named arrays of numbers or bytes, finite all of them."""
    for name, array in candidate.fitted(checkerboard()).state().items():
        require(isinstance(array, np.ndarray), f"{name} of the state is {type(array).__name__}")
        require(array.dtype.kind in "biufS", f"{name} of the state is of type {array.dtype}")
        finite = array.dtype.kind != "f" or bool(np.isfinite(array).all())
        require(finite, f"{name} of the state holds numbers that are not finite")


def round_trip(candidate: Candidate) -> None:
    """What is restored from the state's files, which cannot be written to, scores alike to the bit.

    Serving knows nothing else, so what an engine would predict has to be in them.
    """
    for data, units in ((checkerboard(), (*ALL, -1)), (of_no_acts(4), (-1,))):
        recommender = candidate.fitted(data)
        with tempfile.TemporaryDirectory() as folder:
            state = _from_files(Path(folder), recommender.state())
            restored = candidate.chosen.from_state(state, candidate.settings)
            scores = scores_of(restored, *units)
            same = np.array_equal(scores, scores_of(recommender, *units), equal_nan=True)
            require(same, "what was saved and loaded scores differently")


def _from_files(folder: Path, state: State) -> State:
    """Return the state as artifacts hand it out: mapped files."""
    for name, array in state.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
    return {name: np.lib.format.open_memmap(folder / f"{name}.npy", mode="r") for name in state}
