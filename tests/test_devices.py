"""Many devices, in processes of their own: eight forced ones, and two processes of which one is killed."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
STEPS = 400


def test_all_of_eight_devices():
    command = [sys.executable, "-m", "pytest", HERE / "eight_devices", "-p", "no:nbval", "-p", "no:cacheprovider"]
    quick = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}  # much is compiled, little is computed
    environment = os.environ | {"JAX_NUM_CPU_DEVICES": "8", "JAX_PLATFORMS": "cpu"} | quick
    done = subprocess.run(
        [*command, "-q", "-o", "addopts="], env=environment, capture_output=True, text=True, cwd=HERE.parent
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 25


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def two_processes(checkpoint, steps):
    port = str(free_port())
    command = [sys.executable, str(HERE / "two_processes.py"), port]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return [subprocess.Popen([*command, str(i), str(checkpoint), str(steps)], **options) for i in range(2)]


def steps_in(checkpoint):
    with np.load(checkpoint) as file:
        return int(file["step"])


def results(processes):
    losses = []
    for process in processes:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err.decode()[-3000:]
        losses.append(np.frombuffer(bytes.fromhex(out.decode().split()[-1]), np.float32))
    return losses


def test_two_processes_of_which_one_is_killed_lose_nothing(tmp_path):
    whole, other = results(two_processes(tmp_path / "whole.npz", STEPS))
    assert len(whole) == STEPS
    np.testing.assert_array_equal(whole, other)

    checkpoint, processes = tmp_path / "killed.npz", two_processes(tmp_path / "killed.npz", STEPS)
    try:
        deadline = time.monotonic() + 200
        while not checkpoint.exists() or steps_in(checkpoint) < 100:
            assert time.monotonic() < deadline
            assert all(p.poll() is None for p in processes), processes[0].stderr.read()
            time.sleep(0.01)
        os.kill(processes[1].pid, signal.SIGKILL)
    finally:
        for process in processes:
            process.kill()
            process.communicate()  # closes its pipes
    saved = steps_in(checkpoint)
    assert 100 <= saved < STEPS  # in the midst of training
    resumed, _ = results(two_processes(checkpoint, STEPS))
    np.testing.assert_array_equal(resumed, whole)

    one = subprocess.run(
        [sys.executable, "-c", ONE_PROCESS.format(steps=STEPS)], capture_output=True, text=True, check=True
    )
    np.testing.assert_allclose(whole, np.frombuffer(bytes.fromhex(one.stdout.strip()), np.float32), atol=1e-5)


ONE_PROCESS = """
import jax, optax, deepbook as db
x = jax.random.normal(jax.random.key(1), (64, 5))
y = jax.random.randint(jax.random.key(2), (64,), 0, 3)
loss = lambda model, batch: db.cross_entropy(model(batch[0]), batch[1])
net = db.MLP.init(jax.random.key(3), [5, 16, 3])
optimizer = optax.sgd(0.05, momentum=0.9)
history = db.fit(loss, net, (x, y), optimizer, steps={steps}, batch_size=16, key=jax.random.key(4))[1]
print(history.losses.tobytes().hex())
"""
