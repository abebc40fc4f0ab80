"""One of two processes that train one model together.

usage: two_processes.py PORT INDEX CHECKPOINT STEPS   (prints the losses as hexadecimal float32)
"""

import sys

import jax
import optax

import deepbook as db


def loss(model, batch):
    return db.cross_entropy(model(batch[0]), batch[1])


def main(port, index, checkpoint, steps):
    jax.config.update("jax_num_cpu_devices", 1)
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(f"127.0.0.1:{port}", num_processes=2, process_id=int(index))
    assert jax.process_count() == 2
    assert len(jax.devices()) == 2
    data = jax.random.normal(jax.random.key(1), (64, 5)), jax.random.randint(jax.random.key(2), (64,), 0, 3)
    _, history = db.fit(
        loss,
        db.MLP.init(jax.random.key(3), [5, 16, 3]),
        data,
        optax.sgd(0.05, momentum=0.9),
        steps=int(steps),
        batch_size=16,
        key=jax.random.key(4),
        eval_every=20,
        metrics={"loss": (loss, data)},
        checkpoint=checkpoint,
        mesh=db.make_mesh(),
    )
    print(history.losses.tobytes().hex())


if __name__ == "__main__":
    main(*sys.argv[1:])
