"""Phrases that are not used here, and words inside names, which a spelling checker does not look into.

Whole words are codespell's, whose list is .codespell/words.txt: `make words` runs both.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENDINGS = {".py", ".sql", ".yml", ".md", ".j2", ".css", ".toml", ".cfg"}
# they name what is forbidden
LISTS = {"tests/unit/test_words.py", ".codespell/words.txt"}

# published values, which readers' queries name
PUBLISHED = ("click_told_twice",)

# between the words of a phrase: blanks, the end of a line, what begins a comment, an underscore
GAP = r"[\s_#*>-]+"


def part(*words: str) -> str:
    """A word, or a part of a name: from an underscore or a capital letter to where the next begins."""
    either = "|".join(rf"[{word[0].upper()}{word[0]}]{word[1:]}" for word in words)
    capital = "|".join(word.capitalize() for word in words)
    return rf"(?:(?<![A-Za-z])(?:{either})|(?<=[a-z0-9_])(?:{capital}))(?![a-z])"


def phrase(*words: str) -> str:
    return rf"(?<![A-Za-z]){GAP.join(words)}(?![A-Za-z])"


FORBIDDEN = {
    "told": part("told", "untold"),
    "reckon": r"(?:(?<![A-Za-z])[Rr]eckon|(?<=[a-z0-9_])[Rr]eckon)",
    "nobody's": part("nobodys", "nobody's"),
    "held against": phrase("[Hh]eld", "against"),
    "spent on nobody": phrase("[Ss]pent", "on", "nobody"),
    "the house": phrase("[Tt]he", "house"),
    "the night": phrase("[Tt]he", "night"),
}


def found(text: str) -> list[tuple[int, str]]:
    """Line and word of each that is not used here."""
    for value in PUBLISHED:
        text = text.replace(value, "_" * len(value))
    return sorted(
        (text.count("\n", 0, match.start()) + 1, word)
        for word, pattern in FORBIDDEN.items()
        for match in re.finditer(pattern, text)
    )


def test_no_name_and_no_sentence_has_a_word_of_our_own() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    paths = [name for name in tracked if Path(name).suffix in ENDINGS and name not in LISTS]
    assert len(paths) > 500
    offenders = [
        f"{name}:{line}: {word}"
        for name in paths
        if (ROOT / name).is_file()
        for line, word in found((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert offenders == [], "\n" + "\n".join(offenders)


def test_each_word_is_seen_in_names_and_in_prose() -> None:
    for text, words in {
        "as told before": ["told"],
        "def _told(error): told_count = is_untold": ["told", "told", "told"],
        "class Told: pass": ["told"],
        "NotTold": ["told"],
        "reckoned, Reckoned, _reckon": ["reckon", "reckon", "reckon"],
        "it is nobody's": ["nobody's"],
        "what is held\n    # against it": ["held against"],
        "is spent on\n-- nobody": ["spent on nobody"],
        "The house, the_house": ["the house", "the house"],
        "of the night": ["the night"],
        "stolid untoldly, the nightly run, household, withheld, told1": ["told"],
    }.items():
        assert [word for _, word in found(text)] == words, text
    assert found("one\ntold") == [(2, "told")]
