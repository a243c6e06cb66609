"""What a snippet needs of the machine: programs, modules of an interpreter, a redis-server."""
import shutil
import socket
import subprocess
import time

MODULE_CHECKS = {  # a program that succeeds where the module is installed
    "python3": ["python3", "-c", "import {}"],
    "node": ["node", "-e", "require('{}')"],
    "php": ["php", "-r", "exit(extension_loaded('{}') ? 0 : 1);"],
}


def missing(needs, environment):
    """The first of the needs that is not installed (`php`, `php:redis`), or None."""
    for need in needs:
        program, _, module = need.partition(":")
        if shutil.which(program, path=environment["PATH"]) is None:
            return program
        if module:
            check = [part.format(module) for part in MODULE_CHECKS[program]]
            if subprocess.run(check, env=environment, capture_output=True, check=False).returncode != 0:
                return f"{module} for {program}"
    return None


class RedisServer:
    """A redis-server that lives as long as the `with` block; `port` is None without one."""

    def __init__(self, folder, is_wanted):
        self.folder = folder
        self.process = self.port = None
        self.is_wanted = is_wanted and shutil.which("redis-server") is not None

    def __enter__(self):
        if self.is_wanted:
            self.folder.mkdir()
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
            self.process = subprocess.Popen(
                ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "yes",
                 "--dir", str(self.folder)], stdout=subprocess.DEVNULL)
            self.wait_until_ready()
        return self

    def wait_until_ready(self):
        for _ in range(500):
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError("the redis-server did not become ready in 10 s")

    def __exit__(self, *_):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
