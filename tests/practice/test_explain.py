"""`kubectl explain` tells of every field, of built-in kinds and of custom ones."""

from __future__ import annotations

import asyncio
import re

import pytest


@pytest.fixture
async def explains(kubectl):
    """Only kubectl 1.27 and later ask for version 3 of the schemas."""
    version = re.search(r"v1\.(\d+)", await kubectl("version", "--client"))
    assert version
    return int(version[1]) >= 27


async def test_it_explains_fields_at_every_depth(stage, kubectl, explains):
    told = await kubectl("explain", "pods.spec.containers.resources.limits", code=0 if explains else None)
    deploy = await kubectl("explain", "deploy.spec.strategy.rollingUpdate", code=0 if explains else None)
    if explains:
        assert re.search(r"FIELD: limits <map\[string\]Quantity>", told)
        assert "Limits describes the maximum amount of compute resources allowed" in told
        assert re.search(r"maxSurge\s+<IntOrString>", deploy)


async def test_it_explains_custom_kinds(stage, kubectl, explains):
    size = {"type": "integer", "description": "How large it is."}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": size}}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Widget", "plural": "widgets"}
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
                  "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}}  # fmt: skip
    await stage.apply(definition, seconds=1)
    told = await kubectl("explain", "widgets.spec.size", code=0 if explains else None)
    if explains:
        assert "FIELD: size <integer>" in told
        assert "How large it is." in told


async def test_every_document_is_whole(stage, admin):
    index = (await admin("GET", "/openapi/v3")).body["paths"]
    documents = await asyncio.gather(*(admin("GET", about["serverRelativeURL"]) for about in index.values()))
    for path, document in zip(index, documents, strict=True):
        there = {f"#/components/schemas/{name}" for name in document.body["components"]["schemas"]}
        assert set(re.findall(r"#/components/schemas/[\w.-]+", str(document.body))) <= there, path
