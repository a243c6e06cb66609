"""Finds the fenced blocks of a page in Markdown, and what the comment above each says about it."""
import dataclasses
import shlex

VERBS = {"run", "file", "compile", "output", "quoted-from", "not-run"}  # a marker says at least one of these
WORDS = VERBS | {"exit", "needs", "given", "include", "with", "loosely"}
OPENING = "<!-- snippet:"


class Mistake(Exception):
    """A page, or a block of it, is not as it should be."""


@dataclasses.dataclass
class Snippet:
    """One block with its marker: `<!-- snippet: run exit=1 -->` has the words {"run": "", "exit": "1"}."""

    line: int  # of the fence, counted from 1
    language: str
    words: dict
    code: str

    @property
    def needs(self):
        return [need for need in self.words.get("needs", "").split(",") if need]


def read_words(text, line):
    words = dict((word.split("=", 1) + [""])[:2] for word in shlex.split(text))
    unknown = set(words) - WORDS
    if unknown:
        raise Mistake(f"line {line}: unknown word '{min(unknown)}' in a marker: known are {', '.join(sorted(WORDS))}")
    if not VERBS & set(words):
        raise Mistake(f"line {line}: a marker must say one of {', '.join(sorted(VERBS))}")
    if words.get("not-run") == "":
        raise Mistake(f"line {line}: say why the block is not run: not-run='it would send mail'")
    return words


def replace_in(code, replacements):
    """`/etc=etc,2026=2126` puts `etc` and `2126` where the code says `/etc` and `2026`."""
    for pair in filter(None, replacements.split(",")):
        old, equals, new = pair.partition("=")
        if not equals or old not in code:
            raise Mistake(f"with='{pair}': the block has no such text")
        code = code.replace(old, new)
    return code


class Lines:
    """The lines of a page, read one after the other."""

    def __init__(self, text):
        self.lines = text.splitlines()
        self.number = 0  # of the line that next() returned last

    def next(self):
        self.number += 1
        return self.lines[self.number - 1]

    def has_more(self):
        return self.number < len(self.lines)

    def until(self, end):
        """The text up to the line that is `end`."""
        begin, found = self.number, []
        while self.has_more():
            line = self.next()
            if line.strip() == end:
                return "".join(part + "\n" for part in found)
            found.append(line)
        raise Mistake(f"line {begin}: no line {end} follows")


def read_page(text):
    """The snippets of the page, in order. A block without a marker is a mistake: it would not be tested."""
    lines, snippets, marker = Lines(text), [], None
    while lines.has_more():
        line = lines.next()
        number, stripped = lines.number, line.strip()
        if stripped.startswith(OPENING) and stripped.endswith("-->"):
            marker = read_words(stripped[len(OPENING):-len("-->")], number)
        elif stripped.startswith(OPENING):  # a block that the reader of the page does not see
            words = read_words(stripped[len(OPENING):], number)
            snippets.append(Snippet(number, "sh", words, lines.until("-->")))
        elif stripped.startswith("```"):
            code = lines.until("```")
            if marker is None:
                raise Mistake(f"line {number}: no comment `{OPENING} … -->` above this block says how it is tested")
            snippets.append(Snippet(number, stripped[3:].strip(), marker, code))
            marker = None
        elif stripped and marker is not None:
            raise Mistake(f"line {number}: a block must follow the marker above this line")
    if marker is not None:
        raise Mistake("a block must follow the marker at the end of the page")
    return snippets
