"""An account of one object: which checks look at it, at its pods too, and what they said when they last did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stead.declare import Check
from stead.domain.finding import FindingState
from stead.domain.scan import Account, Word
from stead.estate.kubernetes.blindness import blind_checks
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.mirror import Mirror
from stead.estate.kubernetes.runner import Runner
from stead.estate.kubernetes.slices import Object, Pod
from stead.estate.kubernetes.view import ObjectKey, View


def account(mirror: Mirror, runner: Runner, kind: str, namespace: str, name: str) -> Account:
    """What is known of the objects of that name. `kind` and `namespace` "" mean any; case does not matter for the kind."""
    found = list(_named(mirror.view, kind.lower(), namespace, name))
    family = [*found, *_pods_of(mirror.view, found)]
    blind = blind_checks(runner.checks, mirror.blind)
    return Account(
        subjects=tuple(sorted({mirror.view.subject(obj) for obj in found})),
        words=tuple(word for check in runner.checks for word in _words(check, runner, family, blind=check.name in blind)),
        blind=tuple(sorted(f"{kind.plural}: {blindness.message}" for kind, blindness in mirror.blind.items())),
        not_covered=tuple(sorted(kind.resource for kind in mirror.absent)),
    )


def _named(view: View, kind: str, namespace: str, name: str) -> Iterator[Object]:
    for struct in view.structs():
        called = kind_of(struct)
        if kind in ("", called.kind.lower(), called.plural, called.resource):
            yield from (obj for obj in view.all(struct, namespace or None) if obj.metadata.name == name)


def _pods_of(view: View, found: Iterable[Object]) -> list[Pod]:
    """The pods that these objects control, through whatever lies between."""
    owners = {view.subject(obj).key for obj in found}
    spaces = {obj.metadata.namespace for obj in found}
    pods = (pod for space in spaces if space for pod in view.all(Pod, space))
    return [pod for pod in pods if (top := view.top(pod)) is not None and top.key in owners]


def _words(check: Check, runner: Runner, family: Iterable[Object], *, blind: bool) -> Iterator[Word]:
    """What one check says of each kind in the family that it looks at."""
    looked: dict[str, int] = {}
    for obj in family:
        if isinstance(obj, check.of):
            kind = kind_of(type(obj)).kind
            looked[kind] = looked.get(kind, 0) + 1
            for finding, until in runner.words(check.name, _key(obj)):
                waits = finding.state is FindingState.PROGRESSING
                yield Word(check=check.name, kind=kind, looked_at=1, finding=finding, until=until if waits else None)
    for kind, number in looked.items():
        yield Word(check=check.name, kind=kind, looked_at=number, blind=blind)


def _key(obj: Object) -> ObjectKey:
    return (type(obj), obj.metadata.namespace, obj.metadata.name)
