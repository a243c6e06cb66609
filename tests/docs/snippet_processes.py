"""Runs the commands of a page, and ends what they leave running."""
import ctypes
import os
import signal
import subprocess

from snippet_page import Mistake

SECONDS = 120  # for one command; the first `go run` compiles Go's own library
PR_SET_CHILD_SUBREAPER = 36  # of prctl(2): daemons become children of this process


class Processes:
    """The commands of one page, which run in its folder."""

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = environment
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def call(self, command, expected):
        """Returns what was printed; ends what the command has left in its session."""
        process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            output, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise Mistake(f"still running after {SECONDS} s") from None
        kill(os.killpg, process.pid)
        if process.returncode != expected:
            raise Mistake(f"exit status {process.returncode}, expected {expected}\n{output}")
        return output

    def end_all(self):
        """Ends daemons as well."""
        while pids := descendants_of(os.getpid()):
            for pid in pids:
                kill(os.kill, pid)
            os.waitpid(-1, 0)


def kill(how, pid):
    try:
        how(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def descendants_of(ancestor):
    parents = {int(pid): parent_of(pid) for pid in os.listdir("/proc") if pid.isdigit()}
    found = [ancestor]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return int(stat.read().rpartition(")")[2].split()[1])
    except OSError:
        return None  # it has ended
