"""scripts/train_demo_model, once its tools are installed: reads the options and runs the pipeline."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from ear import settings
from ear.pipeline import Pipeline
from ear.work import Work

BUILD = Path(__file__).parents[2] / "build/ear"


def main() -> int:
    options = _options()
    chosen = (settings.quick if options.quick else settings.full)(options.seed)
    if options.micro:
        chosen = settings.micro(options.seed)
    chosen = replace(chosen, processes=options.processes)
    out = options.out or BUILD / f"model-{chosen.name}"
    if out.exists() and not (out / "am/final.mdl").is_file():
        print(f"train_demo_model: {out} is there and no Vosk model; name another with --out", file=sys.stderr)
        return 1
    work = Work(options.work, chosen.processes)
    os.nice(10)  # a build in the background disturbs nobody
    partial = out.with_name(f".partial-{out.name}")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        Pipeline(chosen, work).build(partial)
    except KeyboardInterrupt:
        print("\ntrain_demo_model: cut off; the same command goes on from here", file=sys.stderr)
        return 130
    except (ValueError, FileNotFoundError) as error:
        print(f"train_demo_model: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"train_demo_model: {error}\n{(error.stderr or b'')[-2000:]!r}", file=sys.stderr)
        return 1
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)
    _tell(out, work)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("train_demo_model", description="Builds the embedded ear, a Vosk model.")
    parser.add_argument("--quick", action="store_true", help="the whole chain on little speech, in minutes")
    parser.add_argument("--micro", action="store_true", help="the whole chain but training, in seconds")
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed gives other speech (default: %(default)s)"
    )
    parser.add_argument(
        "--work", type=Path, default=BUILD / "work", help="intermediate results (default: %(default)s)"
    )
    parser.add_argument("--processes", type=int, default=2, help="at once; one a core (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="the model folder (default: build/ear/model-full or -quick)")
    return parser.parse_args()


def _tell(out: Path, work: Work) -> None:
    """The time of each stage, here and in the work folder, and where the model is."""
    total = sum(work.seconds.values())
    (work.folder / "seconds.json").write_text(json.dumps(work.seconds, indent=1), encoding="utf-8")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6
    print(f"train_demo_model: {out} ({size:.1f} MB) in {total:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
