"""Places on the unit cube where a sampled design has its points."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

_OF_THE_DESIGN = (0, 0xDE51)
"""The spawn key of the random numbers of a design: no run's has its length and words."""
LEVELS = 4
"""Of a Morris design, unless it says otherwise."""


def rows_of(design: str, samples: int, size: int) -> int:
    """Return how many places a design has."""
    match design:
        case "saltelli":
            return samples * (size + 2)
        case "morris":
            return samples * (size + 1)
    return samples


def block_of(design: str, size: int) -> int:
    """Return how many places one behind the other make a block, which a method reads as a whole."""
    return rows_of(design, 1, size)


def places_of(
    design: str, samples: int, size: int, *, seed: int, levels: int | None = None
) -> NDArray[np.float64]:
    """Return the places of a design, shape (rows, parameters), each number from 0 to 1."""
    sequence = np.random.SeedSequence(seed, spawn_key=_OF_THE_DESIGN)
    rng = np.random.default_rng(sequence)
    if design in ("saltelli", "morris"):
        return _by_salib(design, samples, size, rng, levels or LEVELS)
    if design == "random":
        return rng.random((samples, size))
    from scipy.stats import qmc  # half a second that a grid need not wait for

    kind = qmc.LatinHypercube if design == "latin-hypercube" else qmc.Sobol
    drawn: NDArray[np.float64] = kind(size, rng=rng).random(samples)
    return drawn


def _by_salib(
    design: str, samples: int, size: int, rng: np.random.Generator, levels: int
) -> NDArray[np.float64]:
    """Return a Saltelli sample without second-order blocks, or the trajectories of Morris."""
    names = [f"p{number}" for number in range(size)]
    problem = {"num_vars": size, "names": names, "bounds": [[0.0, 1.0]] * size}
    with quiet():
        from SALib.sample import morris, sobol

        if design == "saltelli":
            drawn = sobol.sample(problem, samples, calc_second_order=False, seed=rng)
        else:
            drawn = morris.sample(problem, samples, num_levels=levels, seed=rng)
    places: NDArray[np.float64] = np.clip(drawn, 0.0, 1.0)
    return places


@contextmanager
def quiet() -> Iterator[None]:
    """Keep SALib's warnings about its own libraries to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
