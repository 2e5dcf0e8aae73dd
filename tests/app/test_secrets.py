"""Secrets by reference: found where they lie, refused as themselves, and never repeated."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from stead.domain.errors import UserError
from stead.secrets import SecretRef


class Holder(BaseModel):
    secret: SecretRef


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PAGER_KEY", "s3cr3t")
    reference = Holder.model_validate({"secret": "env:PAGER_KEY"}).secret
    assert reference.resolve() == "s3cr3t"
    assert "s3cr3t" not in repr(reference) + str(reference)
    monkeypatch.setenv("PAGER_KEY", "rotated")
    assert reference.resolve() == "rotated"


def test_from_a_file_that_only_its_owner_reads(tmp_path: Path):
    file = tmp_path / "key"
    file.write_text("s3cr3t\n")
    file.chmod(0o600)
    reference = SecretRef(f"file:{file}")
    assert reference.resolve() == "s3cr3t"
    for mode in (0o640, 0o604, 0o620):
        file.chmod(mode)
        with pytest.raises(UserError, match="can be read by others") as caught:
            reference.resolve()
        assert caught.value.hint == f"chmod 600 {file}"


def test_from_systemds_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "pager").write_text("s3cr3t")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert SecretRef("cred:pager").resolve() == "s3cr3t"
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(UserError, match="CREDENTIALS_DIRECTORY is not set"):
        SecretRef("cred:pager").resolve()


def test_a_secret_that_is_not_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NOT_SET", raising=False)
    monkeypatch.setenv("EMPTY", "")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"x" * 100_000)
    os.mkfifo(tmp_path / "pipe")
    for child in tmp_path.iterdir():
        child.chmod(0o600)
    for reference, says in [
        ("env:NOT_SET", "is not in the environment"),
        ("env:EMPTY", "is empty"),
        (f"file:{tmp_path}/missing", "No such file"),
        (f"file:{tmp_path}", "not a regular file"),
        (f"file:{tmp_path}/pipe", "not a regular file"),
        (f"file:{tmp_path}/binary", "not UTF-8"),
        (f"file:{tmp_path}/large", "is larger than"),
    ]:
        with pytest.raises(UserError, match=says) as caught:
            SecretRef(reference).resolve()
        assert reference in caught.value.what


@pytest.mark.parametrize(
    "literal", ["hunter2-literal", "env:9", "env:not a name", "file:relative", "cred:../../etc/shadow", "vault:x#y", "file:/a\n"]
)
def test_a_literal_is_refused_and_not_echoed(literal: str):
    with pytest.raises(ValidationError) as caught:
        Holder.model_validate({"secret": literal})
    (error,) = caught.value.errors(include_input=False)
    assert error["type"] == "secret_reference"
    assert literal not in error["msg"]


@given(st.text())
def test_any_text_is_a_reference_or_refused(text: str):
    try:
        assert SecretRef(text).partition(":")[0] in ("env", "file", "cred")
    except ValueError as error:
        assert "env:NAME" in str(error)


def test_the_schema_says_what_a_reference_is():
    assert Holder.model_json_schema()["properties"]["secret"]["pattern"].startswith("^(env:")
