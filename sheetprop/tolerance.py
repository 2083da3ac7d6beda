"""How nearly equal two computed numbers must be to count as the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Numbers = np.ndarray | float


@dataclass(frozen=True)
class Tolerance:
    """Allowed difference: ``relative`` times the magnitude, and near zero at least ``absolute``."""

    relative: float
    absolute: float

    def allows(self, found: Numbers, expected: Numbers, magnitude: Numbers = 0.0) -> np.ndarray:
        """Whether ``found`` is ``expected``, element by element; NaN (#NUM!) is only NaN.

        ``magnitude`` is the size of the numbers that were subtracted, where that is more than the result's own:
        a difference cannot be more exact than what it was taken of.
        """
        scale = np.fmax(np.abs(expected), magnitude)
        near: np.ndarray = np.abs(found - expected) <= np.fmax(self.relative * scale, self.absolute)
        return near | (np.isnan(found) & np.isnan(expected))

    def relative_of_sum(self, count: int) -> float:
        """The relative tolerance of a sum of ``count`` numbers of one sign, in whatever order it is added.

        Each addition rounds by at most half of 2^-52 of the sum (N. J. Higham, "The accuracy of floating point
        summation", SIAM J. Sci. Comput. 14, 1993); some programs compensate for it and others do not.
        """
        return max(self.relative, count * 2.0**-52)


TOLERANCE = Tolerance(relative=1e-12, absolute=1e-15)
"""For the same formula computed by two programs, whose exponential functions may differ in the last digit."""
