"""``python -m tests.fuzz NAME --seconds N``: search one family, steered by the lines that its bytes reach (Linux, extra ``fuzz``)."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

from tests.fuzz import FAMILIES

MEMORY_MB, ONE_RUN_SECONDS = 1_024, 30


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz")
    asked.add_argument("family", choices=FAMILIES)
    asked.add_argument("--seconds", type=int, default=180)
    asked.add_argument("--corpus", type=Path, help="keep what was reached here; a new folder otherwise")
    asked.add_argument(
        "--findings", type=Path, default=Path(tempfile.gettempdir()), help="where inputs that fail are put"
    )
    asked.add_argument("--length", type=int, default=8_192, help="longest input in bytes")
    given = asked.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is missing: pip install -e '.[test,fuzz]' (Linux only)")
    traced = _traced(given.family)
    with atheris.instrument_imports(include=traced):
        family = importlib.import_module(f"tests.fuzz.{given.family}")
    from tests.fuzz.mutation import change

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        changed = change(data, most, seed) if seed % 2 else None
        return atheris.Mutate(data, most) if changed is None else changed

    corpus = given.corpus or Path(tempfile.mkdtemp(prefix=f"fuzz-{given.family}-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for index, seed in enumerate(family.seeds()):
        (corpus / f"seed-{index}").write_bytes(seed)
        family.run(seed)  # what is imported on first use counts against no input
    options = [
        sys.argv[0], str(corpus), f"-max_total_time={given.seconds}", f"-rss_limit_mb={MEMORY_MB}", f"-timeout={ONE_RUN_SECONDS}",
        f"-max_len={given.length}", f"-artifact_prefix={given.findings}/{given.family}-", "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup(options, family.run, custom_mutator=mutate)
    atheris.Fuzz()


def _traced(name: str) -> list[str]:
    """The packages that steer the search, read without importing them."""
    import ast

    tree = ast.parse(Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))
    wanted = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "TRACED"
    )
    return list(ast.literal_eval(wanted))


if __name__ == "__main__":
    main()
