"""`python -m benchmarks NAME [options]`: run one of the benchmarks."""

import importlib
import sys

BENCHMARKS = (
    "board",
    "round",
    "grid",
    "cases",
    "disturbances",
    "qp_solvers",
    "service",
    "workers",
    "soak",
    "memory",
    "lasting",
    "effects",
    "models",
    "prompts",
    "team_cost",
    "routing",
    "layers",
    "model_memory",
    "sweep",
    "dashboard",
)


def main(argv: list[str]) -> None:
    """Run the benchmark that is named first; the rest is its own."""
    if not argv or argv[0] not in BENCHMARKS:
        print(f"usage: python -m benchmarks {{{','.join(BENCHMARKS)}}} [--json]", file=sys.stderr)
        raise SystemExit(2)
    importlib.import_module(f"benchmarks.{argv[0]}").main(argv[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
