"""Uids, generated names and hashes, from a seed.

Promise: the n-th object of a name gets the same uid in every run with the same seed, whatever else happens in between:
each value is derived from what it names, not drawn from one shared stream.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from stead.practice.objects import Obj

# Without vowels and look-alikes, so that no word appears: k8s.io/apimachinery/pkg/util/rand
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_MAX_PREFIX = 58  # generateName is cut so that name and suffix fit in 63: names.maxGeneratedNameLength


class Names:
    """The cluster's source of everything that a real one draws at random."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.drawn: Counter[str] = Counter()
        """How often each topic was drawn from: with the seed, all that decides what comes next."""

    def digest(self, *about: str) -> bytes:
        topic = "\0".join(about)
        self.drawn[topic] += 1
        return hashlib.sha256(f"{self.seed}\0{self.drawn[topic]}\0{topic}".encode()).digest()

    def uid(self, *about: str) -> str:
        raw = bytearray(self.digest("uid", *about)[:16])
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def suffix(self, *about: str, length: int = 5) -> str:
        return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in self.digest("suffix", *about)[:length])

    def generated(self, prefix: str, *about: str) -> str:
        return prefix[:_MAX_PREFIX] + self.suffix(prefix, *about)

    def hex(self, length: int, *about: str) -> str:
        return self.digest("hex", *about).hex()[:length]


def template_hash(template: Obj, collisions: int = 0) -> str:
    """`pod-template-hash`: FNV-1a over the template, in the safe alphabet.

    A real controller hashes Go's dump of the struct, so the letters differ from a real cluster; the form does not.
    """
    value = 0x811C9DC5
    text = json.dumps(template, sort_keys=True) + (str(collisions) if collisions else "")
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return "".join(_ALPHABET[ord(digit) % len(_ALPHABET)] for digit in str(value))
