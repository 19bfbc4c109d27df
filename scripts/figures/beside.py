"""What goes on beside a measurement, in a thread, until it is left."""

import threading
from types import TracebackType
from typing import Self


class Beside:
    """`run` goes on until `over` is set."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self._thread = threading.Thread(target=self.run)

    def run(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.over.set()
        self._thread.join()
