"""scripts/train_demo_model --quick, as a user runs it, and the training's own tests where PyTorch is.

The script makes the virtual environment with PyTorch; nothing else of the product needs it.
"""

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest
import vosk

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "build/venv-ear/bin/python"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ear")
    command = ["scripts/train_demo_model", "--quick", "--work", folder / "work", "--out", folder / "model"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stderr
    return folder / "model"


@pytest.mark.slow
def test_the_quick_build_makes_a_model_that_takes_a_grammar(model: Path) -> None:
    vosk.SetLogLevel(-1)
    recognizer = vosk.KaldiRecognizer(vosk.Model(str(model)), 8000, '["yes please", "[unk]"]')
    recognizer.AcceptWaveform(bytes(16000))
    assert '"text"' in recognizer.FinalResult()
    assert "quick build" in (model / "card.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("model")
def test_training_learns_goes_on_after_a_kill_and_is_what_kaldi_reads() -> None:
    paths = [ROOT / "scripts", ROOT / "tests", sysconfig.get_paths()["purelib"]]
    command = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/ear_training/training_cases.py"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths)), "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout
