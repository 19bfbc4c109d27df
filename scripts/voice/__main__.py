"""scripts/make_demo_voice, once its tools are installed: reads the options and runs the pipeline."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from ear.work import Work

from voice import settings
from voice.pipeline import Pipeline

BUILD = Path(__file__).parents[2] / "build/voice"
ABOUT = """Builds the embedded voice, a Piper voice. It takes about 4 minutes of one core, or 1 with --quick;
a build that was cut off goes on where it stopped."""


def main() -> int:
    options = _options()
    chosen = (settings.quick if options.quick else settings.full)(options.seed)
    out = options.out or BUILD / f"voice-{chosen.name}"
    if out.exists() and not (out / "voice.onnx").is_file():
        print(f"make_demo_voice: {out} is there and no voice; name another with --out", file=sys.stderr)
        return 1
    partial = out.with_name(f".partial-{out.name}")
    shutil.rmtree(partial, ignore_errors=True)
    os.nice(10)  # a build in the background disturbs nobody
    try:
        work = Work(options.work, options.processes)
        Pipeline(chosen, work).build(partial)
    except KeyboardInterrupt:
        print("\nmake_demo_voice: cut off; the same command goes on from here", file=sys.stderr)
        return 130
    except (ValueError, OSError) as error:
        print(f"make_demo_voice: {error}", file=sys.stderr)
        return 1
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)
    size, total = (out / "voice.onnx").stat().st_size / 1e6, sum(work.seconds.values())
    print(f"make_demo_voice: {out} ({size:.1f} MB) in {total:.0f} s", file=sys.stderr)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("make_demo_voice", description=ABOUT)
    parser.add_argument("--quick", action="store_true", help="the whole chain on few sentences, in a minute")
    parser.add_argument(
        "--seed", type=int, default=1, help="another seed gives other sentences (default: %(default)s)"
    )
    parser.add_argument(
        "--work", type=Path, default=BUILD / "work", help="intermediate results (default: %(default)s)"
    )
    parser.add_argument("--processes", type=int, default=2, help="at once; one a core (default: %(default)s)")
    parser.add_argument(
        "--out", type=Path, help="the voice's folder (default: build/voice/voice-full or -quick)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
