"""`stead policy explain|test|simulate`, `stead autonomy`: what Stead would be let do, before it does it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Config, Output, Token, Url
from stead.cli.output import Form, line, say_json, table
from stead.domain.errors import UserError
from stead.domain.woke import Woke

if TYPE_CHECKING:
    from stead.app.discover import Shelves
    from stead.domain.autonomy import Levels
    from stead.domain.policy import Policy

app = typer.Typer(help="Ask the policy before it is asked in earnest.", no_args_is_help=True, rich_markup_mode=None)

File = Annotated[Path | None, typer.Option("--policy", help="A policy file.", show_default="the configuration's")]


@app.command("explain")
def explain(
    action: Annotated[
        list[str] | None,
        typer.Argument(metavar="ACTION...", help="A verb and its target: restart_rollout Deployment/payments/api.", show_default=False),
    ] = None,
    command: Annotated[
        str | None, typer.Option("--command", metavar="LINE", help="Instead: a line of shell, and what each part of it would do.")
    ] = None,
    check: Annotated[str, typer.Option("--check", help="The check whose finding led there.")] = "",
    proposer: Annotated[str, typer.Option("--proposer", help="The playbook or agent that proposes it.")] = "",
    trigger: Annotated[Woke, typer.Option("--trigger", help="What woke whoever proposes it.")] = Woke.CHECK,
    by_model: Annotated[bool, typer.Option("--model", help="A model proposes it.")] = False,
    guess: Annotated[bool, typer.Option("--guess", help="It is tried rather than known to fit.")] = False,
    tainted: Annotated[bool, typer.Option("--tainted", help="Somebody else's words led to it.")] = False,
    label: Annotated[list[str] | None, typer.Option("--label", help="A label of the namespace, like tier=dev.")] = None,
    policy: File = None,
    config: Config = None,
    output: Output = Form.TABLE,
) -> None:
    """What would be decided about an action or a line of shell, and by which rules. The exit code is 1 for no."""
    if (action is None or not action) is (command is None):
        raise UserError("policy explain takes an action or --command, one of the two", hint="stead policy explain --help shows both")
    if command is not None:
        from stead.cli.policy_line import explain_line

        explain_line(command, output)
        return
    from stead.app.policy_cases import ask, facts_of
    from stead.clocks import SystemClock
    from stead.domain.approvers import told
    from stead.domain.ids import INVESTIGATOR
    from stead.domain.policy import Verdict

    rules, found, autonomy = _load(config, policy)
    labels = {name: value for name, _, value in (pair.partition("=") for pair in label or ())}
    given: dict[str, Any] = {"check": check, "guess": guess, "tainted": tainted, "labels": labels, "trigger": trigger.value}
    given["proposer"] = proposer or (INVESTIGATOR if by_model else "")
    given["agent"] = given["proposer"] if by_model else ""
    asked = ask(rules, facts_of(action or [], found.verbs, SystemClock().now(), **given), found.verbs, autonomy)
    if output is Form.JSON:
        say_json(asked.plain())
    else:
        decision = asked.decision
        by = f" by {', '.join(decision.rules)}" if decision.rules else ""
        print(line(f"{decision.verdict}{by}" + (f": {decision.why}" if decision.why else "")))
        for text in told(asked.approvers):
            print(line(text))
        if asked.people > 1:
            print(line("It takes two people, where there are two who may say yes."))
    if asked.decision.verdict is Verdict.DENY:
        raise typer.Exit(1)


@app.command("test")
def test(
    file: Annotated[Path, typer.Argument(help="A table of cases (YAML).")],
    policy: File = None,
    config: Config = None,
    output: Output = Form.TABLE,
) -> None:
    """Hold the policy against a table of cases. The exit code is 1 when it says something else of one."""
    from stead.app.policy_cases import failing
    from stead.clocks import SystemClock

    rules, found, autonomy = _load(config, policy)
    number, wrong = failing(file, rules, found.verbs, SystemClock().now(), autonomy)
    if output is Form.JSON:
        told = [{"line": one.line, "expected": one.expected, **one.asked.plain()} for one in wrong]
        say_json({"schemaVersion": 1, "cases": number, "wrong": told})
    else:
        for one in wrong:
            facts, decision = one.asked.facts, one.asked.decision
            by = f" by {', '.join(decision.rules)}" if decision.rules else ""
            what = f"{facts.verb} {facts.kind}/{facts.namespace}/{facts.name}"
            print(line(f"{file}:{one.line}: {what}: expected {one.expected}, and it is {decision.verdict}{by}"))
        print(line(f"{number - len(wrong)} of {number} cases are as expected"))
    if wrong:
        raise typer.Exit(1)


@app.command("simulate")
def simulate(
    since: Annotated[str, typer.Option("--since", help="How far back, like 7d.")] = "7d",
    policy: File = None,
    config: Config = None,
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """What this policy would have said of what was really proposed. Nothing is done."""
    from stead.app.durations import parse_duration
    from stead.app.policy_cases import simulate as tried

    rules, found, autonomy = _load(config, policy)
    try:
        seconds = max(1, int(parse_duration(since).total_seconds()))
    except ValueError as error:
        raise UserError(f"`{since[:40]}` {error}", hint="write it like --since 7d") from None
    told = tried(rules, Client.of(url, token).get("/api/proposals", seconds=seconds), found.verbs, autonomy)
    if output is Form.JSON:
        say_json(told)
        return
    rows = [[t["at"][:16], t["incident"], f"{t['verb']} {t['subject']}", t["verdict"], t["would_be"], ", ".join(t["by"])] for t in told]
    table(("WHEN", "INCIDENT", "WHAT", "WAS", "WOULD BE", "BY"), rows, empty="Nothing was proposed in that time.", widest=2)
    if told:
        print(line(f"{sum(t['changed'] for t in told)} of {len(told)} would be decided otherwise"))


def autonomy(policy: File = None, config: Config = None, output: Output = Form.TABLE) -> None:
    """How far each kind of change may go: by playbooks as the policy says, by models no further than they have earned."""
    from stead.app.policy_cases import ask, facts_of
    from stead.clocks import SystemClock
    from stead.domain.ids import INVESTIGATOR

    rules, found, levels = _load(config, policy)
    now, rows = SystemClock().now(), list[dict[str, Any]]()
    for name, verb in sorted(found.verbs.items()):
        words = [name, f"{verb.kinds[0]}/default/web"]
        given: dict[str, Any] = {"proposer": INVESTIGATOR, "agent": INVESTIGATOR}
        decision = ask(rules, facts_of(words, found.verbs, now, **given), found.verbs, levels).decision
        rows.append(
            {
                "verb": name,
                "risk": verb.risk.value,
                "reversible": verb.reversible,
                "wanted": levels.wanted(name).value,
                "models": "told only" if verb.told_only else levels.of(name).value,
                "decision": decision.verdict.value,
            }
        )
    if output is Form.JSON:
        say_json({"schemaVersion": 1, "classes": rows})
        return
    shown = [[r["verb"], r["risk"], "yes" if r["reversible"] else "no", r["wanted"], r["models"], r["decision"]] for r in rows]
    table(("CLASS", "RISK", "UNDO", "CONFIGURED", "MODELS", "A MODEL'S PROPOSAL IS"), shown, empty="There are no actions.")
    print(line("Models ask at most: none has earned more in the practice scenarios."))


def _load(config: Path | None, policy: Path | None) -> tuple[Policy, Shelves, Levels]:
    """The policy that is meant, the shelves, and how far models may go. UserError naming the line of the first mistake."""
    from stead.app.autonomy import levels_of
    from stead.app.config import load
    from stead.app.discover import shelves
    from stead.app.furnish import policy_of

    settings = load(config).settings
    if policy is not None:
        settings = settings.model_copy(update={"policy": policy})
    found = shelves(settings.checks.folders)
    return policy_of(settings, found), found, levels_of(settings.agents.autonomy, found.verbs)
