"""Compares what a block shows with what a command printed."""
import re

from snippet_page import Mistake


def check_output(shown, printed, loosely):
    """`…` in `shown` stands for any text within a line, and alone in a line for any lines."""
    if loosely:
        shown, printed = without_numbers(shown), without_numbers(printed)
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\s*\n"
                      for line in shown.splitlines())
    if not re.fullmatch(pattern, re.sub(r"\n*\Z", "\n", printed) if printed.strip() else ""):
        raise Mistake(f"what was printed is not what the block shows:\n{printed}")


def without_numbers(text):
    """The text in which all ids and numbers are 0 (`0.031 ms` and `1.0 s` as well), and all gaps one blank wide."""
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "0", text)
    text = re.sub(r"\d+([.:-]\d+)*( (us|ms|s)\b)?", "0", text)
    return re.sub(r"[ \t]+", " ", text)


def read_session(code):
    """The commands of a session in a terminal, which stand behind `$ ` or `# `, each with what it shows below it."""
    commands = []
    for line in code.splitlines(keepends=True):
        if line.startswith(("$ ", "# ")):
            commands.append((line[2:], ""))
        elif commands:
            commands[-1] = (commands[-1][0], commands[-1][1] + line)
        else:
            raise Mistake("a session begins with a command behind `$ `")
    return commands
