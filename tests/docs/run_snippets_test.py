"""Tests of run_snippets: what it takes for right, and what for wrong."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


def perform(page):
    """The exit status and the output of run_snippets for this page."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.md"
        path.write_text(page)
        done = subprocess.run([sys.executable, HERE / "run_snippets", path, HERE.parent.parent, folder],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def block(marker, code, language="sh"):
    return f"<!-- snippet: {marker} -->\n```{language}\n{code}\n```\n"


class RunSnippets(unittest.TestCase):
    def passes(self, page, expected=0):
        status, output = perform(page)
        self.assertEqual(status, expected, output)
        return output

    def fails(self, page, *texts):
        status, output = perform(page)
        self.assertNotEqual(status, 0, output)
        for text in texts:
            self.assertIn(text, output)

    def test_runs_blocks_one_after_the_other_in_one_folder(self):
        self.passes(block("file=name", "world") + block("run", "echo hello $(cat name)") +
                    block("output", "hello world"))

    def test_a_block_that_fails_fails_the_page_with_its_line(self):
        self.fails(block("run", "true") + block("run", "false"), "line 6: exit status 1, expected 0")

    def test_an_expected_exit_status_is_no_failure(self):
        self.passes(block("run exit=3", "exit 3"))
        self.fails(block("run exit=3", "true"), "exit status 0, expected 3")

    def test_a_block_without_a_marker_is_a_mistake(self):
        self.fails("text\n\n```sh\ntrue\n```\n", "line 3", "says how it is tested")

    def test_a_marker_without_a_block_is_a_mistake(self):
        self.fails("<!-- snippet: run -->\ntext\n", "a block must follow")
        self.fails("<!-- snippet: run -->\n", "a block must follow")

    def test_an_unknown_word_is_a_mistake(self):
        self.fails(block("rnu", "true"), "unknown word 'rnu'")

    def test_other_output_than_shown_is_a_failure(self):
        self.fails(block("run", "echo one") + block("output", "two"), "is not what the block shows")

    def test_an_ellipsis_stands_for_text_or_for_lines(self):
        run = block("run", "echo id 17 done; echo; echo more; echo end")
        self.passes(run + block("output", "id … done\n…\nend"))
        self.fails(run + block("output", "id …\nend"), "is not what the block shows")

    def test_loosely_numbers_ids_times_and_gaps_may_differ(self):
        run = block("run", "echo '2026-11-28 23:28:14   01a2247c-e2f3-7cec-82dd-300bc1fd6898  fail  0.031 ms'")
        other = "2025-01-01 01:00:00 00000000-0000-0000-0000-000000000000 {}     1.0 s"
        self.passes(run + block("output loosely", other.format("fail")))
        self.fails(run + block("output loosely", other.format("sleep")), "is not what the block shows")
        self.fails(run + block("output", other.format("fail")), "is not what the block shows")

    def test_a_session_shows_commands_with_what_they_print(self):
        self.passes(block("run", "$ echo one; echo two\none\ntwo\n# true", "console"))
        self.fails(block("run", "$ echo one\ntwo", "console"), "is not what the block shows")
        self.fails(block("run", "$ false", "console"), "exit status 1")
        self.fails(block("run", "echo one", "console"), "begins with a command")

    def test_texts_are_replaced_in_code_and_output(self):
        self.passes(block("run with='/srv/data=data,2026=2126'", "echo /srv/data 2026 >file; echo /srv/data") +
                    block("output with=/srv/=", "/srv/data") + block("run", "grep -x 'data 2126' file"))

    def test_a_text_to_be_replaced_that_is_missing_is_a_mistake(self):
        self.fails(block("run with=here=there", "true"), "the block has no such text")

    def test_a_block_is_quoted_from_a_source(self):
        self.passes(block("quoted-from=tests/docs/snippet_page.py", "class Mistake(Exception):", "python"))
        self.fails(block("quoted-from=tests/docs/snippet_page.py", "class Mystery(Exception):", "python"),
                   "these lines do not stand in tests/docs/snippet_page.py")

    def test_a_hidden_block_runs(self):
        self.passes("<!-- snippet: run\ntouch made\n-->\n" + block("run", "test -f made"))
        self.fails("<!-- snippet: run\nfalse\n-->\n", "line 1: exit status 1")

    def test_a_block_whose_interpreter_is_missing_is_skipped_with_its_output(self):
        output = self.passes(block("run needs=no-such-program", "false") + block("output", "anything"), expected=77)
        self.assertIn("line 2: skipped: no-such-program is not installed", output)

    def test_a_page_with_a_skipped_block_and_a_wrong_one_fails(self):
        self.assertEqual(perform(block("run needs=no-such-program", "false") + block("run", "false"))[0], 1)

    def test_a_missing_module_is_named(self):
        output = self.passes(block("run needs=python3:no_such_module", "raise SystemExit(1)", "python"), expected=77)
        self.assertIn("no_such_module for python3 is not installed", output)

    def test_a_block_that_is_not_run_needs_a_reason(self):
        self.passes(block("not-run='it would send mail'", "false"))
        self.fails(block("not-run", "false"), "line 1: say why")

    def test_compiles_statements_and_whole_programs(self):
        self.passes(block("compile=statements", "leptir::Json json;\njson[0] = 1;", "cpp"))
        self.fails(block("compile", "int main() { return leptir; }", "cpp"), "‘leptir’ was not declared")

    def test_statements_find_what_is_given(self):
        statement = "json = std::chrono::milliseconds(250ms).count();"
        self.passes(block("compile=statements given='leptir::Json& json'", statement, "cpp"))

    def test_processes_that_a_block_leaves_running_are_ended(self):
        self.passes(block("run", "sleep 600 >/dev/null 2>&1 & echo $! >pid") +
                    block("run", "pid=$(cat pid)\nwhile kill -0 $pid 2>/dev/null && "
                                 "! grep -q '^State:.Z' /proc/$pid/status; do :; done"))

    def test_a_daemon_that_a_page_leaves_running_is_ended(self):
        with tempfile.NamedTemporaryFile(mode="r") as file:
            self.passes(block("run", f"setsid sh -c 'echo $$ >{file.name}; exec sleep 600' >/dev/null 2>&1 &\n"
                                     f"while [ ! -s {file.name} ]; do sleep 0.01; done"))
            self.assertFalse(Path("/proc", file.read().strip()).exists())


if __name__ == "__main__":
    unittest.main()
