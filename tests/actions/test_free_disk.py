"""Space is freed by rules that have names, and by nothing else."""

import pytest

from stead.actions.free_disk import RULES, free_disk
from stead.domain.errors import PermanentError
from stead.domain.parameter import wrong
from stead.testing.on_a_host import acting_host, decided
from stead.testing.scripted_host import ScriptedHost


async def test_a_rule_runs_its_one_command():
    machine = ScriptedHost(used=92, freed={"journalctl": 30})
    host = acting_host(machine)
    action = await decided(host, "free_disk", "Host", "nas", rule="journal")
    assert await free_disk.preflight(action, host) == ""
    applied = await free_disk.apply(action, host, host.hands())
    assert machine.changed() == ["journalctl --rotate --vacuum-size=200M"]
    assert machine.used == 62
    assert "freed 30 %" in applied.note


async def test_a_program_that_the_host_has_not_got_is_a_refusal():
    host = acting_host(ScriptedHost())
    with pytest.raises(PermanentError, match="the host has no `apt-get`"):
        await free_disk.apply(await decided(host, "free_disk", "Host", "nas", rule="apt"), host, host.hands())


@pytest.mark.parametrize("rule", ["/var", "rm", "journal; rm -rf /", ""])
def test_a_path_or_a_command_is_no_rule(rule: str):
    assert wrong(free_disk.parameters, {"rule": rule}) == f"`rule` must be one of {', '.join(RULES)}"


async def test_the_hands_run_what_verbs_name_and_nothing_else():
    machine = ScriptedHost()
    hands = acting_host(machine).hands()
    for argv in (["rm", "-rf", "/"], ["systemctl", "stop", "web.service"], ["journalctl", "--vacuum-size=0"], ["docker", "rm", "x"], []):
        with pytest.raises(PermanentError, match="no verb runs"):
            await hands.run(argv, timeout=1, action="41.1.1.1")
    assert machine.asked == []
