"""The telephone that training speech is heard over: levels, noise, codecs, losses; and the features behind
it.
"""

import numpy as np
import pytest
from ear import augmentation, noises
from ear.audio import RATE, alaw, level, resample, ulaw
from ear.features import COEFFICIENTS, mel_bank, mfcc
from ear.resynthesis import other_speaker
from g711 import decode_ulaw, encode_ulaw

TIME = np.arange(2 * RATE) / RATE
TONE = 5000 * np.sin(2 * np.pi * 440 * TIME)


def power(sound):
    return float((sound**2).mean())


@pytest.mark.parametrize("target", [-38.0, -22.0, -12.0])
def test_a_sound_is_brought_to_its_level(target):
    rms = np.sqrt(power(augmentation.at_level(TONE, target)))
    assert 20 * np.log10(rms / 32768) == pytest.approx(target, abs=0.1)


def test_pauses_do_not_count_for_the_level():
    assert level(np.pad(TONE, RATE)) == pytest.approx(level(TONE), abs=0.1)


def test_silence_stays_silence_at_any_level():
    assert not augmentation.at_level(np.zeros(100), -20).any()


@pytest.mark.parametrize("snr", [5.0, 20.0, 40.0])
@pytest.mark.parametrize("kind", noises.NOISES)
def test_noise_is_as_far_below_the_sound_as_asked(kind, snr):
    chance = np.random.default_rng(1)
    added = noises.noise(kind, len(TONE), chance, chance.standard_normal(len(TONE)))
    noisy = augmentation.with_noise(TONE, added, snr)
    assert 10 * np.log10(power(TONE) / power(noisy - TONE)) == pytest.approx(snr, abs=0.2)


def test_a_noise_that_is_none_is_refused():
    with pytest.raises(ValueError, match="violet"):
        noises.noise("violet", 100, np.random.default_rng(1), np.zeros(100))


def test_packets_are_lost_at_the_rate_asked():
    chance = np.random.default_rng(1)
    steady = np.full(1000 * augmentation.PACKET, 100.0)
    lost = augmentation.with_losses(steady, 0.02, chance).reshape(1000, -1)[:, 0] != 100
    assert 8 <= lost.sum() <= 35


def test_pcmu_is_what_the_codec_does():
    samples = np.arange(-32768, 32768, dtype=np.int16)
    assert np.abs(ulaw(samples.astype(float)) - decode_ulaw(encode_ulaw(samples))).max() <= 1


def test_pcma_has_256_values_and_halves_its_step_with_the_sound():
    coded = alaw(np.arange(-32768, 32768.0))
    assert len(np.unique(coded)) == 256
    assert np.abs(coded - np.arange(-32768, 32768.0)).max() == 512


@pytest.mark.parametrize("surroundings", [augmentation.USUAL, augmentation.LOUD])
def test_telephones_differ_by_seed_and_by_nothing_else(surroundings):
    def call(seed):
        return augmentation.telephone(TONE, np.random.default_rng(seed), TONE[::-1], surroundings)

    assert np.array_equal(call(1), call(1))
    assert not np.array_equal(call(1), call(2))
    for seed in range(20):
        sound = call(seed)
        assert len(sound) == len(TONE)
        assert np.array_equal(sound, np.round(sound))
        assert np.abs(sound).max() <= 32768


def vowel(pitch):
    """A second of a voice with formants at 500, 1500 and 2500 Hz."""
    sound = np.zeros(RATE)
    sound[:: RATE // pitch] = 10000.0
    for formant in (500, 1500, 2500):
        pole = 0.97 * np.exp(2j * np.pi * formant / RATE)
        for at in range(2, RATE):
            sound[at] += 2 * pole.real * sound[at - 1] - abs(pole) ** 2 * sound[at - 2]
    return sound / np.abs(sound).max() * 10000


def test_another_speaker_says_as_much_at_the_same_times_and_sounds_different():
    said = np.pad(vowel(110), (RATE // 2, RATE // 2))
    voices = [other_speaker(said, np.random.default_rng(seed)) for seed in range(12)]
    for voice in voices:
        assert len(voice) == len(said)
        assert power(voice[: RATE // 3]) < power(voice[RATE // 2 : -RATE // 2]) / 1000
        assert 0.1 < power(voice) / power(said) < 10
    shapes = [mfcc(voice)[80:120, 1:12].mean(axis=0) for voice in (said, *voices)]
    assert min(np.abs(shape - shapes[0]).max() for shape in shapes[1:]) > 3
    assert np.array_equal(voices[3], other_speaker(said, np.random.default_rng(3)))


def test_from_silence_another_speaker_makes_next_to_nothing():
    assert np.abs(other_speaker(np.zeros(RATE), np.random.default_rng(1))).max() < 1


def test_resampling_keeps_level_and_moves_pitch():
    faster = resample(TONE, 0.5)
    assert len(faster) == len(TONE) // 2
    assert power(faster) == pytest.approx(power(TONE), rel=0.01)
    assert np.argmax(np.abs(np.fft.rfft(faster))) == pytest.approx(440 * len(TONE) / RATE, abs=1)


def test_features_are_kaldi_s():
    """The figures are those of kaldi-native-fbank's OnlineMfcc with the options of CONFIG, frame 7."""
    t = np.arange(1600)
    sound = 3000 * np.sin(2 * np.pi * 440 * t / RATE) + 500 * np.sin(2 * np.pi * 1900 * t / RATE)
    found = mfcc(np.round(sound + (t * 7919 % 101 - 50)))
    assert found.shape == (18, COEFFICIENTS)
    right = [79.14, -11.51, 7.414, -14.52, -98.81, -110.1, 18.71, -11.23, 62.78, 93.50, -27.17, 26.32]
    assert found[7, : len(right)] == pytest.approx(right, rel=1e-3)


def test_sound_shorter_than_a_window_has_no_features():
    assert mfcc(np.zeros(199)).shape == (0, COEFFICIENTS)


@pytest.mark.parametrize("warp", [0.86, 1.0, 1.16])
def test_every_vocal_tract_fills_the_mel_bank(warp):
    bank = mel_bank(warp)
    assert (bank.sum(axis=0) > 0).all()
    assert (bank >= 0).all()


def test_a_longer_vocal_tract_is_undone_by_its_warp():
    plain = mfcc(2000 * np.sin(2 * np.pi * 1000 * TIME))[50]
    shifted = 2000 * np.sin(2 * np.pi * 1100 * TIME)
    apart = {warp: float(np.abs(mfcc(shifted, warp)[50] - plain).mean()) for warp in (0.91, 1.0, 1.1)}
    assert min(apart, key=apart.__getitem__) == 0.91
