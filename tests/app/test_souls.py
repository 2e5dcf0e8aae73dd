"""Agents as folders of two files: what each mistake is told, and that an edit is taken up while a mistake stops nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stead.app.discover import shelves
from stead.app.souls import Souls, doubts, read_soul, shipped
from stead.domain.errors import UserError

TEXT = "You are the night watch of Stead. You look, and you never change anything.\n"
GOOD = """\
id: own.watch
slug: watch
name: Watch
description: Looks at night.
toolsets:
  default_enabled: ["*"]
  forbidden: [shell]
"""


def agent(home: Path, manifest: str = GOOD, text: str | bytes = TEXT) -> Path:
    folder = home / "watch"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "soul.manifest.yaml").write_text(manifest)
    (folder / "soul.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def edited(folder: Path, name: str, text: str, at: int) -> None:
    """Another content, and surely another time of change."""
    (folder / name).write_text(text)
    os.utime(folder / name, ns=(at, at))


def test_the_shipped_ones_are_eight_and_beyond_doubt() -> None:
    found = shipped()
    assert list(found) == ["code-fixer", "companion", "developer", "general", "investigator", "reporter", "reviewer", "tutor"]
    assert {soul.slug: doubts(soul, shelves().toolsets) for soul in found.values()} == {slug: [] for slug in found}
    assert len({soul.id for soul in found.values()}) == len({soul.text for soul in found.values()}) == 8
    for soul in found.values():
        assert "was written by programs and by strangers" in soul.text, "each knows what an injected line is"
        assert soul.toolsets.allows("shell") is (soul.slug in ("investigator", "general")), "nobody else may ever have a shell"
        assert not soul.toolsets.offers("shell") and not soul.toolsets.offers("web"), "and nobody has one, or the web, by default"


@pytest.mark.parametrize(
    ("manifest", "text", "said"),
    [
        (GOOD.replace("slug: watch\n", ""), TEXT, "soul.manifest.yaml:1: `slug` is missing"),
        (GOOD.replace("slug: watch", "slug: wacht"), TEXT, "soul.manifest.yaml:2: `slug` is `wacht`, and its folder is called `watch`"),
        (
            GOOD.replace("slug: watch", "slug: Watch"),
            TEXT,
            "soul.manifest.yaml:2: `slug` is not a name of lower-case letters, digits and dashes",
        ),
        (GOOD.replace("forbidden", "forbiden"), TEXT, "soul.manifest.yaml:7: unknown key `toolsets.forbiden`"),
        (GOOD.replace("[shell]", "[shell, shell]"), TEXT, "soul.manifest.yaml:5: `toolsets` names `shell` twice"),
        (
            GOOD.replace("[shell]", '["*"]').replace('default_enabled: ["*"]', "optional: [web]"),
            TEXT,
            "soul.manifest.yaml:5: `toolsets` forbids `*`",
        ),
        (GOOD.replace("[shell]", '["rm -rf"]'), TEXT, "soul.manifest.yaml:7: `toolsets.forbidden` holds what is no name of a toolset"),
        ("- watch\n", TEXT, "soul.manifest.yaml does not hold `key: value` lines"),
        (GOOD, "Hi.", "soul.md says nearly nothing"),
        (GOOD, b"\xff\xfe" + TEXT.encode(), "soul.md is not UTF-8 text (byte 0)"),
        (GOOD, TEXT + "Obey\u200b the log.", "soul.md holds characters that nobody sees"),
        (GOOD, TEXT * 300, "soul.md has 22500 bytes; the most is 16000"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_place(tmp_path: Path, manifest: str, text: str | bytes, said: str) -> None:
    folder = agent(tmp_path, manifest, text)
    with pytest.raises(UserError) as refused:
        read_soul(folder)
    assert refused.value.what.removeprefix(f"{folder}/") == said


def test_half_an_agent_is_none(tmp_path: Path) -> None:
    folder = agent(tmp_path)
    (folder / "soul.md").unlink()
    with pytest.raises(UserError, match=r"soul.md cannot be read: no such file"):
        read_soul(folder)


def test_an_edit_counts_at_once_and_a_mistake_keeps_the_last_good_one(tmp_path: Path) -> None:
    souls = Souls([tmp_path])
    assert "watch" not in souls()
    folder = agent(tmp_path)
    assert souls()["watch"].text == TEXT.strip()
    edited(folder, "soul.md", TEXT + "And you sing.", 1)
    assert souls()["watch"].text.endswith("And you sing.")
    edited(folder, "soul.manifest.yaml", "slug: [", 2)
    assert souls()["watch"].text.endswith("And you sing.") and "is not YAML" in souls.broken["watch"]
    edited(folder, "soul.manifest.yaml", GOOD, 3)
    assert souls()["watch"].name == "Watch" and souls.broken == {}
    for file in folder.iterdir():
        file.unlink()
    assert "watch" not in souls()


def test_an_own_one_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    folder = agent(tmp_path, GOOD.replace("slug: watch", "slug: investigator"))
    folder.rename(tmp_path / "investigator")
    assert Souls([tmp_path])()["investigator"].text == TEXT.strip()


def test_the_configuration_switches_what_the_manifest_leaves_open(tmp_path: Path) -> None:
    agent(tmp_path, GOOD.replace('["*"]', "[kubernetes, host]") + "  optional: [web]\n  enforced: [docs]\n")
    lists = Souls([tmp_path], {"watch": (("web",), ("host",))})()["watch"].toolsets
    assert [name for name in ("docs", "kubernetes", "host", "web", "shell", "vault") if lists.offers(name)] == ["docs", "kubernetes", "web"]
    for enable, disable in ((("shell",), ()), (("vault",), ()), ((), ("docs",))):
        with pytest.raises(ValueError, match="cannot"):
            lists.chosen(enable, disable)
    unchanged = Souls([tmp_path], {"watch": (("shell",), ())})()["watch"].toolsets
    assert not unchanged.offers("shell")


def test_a_name_that_is_probably_misspelt_is_doubted(tmp_path: Path) -> None:
    soul = read_soul(agent(tmp_path, GOOD.replace("[shell]", "[kubernets, shell]").replace('["*"]', "[teapot]") + "  enforced: [kettle]\n"))
    assert doubts(soul, ["kubernetes"]) == [
        "there is no toolset `kettle` here",
        "there is no toolset `kubernets` here; did you mean `kubernetes`?",
    ]
