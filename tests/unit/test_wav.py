"""What is read of a WAV file, whole, cut short, too long or none at all."""

import io
import wave
from pathlib import Path

import pytest

from softswitch.wav import Wav, read

PCM = bytes(range(200))


def written(channels: int = 2, width: int = 2, rate: int = 8000) -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(PCM)
    return data.getvalue()


@pytest.mark.parametrize(("channels", "width", "rate"), [(1, 2, 8000), (2, 2, 44100), (1, 1, 16000)])
def test_a_file_and_its_bytes_are_read_alike(tmp_path: Path, channels: int, width: int, rate: int) -> None:
    data = written(channels, width, rate)
    (tmp_path / "a.wav").write_bytes(data)
    found = read(tmp_path / "a.wav")
    assert found == read(io.BytesIO(data)) == Wav(channels, width, rate, 200 // channels // width, PCM)


def test_a_file_that_was_cut_short_holds_less_than_it_says() -> None:
    found = read(io.BytesIO(written()[:-100]))
    assert (found.frames, found.pcm) == (50, PCM[:100])


def test_the_audio_of_a_file_that_is_too_long_is_not_read() -> None:
    assert read(io.BytesIO(written()), most_s=50 / 8000).pcm == PCM
    assert read(io.BytesIO(written()), most_s=49 / 8000).pcm == b""


@pytest.mark.parametrize("data", [b"", b"not audio", b"RIFF\0\0\0\0WAVEfmt ", b"ID3" * 20])
def test_what_is_no_wav_file_is_an_error_with_its_reason(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(io.BytesIO(data))
