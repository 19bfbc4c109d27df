"""Language models."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from softswitch.values import Duration, Section


def llm_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", text):
        raise ValueError("expected where the API begins, such as http://127.0.0.1:11434/v1")
    return text.rstrip("/")


class Llm(Section):
    """A language model behind the chat completions protocol: vLLM, Ollama, llama.cpp, a cloud."""

    url: Annotated[str, AfterValidator(llm_url)] = Field(description="Where the API begins.")
    model: str = Field(min_length=1, description="The model's name there.")
    key_file: Path | None = Field(None, description="File whose first line is the key; none: without.")
    first_piece: Duration = Field(4.0, gt=0, le=60, description="The reply begins within this time.")
    between_pieces: Duration = Field(2.0, gt=0, le=60, description="And pauses no longer than this.")
    timeout: Duration = Field(20.0, gt=0, le=300, description="All of it takes no longer.")
    slow: Duration = Field(
        2.0,
        gt=0,
        description="Where every tenth reply begins later than this, the model is not asked for a while.",
    )
    most_tokens: int = Field(300, ge=20, le=10_000, description="Of a reply.")
    structured: Literal["json_schema", "json_object", "none"] = Field(
        "json_schema", description="What it knows of `response_format`."
    )
    embedding: str = Field(
        "",
        description="The server's name of an embedding model, by which questions that are alike in other "
        "words find remembered answers; none: by their words only.",
    )
    embedding_patience: Duration = Field(
        0.15, gt=0, le=2, description="A caller waits for it no longer than this."
    )
    alike: float = Field(
        0.95,
        gt=0,
        le=1,
        description="Cosine from which on two questions count as alike. Measure it with your model.",
    )
    alike_margin: float = Field(
        0.03, ge=0, le=1, description="So much less alike must be every question with another answer."
    )
