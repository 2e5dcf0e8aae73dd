"""Rules of one's own: a YAML file in a folder of checks, found as the service finds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stead.app.discover import shelves
from stead.domain.errors import UserError
from stead.testing.checks import judge
from stead.testing.objects import NOW, metadata

RULES = """\
title: The shop
docs: ["https://example.com/docs"]
groups:
  shop.example.com: [Widget]
kinds:
  Widget:
    note: Wilted widgets.
    tests:
      - {reason: Wilted, when: {status.bloom: wilted}, says: has wilted, message: status.why}
"""


def widget(bloom: str) -> dict[str, Any]:
    status = {"bloom": bloom, "why": "no water"}
    return {"apiVersion": "shop.example.com/v1", "kind": "Widget", "metadata": metadata("web"), "status": status}


def test_a_rule_in_a_folder_is_followed(tmp_path: Path) -> None:
    assert judge(shelves().checks["custom_resource"], widget("wilted"), now=NOW) == []
    (tmp_path / "shop.yaml").write_text(RULES)
    own = shelves([tmp_path]).checks["custom_resource"]
    (found,) = judge(own, widget("wilted"), now=NOW)
    assert (found.reason, found.summary) == ("Wilted", "Widget payments/web has wilted")
    assert judge(own, widget("full"), now=NOW) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: x\n", "holds no rules for custom kinds: Object missing required field `docs`"),
        (RULES.replace("tests:", "tets:"), "unknown field `tets`"),
        (RULES.replace("says:", "wait: soon, says:"), "`soon` is not a time"),
        ("a: [\n", "shop.yaml"),
    ],
)
def test_what_is_no_rule_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "shop.yaml").write_text(text)
    with pytest.raises(UserError) as told:
        shelves([tmp_path])
    assert said in str(told.value)
