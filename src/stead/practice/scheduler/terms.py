"""Terms that pick pods or nodes: of affinities, of spreading, of volumes. Source: `k8s.io/component-helpers/scheduling/corev1`."""

from __future__ import annotations

from collections.abc import Iterable

from stead.practice.objects import Obj, each, field, inside, labels_of, name_of, namespace_of
from stead.practice.selectors import LabelSelector, Requirement, expressions, from_object
from stead.practice.world import World


def node_matches(selector: Obj | None, node: Obj) -> bool:
    """A NodeSelector: any of its terms; one that is empty matches nothing."""
    return any(node_term(term, node) for term in each(selector or {}, "nodeSelectorTerms"))


def node_term(term: Obj, node: Obj) -> bool:
    by_label, by_field = expressions(each(term, "matchExpressions")), expressions(each(term, "matchFields"))
    if not by_label and not by_field:
        return False
    fields = {"metadata.name": name_of(node)}
    return all(r.matches(labels_of(node)) for r in by_label) and all(r.matches(fields) for r in by_field)


def wants_node(pod: Obj, node: Obj) -> bool:
    """`nodeSelector` and the required node affinity."""
    spec = pod["spec"]
    if not spec.get("nodeSelector") and not spec.get("affinity"):
        return True
    labels = labels_of(node)
    if not all(labels.get(key) == value for key, value in inside(spec, "nodeSelector").items()):
        return False
    required = inside(spec, "affinity", "nodeAffinity").get("requiredDuringSchedulingIgnoredDuringExecution")
    return required is None or node_matches(required, node)


def own_selector(pod: Obj, given: Obj) -> LabelSelector | None:
    """The selector of an affinity term or a spread constraint, with what its `(mis)matchLabelKeys` add of the pod's labels."""
    selector = from_object(given.get("labelSelector"))
    if selector is None:
        return None
    mine = labels_of(pod)
    more = [Requirement(key, "in", (mine[key],)) for key in each(given, "matchLabelKeys") if key in mine]
    less = [Requirement(key, "notin", (mine[key],)) for key in each(given, "mismatchLabelKeys") if key in mine]
    return LabelSelector((*selector.requirements, *more, *less))


class PodTerm:
    """One term of a pod's affinity or anti-affinity."""

    def __init__(self, world: World, owner: Obj, term: Obj) -> None:
        self.topology: str = term.get("topologyKey") or ""
        self._selector = own_selector(owner, term)
        self._namespaces = _namespaces(world, owner, term)

    def matches(self, pod: Obj) -> bool:
        return self._selector is not None and namespace_of(pod) in self._namespaces and self._selector.matches(labels_of(pod))


def _namespaces(world: World, owner: Obj, term: Obj) -> set[str]:
    named: list[str] = each(term, "namespaces")
    if (selector := from_object(field(term, "namespaceSelector"))) is not None:
        found = (name_of(space) for space in world.store.list("namespaces") if selector.matches(labels_of(space)))
        return {*named, *found}
    return set(named) or {namespace_of(owner)}


def required_terms(world: World, pod: Obj, kind: str) -> list[PodTerm]:
    """Of `podAffinity` or `podAntiAffinity`."""
    given: Iterable[Obj] = each(pod["spec"], "affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution")
    return [PodTerm(world, pod, term) for term in given]
