"""What a loss reads belongs to it: a changed variable is seen, and an unchanged one does not compile anew."""

import functools
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import deepbook as db
from deepbook.training import _loop
from deepbook.training._identity import fingerprint, identity

KEY = jax.random.key(0)
SGD = optax.sgd(0.1)
DATA = jnp.zeros((4, 1))
MODEL = db.Linear(weight=jnp.ones((1, 1)), bias=jnp.ones(1))
weight, settings, table, words = 0.0, SimpleNamespace(weight=0.0), np.zeros(2, np.float32), {"a": [0.0]}
array, teacher = jnp.float32(0), db.Linear(weight=jnp.zeros((1, 1)), bias=jnp.zeros(1))


def first_loss(function, model=MODEL, optimizer=SGD, **options):
    """The loss of the first step, which is the penalty that the function reads."""
    return float(db.fit(function, model, DATA, optimizer, steps=1, key=KEY, **options)[1].losses[0])


def reads_a_global(model, batch):
    return weight + 0 * model.weight.sum()


def helper():
    return weight


def reads_through_a_helper(model, batch):
    return helper() + 0 * model.weight.sum()


def reads_inside(model, batch):
    return (lambda: weight)() + 0 * model.weight.sum()


def reads_an_attribute(model, batch):
    return settings.weight + 0 * model.weight.sum()


def reads_an_array_of_numpy(model, batch):
    return table.sum() + 0 * model.weight.sum()


def reads_an_array(model, batch):
    return array + 0 * model.weight.sum()


def reads_a_container(model, batch):
    return words["a"][0] + 0 * model.weight.sum()


def reads_a_module(model, batch):
    return teacher.bias[0] + 0 * model.weight.sum()


def set_global(value):
    globals()["weight"] = value


CHANGES = {
    "a global": (reads_a_global, set_global),
    "a helper's global": (reads_through_a_helper, set_global),
    "an inner function's global": (reads_inside, set_global),
    "partial": (functools.partial(reads_a_global), set_global),
    "an attribute": (reads_an_attribute, lambda value: setattr(settings, "weight", value)),
    "an array in place": (reads_an_array_of_numpy, lambda value: table.fill(value / 2)),
    "an array of JAX": (reads_an_array, lambda value: globals().update(array=jnp.float32(value))),
    "a container": (reads_a_container, lambda value: words["a"].__setitem__(0, value)),
    "a module": (reads_a_module, lambda value: globals().update(teacher=db.Linear(teacher.weight, jnp.full(1, value)))),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_variable_is_seen_and_an_unchanged_one_compiles_nothing(name):
    function, change = CHANGES[name]
    change(0.0)
    assert first_loss(function) == 0
    compiled = _loop.stepper.cache_info().misses
    assert first_loss(function) == 0
    assert _loop.stepper.cache_info().misses == compiled
    change(10.0)
    assert first_loss(function) == 10
    change(0.0)


def test_a_changed_variable_of_an_enclosing_function_is_seen():
    value = 0.0

    def function(model, batch):
        return value + 0 * model.weight.sum()

    assert first_loss(function) == 0
    value = 10.0
    assert first_loss(function) == 10


def test_the_attributes_of_a_callable_object_are_seen():
    class Loss:
        def __init__(self):
            self.value = 0.0

        def __call__(self, model, batch):
            return self.value + 0 * model.weight.sum()

        def method(self, model, batch):
            return self.value + 0 * model.weight.sum()

    function = Loss()
    assert first_loss(function) == first_loss(function.method) == 0
    function.value = 10.0
    assert first_loss(function) == first_loss(function.method) == 10


def scaled(x):
    return weight * x


@db.module
class Scaled:
    factor: jax.Array

    def penalty(self):
        return weight * self.factor


def test_what_the_models_methods_and_functions_read_is_seen():
    method = lambda model, batch: model.penalty()
    inside = lambda model, batch: model[0](jnp.ones(())) + 0 * model[1]
    for function, model in ((method, Scaled(jnp.ones(()))), (inside, (db.Lambda(scaled), jnp.ones(())))):
        set_global(0.0)
        assert first_loss(function, model) == 0
        set_global(10.0)
        assert first_loss(function, model) == 10
        set_global(0.0)


def test_what_a_metric_reads_is_seen():
    plain = lambda model, batch: (model.weight**2).sum()
    measure = lambda model, data: weight + 0 * model.weight.sum()
    for value in (0.0, 10.0, 0.0):
        set_global(value)
        _, history = db.fit(plain, MODEL, DATA, SGD, steps=1, key=KEY, metrics={"m": (measure, DATA)})
        assert history.metrics["m"].tolist() == [value, value]


def test_what_a_schedule_reads_is_seen():
    plain = lambda model, batch: model.weight.sum() + model.bias.sum()
    optimizer = optax.sgd(lambda count: weight)
    for value in (0.0, 0.5, 0.0):
        set_global(value)
        model, _ = db.fit(plain, MODEL, DATA, optimizer, steps=1, key=KEY)
        assert model.bias.item() == 1 - value


def counts(model, batch):
    global calls
    calls += 1
    return 0 * model.weight.sum()


def test_a_counter_of_traces_does_not_compile_anew():
    globals()["calls"] = 0
    for _ in range(3):
        first_loss(counts)
    assert calls == 1


def test_cycles_and_names_without_a_value():
    def recursive(n):
        return recursive(n - 1) if n else unknown

    loop = [recursive]
    loop.append(loop)
    assert identity(loop) == identity(loop)
    assert fingerprint(loop) == fingerprint(loop)


def test_fingerprints_tell_apart():
    different = [
        1,
        1.0,
        "1",
        True,
        None,
        [1],
        (1,),
        {"a": 1},
        {"b": 1},
        jnp.ones(2),
        jnp.zeros(2),
        jnp.zeros((1, 2)),
        jnp.zeros(2, jnp.int32),
        np.zeros(0),
        jax.random.key(1),
        jax.random.key(2),
        optax.sgd(0.1),
        optax.sgd(0.2),
        optax.adam(0.1),
        optax.adam(0.1, b1=0.8),
        lambda x: x + 1,
        lambda x: x + 2,
        lambda x: x - 1,
        MODEL,
        teacher,
        db.Dropout(0.1),
        db.Dropout(0.2),
    ]
    prints = [fingerprint(value) for value in different]
    assert len(set(prints)) == len(prints)


CODE = """
import jax, jax.numpy as jnp, optax, deepbook as db
from deepbook.training._identity import fingerprint
rates, names = jnp.arange(3.0), {"one", "two", "three"}
def loss(model, batch):
    return rates.sum() * len({"a", "b", "c"} & names) * db.mean_squared_error(model(batch), batch)
print(fingerprint(loss, optax.adamw(optax.cosine_decay_schedule(0.1, 100)), db.MLP.init(jax.random.key(0), [2, 3, 2])))
"""


def test_a_fingerprint_is_the_same_in_another_process():
    source = {"PYTHONPATH": str(Path(db.__file__).parents[1]), "JAX_PLATFORMS": "cpu"}
    run = lambda seed: subprocess.run(
        [sys.executable, "-c", CODE], env=source | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
    )
    first, second = run("1").stdout, run("2").stdout
    assert len(first.strip()) == 32
    assert first == second
