"""How improbable a count is: the upper tail of a negative binomial."""

from __future__ import annotations

import math

import numpy as np

_ROUNDS, _TINY = 300, 1e-300


def upper_tail(counts: np.ndarray, means: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """P(X >= count) for X negative binomial with the given mean and shape (variance = mean + mean^2 / shape).

    A Poisson count whose rate is Gamma-distributed has this distribution (Johnson, Kemp and Kotz, *Univariate
    Discrete Distributions*, ch. 5); its tail is the regularised incomplete beta function I_x(count, shape) with
    x = mean / (mean + shape). All three arrays have one shape; counts are >= 0, means and shapes > 0.
    """
    counts, means, shapes = (np.asarray(each, float) for each in (counts, means, shapes))
    tail = np.ones(np.broadcast(counts, means, shapes).shape)
    some = counts >= 1
    tail[some] = _incomplete_beta(counts[some], shapes[some], means[some] / (means[some] + shapes[some]))
    return np.clip(tail, _TINY, 1.0)


def _incomplete_beta(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """I_x(a, b) by Lentz's continued fraction (Numerical Recipes, 6.4), on the side where it converges fast."""
    swap = x > (a + 1) / (a + b + 2)
    first, second = np.where(swap, b, a), np.where(swap, a, b)
    at = np.where(swap, 1 - x, x)
    log_front = (
        _log_gamma(first + second)
        - _log_gamma(first)
        - _log_gamma(second)
        + first * np.log(np.maximum(at, _TINY))
        + second * np.log1p(-np.minimum(at, 1 - 1e-16))
    )
    part = np.exp(log_front) * _fraction(first, second, at) / first
    return np.where(swap, 1 - part, part)


def _fraction(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    c = np.ones_like(a)
    d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    found = d.copy()
    for m in range(1, _ROUNDS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1 / _away_from_zero(1 + step * d)
            c = _away_from_zero(1 + step / c)
            change = c * d
            found = found * change
        if np.all(np.abs(change - 1) < 1e-12):
            break
    return found


def _away_from_zero(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) < 1e-30, 1e-30, values)


def _log_gamma(values: np.ndarray) -> np.ndarray:
    """ln Gamma by Stirling's series above 8 (Abramowitz and Stegun, 6.1.41), and the recurrence down to there."""
    above = values + 8
    product = np.ones_like(values)
    for step in range(8):
        product = product * (values + step)
    square = 1 / np.square(above)
    series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / above
    return (above - 0.5) * np.log(above) - above + 0.5 * math.log(2 * math.pi) + series - np.log(product)
