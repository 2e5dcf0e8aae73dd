"""Resource quantities (`250m`, `1.5Gi`, `2e3`): parse to exact numbers, print in canonical form.

Source: `k8s.io/apimachinery/pkg/api/resource`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_FORM = re.compile(r"^([+-]?[0-9.]+)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?$")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


@lru_cache(maxsize=4096)
def parse(text: str | int | float) -> Fraction:
    """The exact value. Raises ValueError with the real server's sentence."""
    found = _FORM.match(str(text).strip())
    if not found:
        raise ValueError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    number, suffix = Fraction(found[1]), found[2] or ""
    if suffix in _DECIMAL:
        return number * Fraction(10) ** _DECIMAL[suffix]
    if suffix in _BINARY:
        return number * 1024 ** _BINARY[suffix]
    return number * Fraction(10) ** int(suffix[1:]) if suffix else number


@lru_cache(maxsize=4096)
def milli(text: str | int | float) -> int:
    """Rounded up to thousandths, as CPU is counted."""
    return _ceil(parse(text) * 1000)


@lru_cache(maxsize=4096)
def whole(text: str | int | float) -> int:
    """Rounded up to whole units, as bytes and pods are counted."""
    return _ceil(parse(text))


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


def text(value: Fraction, like: str = "") -> str:
    """The canonical form: binary suffixes when `like` has one, else decimal, thousandths for what is not whole."""
    if like.endswith("i"):
        for suffix, power in reversed(_BINARY.items()):
            if value and value % 1024**power == 0:
                return f"{value // 1024**power}{suffix}"
    if value.denominator != 1:
        return f"{_ceil(value * 1000)}m"
    for suffix, power in (("G", 9), ("M", 6), ("k", 3)):
        if value and value % 10**power == 0:
            return f"{value // 10**power}{suffix}"
    return str(value)
