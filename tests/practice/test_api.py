"""The API as a client meets it, beyond what was recorded."""

from __future__ import annotations

import pytest

CONFIGMAPS = "/api/v1/namespaces/payments/configmaps"


def config(name: str, **data: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


async def test_generation_counts_specs_and_not_labels_or_status(stage, admin, make_deployment):
    await stage.apply(make_deployment(), seconds=5)
    path = "/apis/apps/v1/namespaces/payments/deployments/api"
    merge = "application/merge-patch+json"
    assert (await admin("GET", path)).body["metadata"]["generation"] == 1
    labelled = await admin("PATCH", path, {"metadata": {"labels": {"x": "y"}}}, kind=merge)
    assert labelled.body["metadata"]["generation"] == 1
    assert (await admin("PATCH", path, {"status": {"replicas": 99}}, kind=merge)).body["status"]["replicas"] == 3
    told = await admin("PATCH", path + "/status", {"status": {"replicas": 99}}, kind=merge)
    assert told.body["metadata"]["generation"] == 1
    scaled = await admin("PATCH", path + "/scale", {"spec": {"replicas": 2}}, kind=merge)
    assert scaled.body["spec"] == {"replicas": 2}
    assert (await admin("GET", path)).body["metadata"]["generation"] == 2


async def test_a_write_that_changes_nothing_is_no_change(stage, admin):
    made = (await admin("POST", CONFIGMAPS, config("a", k="v"))).body
    again = await admin("PATCH", f"{CONFIGMAPS}/a", {"data": {"k": "v"}}, kind="application/merge-patch+json")
    assert again.body["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_strategic_merge_knows_containers_by_name(stage, admin, make_deployment):
    await stage.apply(make_deployment(env=[{"name": "A", "value": "1"}]))
    path, kind = "/apis/apps/v1/namespaces/payments/deployments/api", "application/strategic-merge-patch+json"
    container = {"name": "api", "env": [{"name": "B", "value": "2"}, {"name": "A", "$patch": "delete"}]}
    answer = await admin("PATCH", path, {"spec": {"template": {"spec": {"containers": [container]}}}}, kind=kind)
    kept = answer.body["spec"]["template"]["spec"]["containers"][0]
    assert kept["image"] == "registry.example.com/api:1"
    assert kept["env"] == [{"name": "B", "value": "2"}]


async def test_whoever_changed_a_field_stands_in_managed_fields(stage, admin):
    await admin("POST", f"{CONFIGMAPS}?fieldManager=first", config("a", k="v", other="1"))
    patch = await admin("PATCH", f"{CONFIGMAPS}/a?fieldManager=stead", {"data": {"k": "w"}}, kind="application/merge-patch+json")
    owned = {entry["manager"]: entry["fieldsV1"] for entry in patch.body["metadata"]["managedFields"]}
    assert owned == {"first": {"f:data": {"f:other": {}}}, "stead": {"f:data": {"f:k": {}}}}


async def test_server_side_apply_takes_back_what_it_no_longer_names(stage, admin):
    apply, path = "application/apply-patch+yaml", f"{CONFIGMAPS}/a?fieldManager=one"
    assert (await admin("PATCH", path, config("a", k="v", gone="1"), kind=apply)).status == 201
    assert (await admin("PATCH", path, config("a", k="v"), kind=apply)).body["data"] == {"k": "v"}
    refused = await admin("PATCH", f"{CONFIGMAPS}/a?fieldManager=two", config("a", k="w"), kind=apply)
    assert refused.body["message"] == 'Apply failed with 1 conflict: conflict with "one": .data.k'
    assert (await admin("PATCH", f"{CONFIGMAPS}/a?fieldManager=two&force=true", config("a", k="w"), kind=apply)).body["data"] == {"k": "w"}


async def test_finalizers_hold_and_release(stage, admin):
    held = config("held")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    await admin("POST", CONFIGMAPS, held)
    assert "deletionTimestamp" in (await admin("DELETE", f"{CONFIGMAPS}/held")).body["metadata"]
    added = await admin(
        "PATCH",
        f"{CONFIGMAPS}/held",
        {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}},
        kind="application/merge-patch+json",
    )
    assert added.status == 422
    await admin("PATCH", f"{CONFIGMAPS}/held", {"metadata": {"finalizers": None}}, kind="application/merge-patch+json")
    assert (await admin("GET", f"{CONFIGMAPS}/held")).status == 404


async def test_pages_show_one_state_even_while_it_changes(stage, admin):
    for number in range(5):
        await admin("POST", CONFIGMAPS, config(f"c{number}"))
    first = (await admin("GET", f"{CONFIGMAPS}?limit=3")).body
    assert first["metadata"]["remainingItemCount"] == 3  # kube-root-ca.crt is the sixth
    await admin("DELETE", f"{CONFIGMAPS}/c4")
    await admin("POST", CONFIGMAPS, config("c9"))
    rest = (await admin("GET", f"{CONFIGMAPS}?limit=9&continue={first['metadata']['continue']}")).body
    assert [item["metadata"]["name"] for item in rest["items"]] == ["c3", "c4", "kube-root-ca.crt"]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    await admin("DELETE", f"{CONFIGMAPS}/c3")
    stage.cluster.compact()
    expired = await admin("GET", f"{CONFIGMAPS}?limit=9&continue={first['metadata']['continue']}")
    assert (expired.status, expired.body["reason"]) == (410, "Expired")


async def test_a_watch_list_begins_with_the_state_and_goes_on(stage, admin):
    await admin("POST", CONFIGMAPS, config("a", k="1"))
    seen: list[tuple[str, str]] = []
    query = "watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=30"
    async for event in admin.watch(f"{CONFIGMAPS}?{query}"):
        meta = event["object"]["metadata"]
        if event["type"] == "BOOKMARK":
            assert meta["annotations"] == {"k8s.io/initial-events-end": "true"}
            assert meta["resourceVersion"] == str(stage.cluster.resource_version)
            stage.cluster.apply({**config("a", k="2"), "metadata": {"name": "a", "namespace": "payments"}})
            stage.cluster.delete("ConfigMap", "payments", "a")
        seen.append((event["type"], meta.get("name", "")))
        if event["type"] == "DELETED":
            break
    assert seen == [("ADDED", "a"), ("ADDED", "kube-root-ca.crt"), ("BOOKMARK", ""), ("MODIFIED", "a"), ("DELETED", "a")]


async def test_a_watch_resumes_without_a_gap_and_knows_when_it_cannot(stage, admin):
    version = stage.cluster.resource_version
    for name in ("a", "b"):
        await admin("POST", CONFIGMAPS, config(name))
    names = []
    async for event in admin.watch(f"{CONFIGMAPS}?watch=1&resourceVersion={version}&timeoutSeconds=30"):
        names.append(event["object"]["metadata"]["name"])
        if len(names) == 2:
            break
    assert names == ["a", "b"]
    stage.cluster.compact()
    gone = await admin("GET", f"{CONFIGMAPS}?watch=1&resourceVersion={version}")
    assert (gone.status, gone.body["type"]) == (200, "ERROR")
    assert (gone.body["object"]["code"], gone.body["object"]["reason"]) == (410, "Expired")
    assert gone.body["object"]["message"].startswith(f"too old resource version: {version}")


async def test_what_leaves_a_selector_is_deleted_for_its_watcher(stage, admin):
    labelled = config("a")
    labelled["metadata"]["labels"] = {"app": "web"}
    await admin("POST", CONFIGMAPS, labelled)
    kinds = []
    async for event in admin.watch(f"{CONFIGMAPS}?watch=1&resourceVersion=0&labelSelector=app%3Dweb&timeoutSeconds=30"):
        kinds.append(event["type"])
        if event["type"] == "ADDED":
            stage.cluster.edit("ConfigMap", "payments", "a", lambda obj: obj["metadata"].pop("labels"))
        else:
            break
    assert kinds == ["ADDED", "DELETED"]


async def test_stopping_the_cluster_ends_open_watches(stage, admin):
    kinds = []
    async for event in admin.watch(f"{CONFIGMAPS}?watch=1&resourceVersion=0"):
        kinds.append(event["type"])
        await stage.cluster.stop()
    assert kinds == ["ADDED"]


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", CONFIGMAPS, b"\xff\xfe", 400),
        ("POST", CONFIGMAPS, b"[]", 400),
        ("POST", CONFIGMAPS, b"null", 400),
        ("POST", CONFIGMAPS, {"metadata": "x"}, 400),
        ("POST", CONFIGMAPS, {"metadata": {"name": 7}}, 400),
        ("POST", "/apis/apps/v1/namespaces/payments/deployments", {"metadata": {"name": "x"}, "spec": "no"}, 400),
        ("POST", "/apis/apps/v1/namespaces/payments/deployments", {"metadata": {"name": "x"}, "spec": {"template": []}}, 400),
        ("PATCH", f"{CONFIGMAPS}/kube-root-ca.crt", b"{", 400),
        ("GET", f"{CONFIGMAPS}?fieldSelector=%3D%3D", None, 400),
        ("GET", "/api/v1/namespaces/payments/pods/x/exec?command=ls", None, 501),
        ("TRACE", CONFIGMAPS, None, 405),
    ],
)
async def test_bad_input_gets_a_status_and_never_a_traceback(stage, admin, method, path, body, code):
    answer = await admin(method, path, body, kind="application/merge-patch+json" if method == "PATCH" else "application/json")
    assert answer.status == code, answer.body
    assert answer.body["kind"] == "Status"
    assert answer.body["code"] == code
    assert stage.cluster.faults == []


async def test_the_audit_log_knows_who_did_what(stage, client_of):
    stage.cluster.user("stead", [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"]}])
    await client_of("stead")("POST", CONFIGMAPS, config("a"))
    last = stage.cluster.requests[-1]
    assert (last.user, last.verb, last.path, last.code, last.agent) == ("stead", "create", CONFIGMAPS, 201, "tester/1.0")


async def test_a_role_in_one_namespace_says_nothing_of_another(stage, client_of):
    stage.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
    stage.cluster.user(
        "viewer", [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"], "verbs": ["get"]}], namespace="payments"
    )
    viewer = client_of("viewer")
    assert (await viewer("GET", f"{CONFIGMAPS}/a")).status == 404
    assert (await viewer("GET", f"{CONFIGMAPS}/b")).status == 403
    assert (await viewer("GET", "/api/v1/namespaces/other/configmaps/a")).status == 403
    rules = await viewer("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {"spec": {"namespace": "payments"}})
    assert {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"], "verbs": ["get"]} in rules.body["status"][
        "resourceRules"
    ]
