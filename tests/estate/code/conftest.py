"""A repository of manifests, as an owner has it, and Stead's workshop for it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from stead.clocks import SteppedClock
from stead.estate.code.repository import Repository
from stead.estate.code.workshop import Workshop
from stead.estate.rest import RestServer

WHO = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in (("NAME", "Ada"), ("EMAIL", "ada@example.com"))}

DEPLOYMENT = """\
# The shop's API.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: payments
spec:
  replicas: 2  # one is not enough
  template:
    spec:
      containers:
      - name: api
        image: "shop/api:1.4"
        resources:
          limits:
            memory: 64Mi  # measured in spring
"""


class Remote:
    """A bare repository with a branch `main`, and a tree in which its owner works."""

    def __init__(self, folder: Path) -> None:
        self.root, self.folder, self.work = folder / "srv", folder / "srv" / "ops" / "infra.git", folder / "owner"
        self.folder.parent.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.folder), at=folder)
        self.git("clone", "--quiet", str(self.folder), str(self.work), at=folder)
        self.git("checkout", "--quiet", "-b", "main")
        self.write("apps/api/deployment.yaml", DEPLOYMENT)
        self.write("README.md", "# Infra\n")
        (self.work / "run.sh").write_text("#!/bin/sh\ntrue\n")
        (self.work / "run.sh").chmod(0o755)
        (self.work / "passwords").symlink_to("/etc/passwd")
        (self.work / "elsewhere").symlink_to("/tmp")
        (self.work / "logo.png").write_bytes(b"\x89PNG\0\xff")
        self.commit("more")

    def git(self, *words: str, at: Path | None = None) -> str:
        done = subprocess.run(["git", *words], cwd=at or self.work, env={**os.environ, **WHO}, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, path: str, text: str) -> str:
        (self.work / path).parent.mkdir(parents=True, exist_ok=True)
        (self.work / path).write_text(text)
        return self.commit(path)

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        self.git("push", "--quiet", "origin", "main")
        return self.git("rev-parse", "HEAD")

    def branches(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads", at=self.folder).split()

    def show(self, branch: str, path: str) -> str:
        return self.git("show", f"{branch}:{path}", at=self.folder)


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path)


@pytest.fixture
def workshop(remote: Remote, tmp_path: Path, clock: SteppedClock) -> Workshop:
    forge = RestServer(name="Gitea", url="http://127.0.0.1:9")
    repository = Repository(
        name="infra", url=f"file://{remote.folder}", base="main", slug="ops/infra", forge=forge, folder=tmp_path / "state" / "infra"
    )
    return Workshop(repository, clock)
