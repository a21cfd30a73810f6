"""What a person does in the extension's popup, in whichever browser it opened."""

from abc import ABC, abstractmethod
from typing import Any


class Pressed(ABC):
    """The popup as it opened under the button."""

    @abstractmethod
    def run(self, script: str) -> Any:
        """The value of a script in the popup."""

    @abstractmethod
    def rest(self, seconds: float) -> None:
        """Let the browser go on."""

    def wait(self, script: str, seconds: float = 60) -> None:
        """Until the script says yes."""
        for _ in range(int(seconds * 10)):
            if self.run(f"Boolean({script})"):
                return
            self.rest(0.1)
        raise AssertionError((script, self.said))

    @property
    def said(self) -> str:
        """The sentence that it shows."""
        return str(self.run("document.getElementById('said').textContent"))

    def pair(self, address: str, code: str) -> None:
        """Type address and code, press."""
        self.wait("!document.getElementById('pair').hidden")
        typed = (
            f"document.getElementById('address').value = {address!r}; document.getElementById('code').value = {code!r};"
        )
        self.run(typed + "document.querySelector('#pair button').click()")
        self.wait("document.getElementById('said').textContent")

    def save(self, child: str) -> str:
        """Answer the question, press, wait for the end; the sentence."""
        self.wait("!document.getElementById('save').hidden")
        self.run("document.getElementById('said').textContent = ''")
        self.run(f"document.querySelector('[value={child}]').click(); document.querySelector('#save button').click()")
        busy = "document.querySelector('#save button').disabled"
        self.wait(f"document.getElementById('said').textContent && !{busy}")
        return self.said

    def forget(self) -> None:
        """Press the button that forgets the pairing."""
        self.run("document.getElementById('forget').click()")
        self.wait("!document.getElementById('pair').hidden")
