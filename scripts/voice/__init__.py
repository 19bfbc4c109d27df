"""Builds the embedded voice, a Piper voice (ONNX), from what flite's statistical voice rms says.

`scripts/make_demo_voice` runs it; docs/how-to/make-the-voice.md tells more.
"""
