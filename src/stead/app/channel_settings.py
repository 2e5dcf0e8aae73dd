"""Each channel's own keys, checked by its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from stead.app.config_errors import as_user_error, nearest
from stead.app.settings import ChannelSettings, Settings
from stead.app.yaml_file import Written
from stead.declare import ChannelKind
from stead.domain.errors import UserError


def channel_settings(
    settings: Settings, kinds: Mapping[str, ChannelKind], written: Written | None = None
) -> Iterator[tuple[ChannelSettings, ChannelKind, Any]]:
    """Each channel with its kind and its kind's settings. UserError, with the line where `written` is the file, for the first mistake."""
    source = written or Written("configuration")
    for index, channel in enumerate(settings.channels):
        under = ("channels", index)
        kind = kinds.get(channel.kind)
        if kind is None:
            meant = nearest(channel.kind, kinds)
            raise UserError(
                f"{source.name}:{source.line((*under, 'kind'))}: there is no channel of the kind `{channel.kind[:60]}`",
                hint=f"did you mean `{meant}`?" if meant else f"one of {', '.join(sorted(kinds))}",
            )
        try:
            yield channel, kind, kind.settings.model_validate(channel.own)
        except ValidationError as error:
            raise as_user_error(error, source, kind.settings, under) from None
