"""`kubectl create` and its friends, which newer kubectl sends as protobuf: what arrives is what it says that it would send."""

from __future__ import annotations

import json
from typing import Any

import pytest

HERE = ("-n", "payments")
COMMANDS = {
    "Deployment": "deployment web --image=registry.example.com/web:1 --replicas=2 --port=80 -n payments -- serve --port 80",
    "Job": "job once --image=registry.example.com/job:1 -n payments -- date -u",
    "CronJob": "cronjob often --image=registry.example.com/job:1 --schedule=*/5 -n payments -- date",
    "Service": "service nodeport web --tcp=80:8080 --tcp=443:https --node-port=30080 -n payments",
    "Ingress": "ingress web --class=nginx --rule=a.example.com/x*=web:80,tls=cert --rule=b.example.com/=web:http -n payments",
    "PodDisruptionBudget": "poddisruptionbudget web --selector=app=web --min-available=50% -n payments",
    "ResourceQuota": "quota web --hard=pods=10,requests.cpu=1500m,limits.memory=2Gi --scopes=NotBestEffort -n payments",
    "PriorityClass": "priorityclass web --value=-7 --description=later --preemption-policy=Never",
    "Role": "role web --verb=get,list --resource=pods,deployments.apps --resource-name=one -n payments",
    "RoleBinding": "rolebinding web --role=web --user=bob --group=team --serviceaccount=payments:default -n payments",
    "ClusterRole": "clusterrole web --verb=get --non-resource-url=/healthz",
    "ClusterRoleBinding": "clusterrolebinding web --clusterrole=web --group=team",
    "Namespace": "namespace web",
    "ServiceAccount": "serviceaccount web -n payments",
    "ConfigMap": "configmap web --from-literal=a=b -n payments",
    "Secret": "secret generic web --from-literal=a=b -n payments",
}


def within(written: Any, read: Any) -> bool:
    """Whether all that was written (nulls aside) is in what is read."""
    if isinstance(written, dict):
        return all(value is None or (isinstance(read, dict) and within(value, read.get(name))) for name, value in written.items() if value)
    if isinstance(written, list):
        return isinstance(read, list) and len(written) == len(read) and all(map(within, written, read))
    return written == read


@pytest.mark.parametrize("kind", COMMANDS)
async def test_what_is_created_is_what_it_shows(stage, kubectl, kind):
    words = ["create", *(word.replace("*/5", "*/5 * * * *") for word in COMMANDS[kind].split())]
    at = words.index("--") if "--" in words else len(words)
    shown = json.loads(await kubectl(*words[:at], "--dry-run=client", "-o", "json", *words[at:]))
    assert "created" in await kubectl(*words)
    stored = stage.cluster.get(kind, "payments", shown["metadata"]["name"])
    assert stored is not None
    assert within(shown, stored), (shown, stored)


async def test_a_deployment_is_exposed_and_scaled_by_figures(stage, kubectl, make_deployment):
    await stage.apply(make_deployment(), seconds=5)
    await kubectl("expose", "deployment", "api", "--port=80", "--target-port=http", *HERE)
    assert stage.cluster.get("Service", "payments", "api")["spec"]["selector"] == {"app": "api"}
    await kubectl("autoscale", "deployment", "api", "--min=2", "--max=6", "--cpu-percent=70", *HERE)
    scaler = stage.cluster.get("HorizontalPodAutoscaler.autoscaling", "payments", "api")["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 6)
    assert scaler["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}


async def test_a_body_that_cannot_be_read_whole_is_refused_and_nothing_of_it_is_kept(stage, admin):
    raw = b"k8s\x00" + b"\x0a\x0f\x0a\x02v1\x12\x09ConfigMap" + b"\x12\x0b\x0a\x05\x0a\x03one\xf2\x06\x01x"
    refused = await admin("POST", "/api/v1/namespaces/payments/configmaps", raw, kind="application/vnd.kubernetes.protobuf")
    assert (refused.status, refused.body["reason"]) == (415, "UnsupportedMediaType")
    assert stage.cluster.get("ConfigMap", "payments", "one") is None
