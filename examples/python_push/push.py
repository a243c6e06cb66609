"""Pushes tasks from Python: one, and a thousand in one operation.

Usage: push.py [CONFIGURATION]. Without one, the tasks go into the default database of this user, which `leptir start`
runs.
"""
import sys

from leptir import Broker, LeptirError


def main():
    with Broker(sys.argv[1] if len(sys.argv) > 1 else None) as broker:
        # One attempt more if it fails, and not before a second has passed.
        print(broker.push("sleep", {"seconds": 1}, max_attempts=2, delay=1))
        broker.push_many([("noop", {"number": number}, {}) for number in range(1000)])


if __name__ == "__main__":
    try:
        main()
    except LeptirError as error:
        sys.exit(f"push.py: {error}")
