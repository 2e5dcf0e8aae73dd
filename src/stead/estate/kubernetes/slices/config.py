"""Configuration: keys, never values."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from msgspec import field

from stead.estate.kubernetes.slices.meta import Object


class ConfigMap(Object, frozen=True):
    """Only the names of the keys are kept: values are thrown away the moment they are decoded."""

    GONE: ClassVar[msgspec.Raw] = msgspec.Raw(b"null")

    data: dict[str, msgspec.Raw] = field(default_factory=dict[str, msgspec.Raw])
    binary_data: dict[str, msgspec.Raw] = field(default_factory=dict[str, msgspec.Raw])

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "data", dict.fromkeys(self.data, self.GONE))
        msgspec.structs.force_setattr(self, "binary_data", dict.fromkeys(self.binary_data, self.GONE))

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self.data) | frozenset(self.binary_data)
