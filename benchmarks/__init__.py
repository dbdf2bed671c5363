"""What is fast, and how fast: `python -m benchmarks NAME`; numbers in docs/benchmarks.md."""
