"""baresip as an echo target: it answers OPTIONS, and sends back whatever it hears."""

from pathlib import Path

from baresip import Phone


class EchoPhone(Phone):
    """`with EchoPhone(folder) as echo:`; calls to `echo.uri` hear themselves."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        config = (folder / "config").read_text()
        config = config.replace("module_app menu.so\n", "module_app menu.so\nmodule_app echo.so\n")
        lines = [
            line for line in config.splitlines() if not line.startswith(("audio_source", "audio_player"))
        ]
        lines += ["audio_source aubridge,echo", "audio_player aubridge,echo"]
        (folder / "config").write_text("\n".join(lines) + "\n")
        (folder / "accounts").write_text(f"<{self.uri}>;regint=0\n")
