"""Metrics and log."""

from typing import Literal

from pydantic import Field

from softswitch.values import Section


class Metrics(Section):
    address: str = Field("127.0.0.1", description="Address of /metrics, /healthz and /readyz.")
    port: int = Field(9464, ge=0, le=65535, description="Port of the same; 0 picks a free one.")


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    format: Literal["text", "json"] = Field("text", description="For people or for machines.")
