"""The ears and the voices, by language and by dialplan."""

from pydantic import Field

from softswitch.values import LanguageCode, Section

EMBEDDED = "embedded"

EMBEDDED_LANGUAGE = "en"
"""What the models that ship with the product hear and speak."""


class Models(Section):
    """The ear and the voice of one dialplan; what is not given is chosen by its language."""

    model: str | None = None
    voice: str | None = None


class Speech(Section):
    model: str = Field(
        EMBEDDED,
        description="Vosk model: `embedded`, an installed model's name, or the path of a model folder.",
    )
    voice: str = Field(
        EMBEDDED,
        description="Piper voice: `embedded`, an installed voice's name, or the path of an .onnx file.",
    )
    models: dict[LanguageCode, str] = Field(
        {}, description="Vosk models by language, for instance `{en: NAME}`; they go before `speech.model`."
    )
    voices: dict[LanguageCode, str] = Field(
        {}, description="Piper voices by language; they go before `speech.voice`."
    )
    dialplans: dict[str, Models] = Field(
        {},
        description="`model` and `voice` by a dialplan's name, as in `{shop: {voice: NAME}}`; "
        "they go before everything.",
    )
    workers: int = Field(0, ge=0, le=64, description="Speech threads; 0 means one per core.")

    def model_for(self, language: str, dialplan: str) -> str:
        """The setting of the ear that listens to callers of this dialplan in this language."""
        return self._own(dialplan).model or self.models.get(language, self.model)

    def voice_for(self, language: str, dialplan: str) -> str:
        """The same for the voice that speaks to them."""
        return self._own(dialplan).voice or self.voices.get(language, self.voice)

    def missing_for(self, language: str, dialplan: str) -> list[str]:
        """The settings that a dialplan in this language needs and has not: nobody chose for that language,
        and the embedded model is of another.
        """
        if language == EMBEDDED_LANGUAGE:
            return []
        own, missing = self._own(dialplan), []
        if self.model == EMBEDDED and not own.model and language not in self.models:
            missing.append(f"speech.models.{language}")
        if self.voice == EMBEDDED and not own.voice and language not in self.voices:
            missing.append(f"speech.voices.{language}")
        return missing

    def _own(self, dialplan: str) -> Models:
        return self.dialplans.get(dialplan, Models())
