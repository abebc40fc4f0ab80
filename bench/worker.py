"""One contestant in a process of its own, which trains when told to.

usage: worker.py MODULE CONTESTANT TASK THREADS

It says how long it took to the end of the first step. Then, for each number of steps on a line of standard input, it
trains so many and says how long that took.
"""

import os
import sys
import time

start = time.perf_counter()
module, contestant, name, threads = sys.argv[1:]
if threads == "1":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

from importlib import import_module  # noqa: E402

make = import_module(module).CONTESTANTS[contestant]
imported = time.perf_counter()
train = make(name)
train(1)
first = time.perf_counter()
print(imported - start, first - imported, flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    train(int(line))
    print(time.perf_counter() - start, flush=True)
