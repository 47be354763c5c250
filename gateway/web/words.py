"""The words on the pages, Japanese first; ``static/words.json`` serves templates and modules."""

import json
from dataclasses import dataclass
from importlib import resources

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Words:
    """Every word by its key, in Japanese and in English."""

    entries: dict[str, list[str]]

    def both(self, key: str) -> Markup:
        """Give a word in both languages; the stylesheet shows what the reader chose."""
        ja, en = self.entries[key]
        return Markup(
            '<span class="ja" lang="ja">{}</span> <span class="en" lang="en">{}</span>'
        ).format(ja, en)

    def ja(self, key: str) -> str:
        """Give a word in Japanese, for places that take plain text only."""
        return self.entries[key][0]


def load_words() -> Words:
    """Read the file of translations."""
    file = resources.files("gateway.web").joinpath("static", "words.json")
    return Words(json.loads(file.read_text(encoding="utf-8")))
