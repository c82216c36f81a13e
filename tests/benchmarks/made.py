"""Results that were never measured."""

from benchmarks.results import Figure, Results


def figure(
    candidate: str,
    *samples: float,
    fault: str = "",
    size: float | None = None,
    input: str = "text",
) -> Figure:
    return Figure(
        suite="framing",
        input=input,
        variant="1 event" if size is None else f"{size:g}",
        candidate=candidate,
        unit="us/event",
        samples=samples,
        fault=fault,
    )


def results(*figures: Figure, quick: bool = False, **versions: str) -> Results:
    return Results(
        date="2026-11-23",
        command="python -m benchmarks",
        quick=quick,
        machine={"cpu_model_name": "abacus", "load_avg_1min": 0.5},
        versions=versions,
        figures=list(figures),
    )
