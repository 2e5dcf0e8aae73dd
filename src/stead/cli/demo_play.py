"""The demo from its first line to its last."""

from __future__ import annotations

from stead.cli.demo_ending import sum_up
from stead.cli.demo_scenes import SCENES, Stage


async def play(stage: Stage) -> list[str]:
    """Play them all and sum up; the titles of those that did not come out as told."""
    kubeconfig = stage.cluster.kubeconfig("admin")
    stage.story.plain("A practice cluster of four nodes, and Stead on it. Time is the cluster's. While this runs, look for yourself:")
    stage.story.plain(f"  kubectl --kubeconfig {kubeconfig} get pods -A")
    failed: list[str] = []
    for number, scene in enumerate(SCENES, start=1):
        stage.story.scene(number, scene.title, scene.what)
        if not (await scene.play(stage) and await stage.until_said()):
            stage.story.plain(f"this did not come out as told: {scene.title}")
            failed.append(scene.title)
    await sum_up(stage, failed)
    return failed
