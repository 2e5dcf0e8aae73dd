"""A service account's token, asked for by a Secret, opens the API to exactly what the account may."""

from __future__ import annotations

import base64


async def test_the_how_to_s_way_to_a_kubeconfig_works(stage, kubectl):
    stage.cluster.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "stead"}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "stead-read", "namespace": "stead"}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/service-account-token",
            "metadata": {
                "name": "stead-read",
                "namespace": "stead",
                "annotations": {"kubernetes.io/service-account.name": "stead-read"},
            },
        },
    )
    await stage.wait(1)
    data = stage.cluster.get("Secret", "stead", "stead-read")["data"]

    assert base64.b64decode(data["ca.crt"]) == stage.cluster.ca_file.read_bytes()
    token = base64.b64decode(data["token"]).decode()
    refused = await kubectl("--token", token, "get", "pods", "-A", code=1)
    assert 'User "system:serviceaccount:stead:stead-read" cannot list resource "pods"' in refused
