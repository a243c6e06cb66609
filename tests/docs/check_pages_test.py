"""Tests of check_pages: what it takes for right, and what for wrong."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = '#!/bin/sh\n[ "$1" = push ] && echo "  --wait  waits"\n'


class CheckPages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        (self.path / "Makefile").write_text("test: all\n")
        (self.path / "other.md").write_text("# One `word`, and more\n")
        (self.path / "leptir").write_text(PROGRAM)
        (self.path / "leptir").chmod(0o755)

    def check(self, text):
        (self.path / "page.md").write_text(text)
        return subprocess.run([sys.executable, HERE / "check_pages", self.path / "leptir", self.path,
                               self.path / "page.md"], capture_output=True, text=True, check=False)

    def passes(self, text):
        done = self.check(text)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def fails(self, text, message):
        done = self.check(text)
        self.assertEqual((done.returncode, done.stdout), (1, f"page.md: {message}\n"))

    def test_what_exists_is_right(self):
        self.passes("`leptir push --wait`, `make test`, [a](other.md), [b](other.md#one-word-and-more), [c](#d)\n\n# D\n")

    def test_a_command_or_option_that_does_not_exist_is_told(self):
        self.fails("Say `leptir\npoll`.", "`leptir poll`: there is no command poll")
        self.fails("`leptir push --await=3`", "`leptir push --await=3`: push has no option --await")
        self.fails("| `echo \\| leptir push --await` |", "`echo | leptir push --await`: push has no option --await")

    def test_a_target_that_does_not_exist_is_told(self):
        self.fails("`make tests`", "`make tests`: there is no such target")

    def test_a_link_that_leads_nowhere_is_told(self):
        self.fails("[a](no.md)", "(no.md): there is no such file")
        self.fails("[a](other.md#two)", "(other.md#two): the page has no such heading")

    def test_blocks_are_the_affair_of_run_snippets(self):
        self.passes("```sh\n`leptir poll`\n```\n<!-- snippet: run\n[a](no.md)\n-->\n")


if __name__ == "__main__":
    unittest.main()
