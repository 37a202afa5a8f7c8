"""The command that counts every year anew: to put what is stored right, or to prove that it is, with all cores."""

from __future__ import annotations

import gc
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import click
from flask import Flask

from admin_app import garbage
from admin_app.commands.root import Refused, main, with_app
from admin_app.factory import create_app
from models.credits import recompute
from models.credits.recompute import Recomputed
from models.scope import system_session

SHARE = 20_000
"""People whom a process of its own is given at once; so few are compared without another process."""


@main.command("recompute-years")
@click.option("--check", is_flag=True, help="Only compare; exit code 1 when a stored figure is wrong.")
@click.option("--processes", type=click.IntRange(min=1), help="Compare in so many processes. [default: one a core]")
@with_app
def recompute_years(_app: Flask, check: bool, processes: int | None) -> None:  # noqa: FBT001 - click's flag
    """Count every year of everybody anew and put the stored figures right."""
    garbage.settle()
    found = _compared(processes or len(os.sched_getaffinity(0))) if check else _put_right()
    text = (
        f"{found.n_pairs} years counted: {found.n_wrong_years} years, {found.n_wrong_records} records and "
        f"{found.n_wrong_counters} counters of organisations were wrong."
    )
    if found.first_wrong_account:
        person, year, posted, total = found.first_wrong_account
        text += (
            f"\nThe postings of {found.n_wrong_accounts} years did not add up; the first: person {person}, {year}, "
            f"postings {posted} tenths, records {total} tenths."
        )
    if check and not found.is_clean:
        raise Refused(text)
    click.echo(text)


def _put_right() -> Recomputed:
    with system_session() as session:
        return recompute.recompute_all(session, check_only=False)


def _compared(n_processes: int) -> Recomputed:
    with system_session() as session:
        last = recompute.last_person(session)
        shares = [(first, min(first + SHARE - 1, last)) for first in range(1, last + 1, SHARE)]
        if min(n_processes, len(shares)) < 2:
            return recompute.recompute_all(session, check_only=True)
        found = Recomputed()
        # Spawned, as the server's workers are: what a fork would take along belongs to one process.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(n_processes, len(shares)), context, initializer=_prepare) as pool:
            for each in pool.map(_compare, shares):
                found.add(each)
        found.n_wrong_counters = recompute.n_wrong_counters(session)
        return found


class _Own:
    """The application of a process that compares."""

    app: Flask


def _prepare() -> None:
    _Own.app = create_app()
    garbage.settle()
    gc.disable()  # a tenth of the time; what a share leaves in a circle is small, and looked for after it


def _compare(share: tuple[int, int]) -> Recomputed:
    with _Own.app.app_context(), system_session() as session:
        found = recompute.check_people(session, *share)
    gc.collect()
    return found
