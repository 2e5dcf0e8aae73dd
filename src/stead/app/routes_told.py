"""What the routes of a configuration amount to, and where something with certain labels would go. Needs no service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from stead.app.durations import duration_text
from stead.app.muting_settings import BUILT_IN, is_known
from stead.app.route_settings import routing_of
from stead.app.settings import Settings
from stead.domain.errors import UserError
from stead.domain.escalation import ladder_for
from stead.domain.finding import Severity
from stead.domain.keeping import Habits, kept
from stead.domain.muting import LABELS, Inhibition
from stead.domain.routing import ABOUT, INCIDENT, ROUTE_LABELS, SOURCE, Receiver, Route, Routing, Taken

Json = dict[str, Any]


def labels_of_words(words: Sequence[str]) -> dict[str, str]:
    """`["severity=critical", "namespace=dev"]` as labels. UserError for what is none, or a label that nothing has."""
    labels = {SOURCE: "stead", ABOUT: INCIDENT}
    for word in words:
        name, equals, value = word.partition("=")
        name, value = name.strip(), value.strip().strip('"')
        if not equals or not name:
            raise UserError(f"`{word[:60]}` is no label", hint="write NAME=VALUE, like severity=critical")
        if not (is_known(name) or name in ROUTE_LABELS):
            there = ", ".join((*LABELS, *ROUTE_LABELS))
            raise UserError(f"there is no label `{name[:60]}`", hint=f"there are {there}, label.NAME and namespace_label.NAME")
        labels[name] = value
    if labels.get("severity", "info") not in list(Severity):
        raise UserError(f"`{labels['severity'][:60]}` is no severity", hint=f"one of {', '.join(Severity)}")
    return labels


def tested(settings: Settings, labels: Mapping[str, str], now: datetime) -> Json:
    """Which routes take it, who is told by which channels after which waits, and what keeps or could keep it silent at `now`."""
    routing, channels = routing_of(settings.routes, settings.receivers), _channels(settings)
    root = routing.root or Route()
    return {
        "labels": dict(labels),
        "routes": [_taken(taken, routing, channels, settings) for taken in root.find(labels)],
        "channels": list(routing.plans(labels, channels)),
        "escalates": _escalates(settings, labels),
        "kept": list(_kept(routing, root.find(labels), channels, labels, now)),
        "muted": [_window(name, until) for name, until in _windows(settings, labels, now)],
        "inhibited": [_inhibition(rule) for rule in _inhibitions(settings) if rule.target.match(labels)],
    }


def shown(settings: Settings) -> list[Json]:
    """Every route of the tree, from the top."""
    routing, channels = routing_of(settings.routes, settings.receivers), _channels(settings)
    root = routing.root or Route()
    return [_taken(taken, routing, channels, settings) | {"continue": goes_on} for taken, goes_on in root.every()]


def _channels(settings: Settings) -> tuple[str, ...]:
    return tuple(channel.name for channel in settings.channels)


def _taken(taken: Taken, routing: Routing, channels: Sequence[str], settings: Settings) -> Json:
    waits, timing = taken.waits, settings.timing
    return {
        "path": list(taken.path),
        "receivers": [_receiver(receiver) for receiver in routing.named(taken.receivers, channels)],
        "group_wait": duration_text(timing.group_wait if waits.group_wait is None else waits.group_wait),
        "repeat_interval": None if waits.repeat_interval is None else duration_text(waits.repeat_interval),
        "group_interval": duration_text(timing.edit_wait if waits.group_interval is None else waits.group_interval),
    }


def _receiver(receiver: Receiver) -> Json:
    return {"name": receiver.name, "channels": list(receiver.channels)}


def _escalates(settings: Settings, labels: Mapping[str, str]) -> Json | None:
    """Who is told next while nobody acknowledges; None where nobody is. `asks`: only while a question of it waits for an answer."""
    ladders = [escalation.ladder() for escalation in settings.escalations]
    asks = ladder_for(ladders, labels, "") is None
    found = ladder_for(ladders, labels, "a question") if labels[ABOUT] == INCIDENT else None
    if found is None:
        return None
    ladder = found[1]
    steps = [{"after": duration_text(step.after), "receivers": list(step.receivers)} for step in ladder.steps]
    return {"name": ladder.name, "asks": asks, "steps": steps, "rounds": ladder.rounds}


def _kept(routing: Routing, routes: Sequence[Taken], channels: Sequence[str], labels: Mapping[str, str], now: datetime) -> Iterator[str]:
    """Which of the receivers would not be told at once at this moment."""
    severity = Severity(labels.get("severity", Severity.WARNING))
    for name in dict.fromkeys(receiver.name for taken in routes for receiver in routing.named(taken.receivers, channels)):
        habits = routing.receivers[name].habits if name in routing.receivers else Habits()
        if (waits := kept(name, habits, {}, severity, now)) is not None:
            yield str(waits)


def _windows(settings: Settings, labels: Mapping[str, str], now: datetime) -> Iterator[tuple[str, datetime | None]]:
    windows = (window.window() for window in settings.maintenance)
    yield from ((window.name, window.ends(now)) for window in windows if window.holds(now) and window.matchers.match(labels))


def _window(name: str, until: datetime | None) -> str:
    return f"maintenance {name}" + (f" until {until:%Y-%m-%d %H:%M} UTC" if until else "")


def _inhibitions(settings: Settings) -> Iterator[Inhibition]:
    yield from (*BUILT_IN, *(rule.inhibition() for rule in settings.inhibit_rules))


def _inhibition(rule: Inhibition) -> str:
    """The rule, as what would have to fire for it to hold."""
    return f"{rule.name}, while {rule.source} fires" + (f" with the same {', '.join(rule.equal)}" if rule.equal else "")
