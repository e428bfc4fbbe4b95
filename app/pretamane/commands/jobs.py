"""Commands about the work that is queued, and about what was given up."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from pretamane.commands.asked import platform
from pretamane.core.errors import CannotStart

if TYPE_CHECKING:
    from pretamane.core.jobs.models import Job
    from pretamane.core.jobs.queries import State

commands = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show what is queued, and try again what was given up.\n\nExample: pretamane jobs list",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="As list or dead show it.")]


@commands.command("list")
def show_alive() -> None:
    """Show what waits and what runs, in the order in which it is done.

    Example: pretamane jobs list
    """
    with platform() as built:
        from pretamane.core.jobs import queries

        jobs = built.work.run_now(queries.alive)
        counts = built.work.run_now(queries.how_full).counts
    _show(jobs, "due", [job.due_at for job, _ in jobs])
    typer.echo(", ".join(f"{count} {state.value}" for state, count in counts.items()))


@commands.command("dead")
def show_dead() -> None:
    """Show what was given up, the last first, each with its reason.

    Example: pretamane jobs dead
    """
    with platform() as built:
        from pretamane.core.jobs import queries

        jobs = built.work.run_now(queries.dead)
    _show(jobs, "died", [job.died_at for job, _ in jobs])


@commands.command("show")
def show_one(job: Id) -> None:
    """Show all that is known about one job.

    Example: pretamane jobs show 0199f3a2-7c51-7d4e-9d0c-5a6b1c2d3e4f
    """
    wanted = _id(job)
    with platform() as built:
        from pretamane.commands import tables
        from pretamane.core.jobs import queries

        found, state = built.work.run_now(queries.one, wanted)
    tables.show(("job", str(found.id)), _all_about(found, state))


@commands.command("retry")
def retry(
    jobs: Annotated[list[str] | None, typer.Argument(metavar="ID", help="As dead shows it.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every one that was given up.")] = False,
) -> None:
    """Try again what was given up, with all its attempts.

    One whose key has been queued anew since is not needed any more, and is dropped.

    Example: pretamane jobs retry --all
    """
    wanted = [_id(each) for each in jobs or ()]
    if bool(wanted) == every:
        raise CannotStart("Say which to try again: their ids, or --all; pretamane jobs dead lists them.")
    with platform() as built:
        from pretamane.core.actors import OPERATOR
        from pretamane.core.jobs import dead_letters

        if every:
            back = built.work.run_now(dead_letters.bring_all_back, OPERATOR)
        else:
            back = built.work.run_now(dead_letters.bring_back, wanted, OPERATOR)
    typer.echo(f"Queued again: {len(back)}.")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CannotStart(f"{text} is no job's id: pretamane jobs list and pretamane jobs dead show them.") from None


def _show(jobs: "Sequence[tuple[Job, State]]", when: str, times: Sequence[datetime | None]) -> None:
    from pretamane.commands import tables

    tables.show(
        ("id", "job", "state", "attempts", when, "last failure"),
        (
            (str(job.id), job.name, state.value, str(job.attempts), _time(time), job.last_failure or "none")
            for (job, state), time in zip(jobs, times, strict=True)
        ),
    )


def _all_about(job: "Job", state: "State") -> Sequence[tuple[str, str]]:
    return [
        ("name", job.name),
        ("state", state.value),
        ("arguments", ", ".join(f"{name}={value}" for name, value in job.args.items()) or "none"),
        ("attempts", str(job.attempts)),
        ("queued", _time(job.made_at)),
        ("due", _time(job.due_at)),
        ("died", _time(job.died_at)),
        ("last failure", job.last_failure or "none"),
        ("key", job.unique_key or "none"),
        ("request", job.request_id or "none"),
    ]


def _time(at: datetime | None) -> str:
    return "none" if at is None else f"{at:%Y-%m-%d %H:%M:%S %Z}"
