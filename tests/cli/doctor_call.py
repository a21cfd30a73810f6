"""As much of a call as one check of `sitr doctor` needs."""


class DoctorCall:
    """Says a sentence by its key."""

    def say(self, key: str, **_blanks: object) -> str:
        """The key stands for its sentence."""
        return key
