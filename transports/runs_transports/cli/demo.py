"""`runs-core demo`: one conversation, on every transport."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from attrs import Factory, define

from runs_core.endpoint import Endpoint
from runs_core.errors import RunsError
from runs_transports.cli.driving import TRANSPORTS, check_installed, drive
from runs_transports.cli.errors import OK, USAGE, CommandError, explained
from runs_transports.cli.options import (
    add_endpoint_options,
    add_transport_option,
    endpoint_of,
    not_empty,
)
from runs_transports.cli.show import Show

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add `demo`."""
    summary = "a conversation with tools on every transport"
    parser = commands.add_parser(
        "demo",
        help=summary,
        description=f"{summary.capitalize()}: one run is streamed, with a function that"
        " is called in this process, one is polled, and one is cancelled. Without"
        " --base-url, the demo starts its own server. The exit status is 0 only if"
        " everything ended as expected.",
    )
    add_endpoint_options(parser)
    group = parser.add_argument_group("what to run")
    group.add_argument(
        "--assistant",
        metavar="ID",
        type=not_empty,
        help="an assistant on that server (default: create one, and delete it)",
    )
    group.add_argument(
        "--model", default="gpt-4o", help="the model of a new assistant (gpt-4o)"
    )
    add_transport_option(
        parser,
        "use only this one; may be given more than once",
        action="append",
        dest="transports",
    )
    parser.set_defaults(command=_run)


@define
class Report:
    """How the conversation went on one transport; times in seconds."""

    transport: str
    runs: int = 0
    events: int = 0
    first_event: float | None = None
    total: float = 0.0
    problems: list[str] = Factory(list)


def _run(options: argparse.Namespace) -> int:
    if options.base_url is None and (options.assistant or options.api_key):
        raise CommandError(
            "--assistant and --api-key belong to a server: pass its --base-url too",
            status=USAGE,
        )
    names = list(dict.fromkeys(options.transports or TRANSPORTS))
    for name in names:
        check_installed(name)
    show = Show(every_event=False)
    with _endpoint(options) as endpoint:
        whose = " (the demo's own)" if options.base_url is None else ""
        show.line("server", f"{endpoint.base_url}{whose}")
        show.line("via", ", ".join(names))
        reports = [_converse(name, endpoint, options, show) for name in names]
    _sum_up(reports, show)
    bad = [report for report in reports if report.problems]
    if bad:
        raise CommandError(
            f"{len(bad)} of {len(reports)} transports did not end as expected;"
            f" {bad[0].transport}: {bad[0].problems[0]}"
        )
    return OK


@contextlib.contextmanager
def _endpoint(options: argparse.Namespace) -> Iterator[Endpoint]:
    if options.base_url is not None:
        yield endpoint_of(options)
        return
    from runs_core.testing import LocalService
    from runs_transports.cli.demo_script import assistant_script
    from runs_transports.serve import serve

    with serve(LocalService(assistant_script)) as server:
        yield Endpoint(server.base_url)


def _converse(
    transport: str, endpoint: Endpoint, options: argparse.Namespace, show: Show
) -> Report:
    from runs_transports.cli.conversation import Conversation

    report = Report(transport)
    conversation = Conversation(
        assistant_id=options.assistant, model=options.model, made=[]
    )
    show.title(transport)
    drive_on = partial(drive, transport, endpoint, max_retries=options.max_retries)
    start = time.perf_counter()
    try:
        drive_on(conversation.feed(), _Teller(show, report).take)
    except RunsError as error:
        report.problems.append(explained(error))
        show.line("failed", report.problems[-1], "red")
    finally:
        report.total = time.perf_counter() - start
        drive_on(conversation.clean_up())
    return report


@define
class _Teller:
    show: Show
    report: Report
    _begun: float = 0.0

    def take(self, item: Any) -> None:
        """Show an item of the conversation, and count it."""
        from runs_transports.cli.conversation import Begun, Ended, Said

        match item:
            case Said():
                self.show.line(item.label, item.text)
            case Begun():
                self._begun = time.perf_counter()
            case Ended():
                self.report.runs += 1
                self.show.line(
                    item.how,
                    f"{item.run.id}  {item.path}",
                    "dim" if item.good else "red",
                )
                if not item.good:
                    self.report.problems.append(
                        f"the run that was {item.how} is {item.run.status}"
                    )
            case _:
                self.report.events += 1
                if self.report.first_event is None:
                    self.report.first_event = time.perf_counter() - self._begun
                self.show.event(item)


def _outcome(report: Report) -> tuple[str, str]:
    """Return the outcome in words, and their style."""
    if report.problems:
        return "not as expected", "red"
    return "as expected", "green"


def _sum_up(reports: list[Report], show: Show) -> None:
    """Show a table or, if there is no room for it, a line for each transport."""
    table = _table(reports)
    unlimited = show.console.options.update(width=1000)
    if show.console.measure(table, options=unlimited).maximum <= show.console.width:
        show.console.print(table)
        return
    show.title("outcome")
    for report in reports:
        show.line(report.transport, *_outcome(report))


def _table(reports: list[Report]) -> Any:
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE)
    table.add_column("transport")
    for name in ("runs", "events", "first event", "total"):
        table.add_column(name, justify="right")
    table.add_column("outcome")
    for report in reports:
        first = report.first_event
        table.add_row(
            report.transport,
            str(report.runs),
            str(report.events),
            "" if first is None else f"{first * 1000:.0f} ms",
            f"{report.total:.2f} s",
            Text(*_outcome(report)),
        )
    return table
