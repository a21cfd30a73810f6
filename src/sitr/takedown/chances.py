"""Three distributions in a few lines, so that a ranking needs no numerical library: beta, normal, Student's t.

Pure. Accurate to about 1e-9, far below what a handful of outcomes can tell. Not here: what is estimated with them.
"""

import math

_TINY = 1e-300
_MOST_TERMS = 5_000


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for a, b > 0: the share of Beta(a, b) below x.

    By its continued fraction (DLMF 8.17.22) with Lentz's method, on the side of the mean where it converges fast.
    """
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(1 - x, b, a)
    front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return min(1.0, math.exp(front) / (a * _fraction(x, a, b)))


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)), with the d of DLMF 8.17.23."""
    value, above, below = 1.0, 1.0, 0.0
    for step in range(1, _MOST_TERMS):
        m = step // 2
        if step % 2:
            d = -(a + m) * (a + b + m) * x / ((a + step - 1) * (a + step))
        else:
            d = m * (b - m) * x / ((a + step - 1) * (a + step))
        below = 1 / _not_zero(1 + d * below)
        above = _not_zero(1 + d / above)
        value *= above * below
        if abs(above * below - 1) < 1e-13:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def beta_quantile(share: float, a: float, b: float) -> float:
    """The x below which `share` of Beta(a, b) lies, by halving, to 1e-7."""
    low, high = 0.0, 1.0
    while high - low > 1e-7:
        middle = (low + high) / 2
        low, high = (middle, high) if beta_share(middle, a, b) < share else (low, middle)
    return (low + high) / 2


def normal_share(z: float) -> float:
    """The share of a standard normal below z."""
    return math.erfc(-z / math.sqrt(2)) / 2


def normal_density(z: float) -> float:
    """The density of a standard normal at z; 0 at the ends."""
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi) if math.isfinite(z) else 0.0


def t_quantile_90(degrees: float) -> float:
    """The 0.9 quantile of Student's t, by its expansion in 1/degrees (Abramowitz and Stegun 26.7.5); degrees >= 3."""
    z = 1.2815515655446004
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / degrees + second / degrees**2 + third / degrees**3


def mean_and_variance_between(low: float, high: float, mean: float, spread: float) -> tuple[float, float]:
    """Mean and variance of a normal (mean, spread) that is known to lie between `low` and `high` (which may be
    infinite; low < high). Far out in a tail, where nothing is left to divide by, it lies at the nearer end.
    """
    a, b = (low - mean) / spread, (high - mean) / spread
    inside = normal_share(b) - normal_share(a) if a < 0 else normal_share(-a) - normal_share(-b)
    if inside < 1e-12:
        return (low if a > 0 else high), 0.0
    at_a, at_b = normal_density(a), normal_density(b)
    shift = (at_a - at_b) / inside
    edges = (a * at_a if math.isfinite(a) else 0.0) - (b * at_b if math.isfinite(b) else 0.0)
    variance = max(0.0, 1 + edges / inside - shift * shift)
    found = min(max(mean + spread * shift, low), high)
    return found, spread * spread * variance
