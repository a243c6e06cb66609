"""A task of leptir in Python (docs/guide/programs.md): task = leptir_task.read(), task.progress(0.5), task.result({...})"""
import json, os, signal, sys, types

class Task(types.SimpleNamespace):  # id, name, parameters, attempt, fence, timeLimit
    def tell(self, **line):  # one result line, at once
        with open(3 if "LEPTIR_RESULT" in os.environ else 2, "w", encoding="utf-8", closefd=False) as results:
            results.write(json.dumps(line) + "\n")  # without leptir, when you try it by hand: to stderr

    def progress(self, fraction, text=None): self.tell(progress=fraction, text=text)
    def result(self, value): self.tell(result=value)
    def response(self, line): self.tell(response=line)
    def state(self, name): self.tell(state=name)
    def log(self, message, level="info"): self.tell(log=message, level=level)
    def retry_after(self, seconds, why=None): self.tell(retry_after=seconds, response=why); sys.exit(0)
    def discard(self, why): self.tell(discard=why); sys.exit(0)

def read():
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # `finally` and `with` are honoured
    return Task(**json.loads(sys.stdin.readline()))
