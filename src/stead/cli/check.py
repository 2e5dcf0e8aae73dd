"""`stead check`: one read-only pass. What is wrong, why, what it drags along, and what could not be seen."""

from __future__ import annotations

import asyncio
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stead.cli.options import Config, Output
from stead.cli.output import Form, say_json
from stead.cli.progress import Progress
from stead.domain.errors import Exit, UserError


class FailOn(StrEnum):
    WARNING = "warning"
    CRITICAL = "critical"


Context = Annotated[str, typer.Option("--context", help="The kubeconfig's context.", show_default="the current one")]
Namespace = Annotated[str, typer.Option("--namespace", "-n", help="Only this namespace, and what explains its faults.", show_default="all")]
From = Annotated[str, typer.Option("--from", metavar="FILE|FOLDER|-", help="Look at what `kubectl get … -o json|yaml` wrote instead.")]
Now = Annotated[str, typer.Option("--now", metavar="TIME", help="The time to judge a dump by.", show_default="when the dump was taken")]
Host = Annotated[bool, typer.Option("--host", help="Look at this machine (with --context or -n: at both).")]
Ssh = Annotated[str, typer.Option("--ssh", metavar="[USER@]HOST[:PORT]", help="Look at this machine over SSH; its key must be known.")]
Identity = Annotated[Path | None, typer.Option("--identity", "-i", help="The private key for --ssh.", show_default="~/.ssh/id_*")]
Estate = Annotated[str, typer.Option("--estate", metavar="ID", help="Look at this estate of the configuration.")]
Hygiene = Annotated[bool, typer.Option("--hygiene", help="Opinions, too: what is not broken and could be better.")]
Fail = Annotated[FailOn, typer.Option("--fail-on", help="From which severity on the exit code is 1.")]


def check(
    context: Context = "",
    namespace: Namespace = "",
    source: From = "",
    now: Now = "",
    host: Host = False,
    ssh: Ssh = "",
    identity: Identity = None,
    estate: Estate = "",
    config: Config = None,
    hygiene: Hygiene = False,
    output: Output = Form.TABLE,
    fail_on: Fail = FailOn.WARNING,
) -> int:
    """Look once, change nothing: a cluster, a dump of one, a machine, or an estate of the configuration.

    Where there is a configuration, its `checks:` say which run: your own rules and checks count, what is disabled does not.

    Exit code 0: nothing that bad; 1: findings; 2: wrong usage, configuration or dump; 3: something could not be seen.
    """
    from stead.app.config import find, load
    from stead.app.report import Report, as_json
    from stead.app.scan import Wanted, parse_time, scan
    from stead.cli.check_table import show
    from stead.clocks import SystemClock
    from stead.domain.finding import Severity

    progress = Progress()
    wanted = Wanted(
        context=context,
        namespace=namespace,
        source=source,
        now=parse_time(now) if now else None,
        host=host,
        ssh=ssh,
        identity=identity,
        estate=estate,
        hygiene=hygiene,
        settings=load(config).settings if estate or find(config, os.environ) else None,
        progress=progress,
    )
    with progress:
        report = Report.of(asyncio.run(scan(wanted, SystemClock())))
    if output is Form.JSON:
        say_json(as_json(report))
    else:
        show(report, judged=bool(source))
    if report.scan.blind and not report.scan.counts:
        raise UserError(report.scan.blind[0].summary, hint="`stead doctor` looks at the connection step by step", code=Exit.BLIND)
    return int(report.exit_code(Severity(fail_on.value)))
