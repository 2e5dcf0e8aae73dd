"""Jobs over HTTP: who reads sees them, who approves makes, runs and pauses them, an admin says what a program may see beyond its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from stead.app import jobs_told
from stead.app.job_settings import jobs_in
from stead.app.wiring import Stead
from stead.app.yaml_file import Written
from stead.domain.ids import job_run_number, parse_number
from stead.domain.job import Job
from stead.engine import scheduling
from stead.gateway.auth import needs
from stead.store.tokens import Scope

Count = Annotated[int, Query(ge=1, le=1000)]


class JobsBody(BaseModel):
    """Jobs, each as in a file of jobs (see the reference of the configuration)."""

    model_config = ConfigDict(extra="forbid")

    jobs: list[dict[str, Any]] = Field(min_length=1, max_length=1000)

    def read(self, stead: Stead) -> list[Job]:
        """UserError for the first mistake."""
        zone = stead.settings.jobs.timezone
        return [settings.job(zone) for settings, _ in jobs_in(Written("jobs", self.jobs), Path())]


class RunBody(BaseModel):
    """How it is run."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(False, description="Do everything, and tell nobody.")


def routers(stead: Stead) -> tuple[APIRouter, APIRouter]:
    return _reading(stead), _changing(stead)


def _reading(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["jobs"], dependencies=[Depends(needs(stead, Scope.READ))])

    @router.get("/jobs")
    async def listed() -> list[dict[str, Any]]:
        """Every job by name: its next time, its last run, and in what it differs from the configuration."""
        return await stead.look(jobs_told.listed)

    @router.get("/jobs/{name}")
    async def one(name: str) -> dict[str, Any]:
        """One job."""
        return await stead.look(jobs_told.whole, name)

    @router.get("/jobs/{name}/next")
    async def next_times(name: str, n: Count = 10) -> dict[str, Any]:
        """When it comes next, `n` times."""
        return await stead.look(jobs_told.next_times, name, n)

    @router.get("/jobs/{name}/runs")
    async def runs(name: str, limit: Count = 20) -> list[dict[str, Any]]:
        """Its history, newest first: output, exit code, cost, and why nothing was told."""
        return await stead.look(jobs_told.history, name, limit)

    @router.get("/job-runs/{number}")
    async def run(number: str) -> dict[str, Any]:
        """One run of a job. `J-5` or `5`."""
        return await stead.look(jobs_told.one_run, parse_number(number, "J"))

    @router.post("/jobs/diff")
    async def diff(body: JobsBody) -> list[dict[str, Any]]:
        """What applying these would change; nothing is changed."""
        return await stead.look(jobs_told.difference, body.read(stead))

    return router


def _changing(stead: Stead) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["jobs"], dependencies=[Depends(needs(stead, Scope.APPROVE))])

    @router.post("/jobs/{name}/run")
    async def run(name: str, body: RunBody, request: Request) -> dict[str, Any]:
        """Have it run now. Needs the scope `approve`. The answer is the run's number. 409 when it is running."""
        number = await stead.change(scheduling.run_now, name, by=request.state.principal, dry_run=body.dry_run)
        return {"id": job_run_number(number), "number": number}

    @router.post("/jobs/{name}/pause")
    async def pause(name: str, request: Request) -> dict[str, Any]:
        """Have it not run by itself. Needs the scope `approve`. 409 when it is paused already."""
        await stead.change(scheduling.pause, name, by=request.state.principal)
        return await stead.look(jobs_told.whole, name)

    @router.post("/jobs/{name}/resume")
    async def resume(name: str, request: Request) -> dict[str, Any]:
        """Have it run by its schedule again, from now on. Needs the scope `approve`. 409 when it is not paused."""
        await stead.change(scheduling.resume, name, by=request.state.principal)
        return await stead.look(jobs_told.whole, name)

    @router.post("/jobs")
    async def apply(body: JobsBody, request: Request) -> dict[str, str]:
        """Make each job what it says: `created`, `changed` or `unchanged`. Needs `approve`, and `admin` for what a program may see."""
        return await stead.change(scheduling.apply, body.read(stead), by=request.state.principal)

    @router.delete("/jobs/{name}")
    async def delete(name: str, request: Request) -> dict[str, Any]:
        """Delete it; its history stays for its time. Needs the scope `approve`. 409 for one that the configuration declares."""
        gone = await stead.change(scheduling.delete, name, by=request.state.principal)
        return {"name": gone.job.name}

    return router
