"""Figures that learn in the page: what they compute, how fast, and how a reader runs them."""

import base64
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from cases import KEY, MODELS, enable_x64

import deepbook as db
from conftest import PAGES, SITE
from deepbook.live_figures._program import compile_program
from deepbook.live_figures._values import plain

LEARNING = [
    name for name in PAGES
    if 'class="db-live"' in (SITE / name).read_text(encoding="utf-8") and not name.startswith("lecture/")
]  # fmt: skip
HELPERS = (Path(db.__file__).parent / "live_figures" / "live_helpers.js").read_text()
ARRAYS = {
    "float32": "Float64",
    "float64": "Float64",
    "int32": "Int32",
    "int64": "Int32",
    "uint32": "Uint32",
    "bool": "Uint8",
}
STARTED = "() => [...document.querySelectorAll('.db-live')].every((root) => root.live)"
ERRORS = """() => [...document.querySelectorAll('.db-live')].map((root) => {  // of all that is drawn after some steps
    const { advance, restart, paint, view, record, unpack } = root.live;
    restart();
    const begun = performance.now();
    advance(record.proof.steps);
    const rate = (1000 * record.proof.steps) / (performance.now() - begun);
    paint();
    const far = record.proof.arrays.map(unpack).flatMap((wanted, i) => [...wanted].map((want, k) => {
        const found = view.outs[i];
        const at = wanted.length === 1 ? 0 : Math.floor((k * (found.length - 1)) / (wanted.length - 1));
        if (Number.isNaN(want)) return Number.isNaN(found[at]) ? 0 : Infinity;
        return want === found[at] ? 0 : Math.abs(want - found[at]) / Math.max(1, Math.abs(want));
    }));
    restart();
    paint();
    return [root.id, rate, far.length, Math.max(...far)];
})"""
FRAMES = """() => new Promise((done) => {  // frames a second, over one second
    const begun = performance.now();
    let frames = 0;
    const next = (now) => {
        frames += 1;
        if (now - begun < 1000) requestAnimationFrame(next);
        else done((1000 * frames) / (now - begun));
    };
    requestAnimationFrame(next);
})"""


def test_every_page_with_a_figure_that_learns_is_known():
    assert len(LEARNING) == 9  # eight chapters and the front page


@pytest.mark.parametrize("name", LEARNING)
def test_figures_compute_what_jax_computes(open_page, name):
    page = open_page(name)
    page.wait_for_function(STARTED)
    for figure, rate, entries, error in page.evaluate(ERRORS):
        print(f"{figure}: {rate:.0f} steps a second, largest error {error:.0e}")
        assert entries > 10, figure
        assert error < 1e-9, figure
    assert page.problems == []


def program(function, arguments):
    """JavaScript that makes a program, with its inputs set."""
    constants = []
    text, _ = compile_program(function, arguments, constants)
    arrays = [f"{ARRAYS[str(c.dtype)]}Array.from({json.dumps(c.astype(float).ravel().tolist())})" for c in constants]
    ins = [plain(leaf).astype(float).ravel().tolist() for leaf in jax.tree.leaves(arguments)]
    given = f"{json.dumps(ins)}.forEach((values, i) => p.ins[i].set(values));"
    return f"const p = ({text})(deepbook.helpers, [{','.join(arrays)}]); {given}"


def training(name, dtype):
    """A step of Adam on a layer, and its first state, in 32 or 64 bits."""
    model, apply, x = MODELS[name]

    def cast(array):
        return jnp.asarray(array, dtype if jnp.issubdtype(array.dtype, jnp.floating) else jnp.int32)

    model, x, adam = jax.tree.map(cast, model), jax.tree.map(cast, x), optax.adam(1e-2)

    def step(state):
        model, moments = state
        loss, grads = jax.value_and_grad(lambda m: jnp.sin(apply(m, x)).mean() + (apply(m, x) ** 2).mean())(model)
        moves, moments = adam.update(grads, moments)
        return (optax.apply_updates(model, moves), moments), loss

    return step, (model, adam.init(model))


def run_in_page(page, function, state, steps):
    """The leaves of what the function returns after so many steps in the page."""
    leaves = len(jax.tree.leaves(state))
    return page.evaluate(f"""() => {{
        {program(function, (state,))}
        for (let n = 0; n < {steps}; n++) {{
            p.run();
            if (n < {steps} - 1) for (let i = 0; i < {leaves}; i++) p.ins[i].set(p.outs[i]);
        }}
        return p.outs.map((out) => [...out]);
    }}""")


def largest_error(found, result):
    wanted = [plain(leaf).astype(float).ravel() for leaf in jax.tree.leaves(result)]
    return np.max([np.max(np.abs(np.array(f) - w)) for f, w in zip(found, wanted, strict=True)])  # NaN if there is one


@pytest.fixture(scope="module", name="blank")
def _blank(window):
    page = window("light").new_page()
    page.evaluate(HELPERS)
    yield page
    page.close()


@pytest.mark.parametrize("name", [name for name, (model, *_) in MODELS.items() if jax.tree.leaves(model)])
def test_every_layer_trains_in_the_page_as_in_jax(blank, name):
    with enable_x64(True):
        step, state = training(name, jnp.float64)
        result = state, None
        for _ in range(20):
            result = jax.jit(step)(result[0])
        assert largest_error(run_in_page(blank, step, state, 20), result) < 1e-12
    step, state = training(name, jnp.float32)
    result = state, None
    for _ in range(20):
        result = jax.jit(step)(result[0])
    assert largest_error(run_in_page(blank, step, state, 20), result) < 1e-5


def test_the_page_draws_the_random_numbers_of_jax(blank):
    def walk(state):
        key, _, n = state
        key, one, two = jax.random.split(key, 3)
        return key, jax.random.normal(one, (50,)), n + jax.random.randint(two, (50,), 0, 5)

    state = jax.random.key(3), jnp.zeros(50), jnp.zeros(50, jnp.int32)
    result = state
    for _ in range(100):
        result = walk(result)
    key, x, n = run_in_page(blank, walk, state, 100)
    assert key == jax.random.key_data(result[0]).tolist()
    assert n == result[2].tolist()
    np.testing.assert_allclose(x, result[1], atol=1e-5)


def everything(x):
    """What no layer uses."""
    loop = jax.lax.while_loop(lambda c: c[0] < 10, lambda c: (c[0] + 1, c[1] * 1.1 + c[0]), (0, x))
    last, rows = jax.lax.scan(lambda c, r: (c * 0.5 + r, (c.sum(), r * c)), x[0], x, reverse=True)
    both = [jax.lax.cond(x[0, 0] > k, lambda y: (y * 2, y.sum()), lambda y: (y - 1, y.max()), x) for k in (-9, 9)]
    cases = [jax.lax.switch(jnp.int32(x[3, 2] * 0 + k), [jnp.sin, jnp.cos, jnp.exp], x) for k in (-1, 1, 7)]
    root = jnp.linalg.cholesky(x @ x.T + jnp.eye(4))
    slope = jax.grad(lambda x: jax.lax.scan(lambda c, r: (jnp.tanh(c * 0.5 + r), None), x[0], x)[0].sum())(x)
    moved = [
        jnp.cumsum(x, 0),
        jnp.cumsum(x, 1),
        jax.lax.cumsum(x, 0, reverse=True),
        jnp.flip(x, 1),
        jnp.tile(x, (2, 3)),
    ]
    moved += [jnp.pad(x, ((1, 2), (0, 1))), jnp.roll(x, 1, 0), jnp.stack([x, x + 1], 1), x[jnp.array([2, 0])]]
    moved += [x.at[1].set(7), x.at[jnp.array([0, 0])].add(1.0), x[:, jnp.argmax(x[0])], jnp.linspace(0, 1, 5)]
    moved += [jax.lax.dynamic_update_slice(x, x[:1] * 5, (2, 0)), jnp.einsum("ij,kj->ik", x, x), x.T @ x]
    numbers = [
        jnp.argmax(x, 1),
        jnp.argmin(x, 0),
        jnp.prod(x, 0),
        x.max(),
        x.min(1),
        jnp.any(x > 3),
        jnp.all(x > -9, 0),
    ]
    numbers += [x.astype(jnp.int32) // 2, x.astype(jnp.int32) % 3, (x > 1) & (x < 3) | ~(x < 2), jnp.clip(x, -1, 1)]
    places, outside = x[:, 0].astype(int), jnp.array([5, -9])  # traced, and outside
    numbers += [x[places], x.at[places].get(mode="fill", fill_value=2.0), jnp.take(x, outside, axis=0, mode="clip")]
    numbers += [(x * 1e9).astype(jnp.int32), (x * 1e9).astype(jnp.uint32), x.astype(jnp.int32) ** 3]
    each = [f(x) for f in (jnp.round, jnp.sign, jnp.square, jax.scipy.special.erf, jax.nn.gelu, jax.nn.softmax)]
    each += [
        jax.scipy.special.erfinv(x / 9),
        x**3,
        jnp.abs(x) ** -1.5,
        x**-2,
        jnp.arctan2(x, x + 1),
        jnp.where(x > 1, x, 0),
    ]
    solved = [root, jax.scipy.linalg.cho_solve((root, True), x), jax.scipy.linalg.solve_triangular(root.T, x)]
    return loop, last, rows, both, cases, slope, moved, numbers, each, solved


def test_the_page_computes_the_rest_as_jax_does(blank):
    with enable_x64(True):
        x = jnp.arange(12.0).reshape(4, 3) - 4.3
        found = run_in_page(blank, everything, x, 1)
        assert largest_error(found, everything(x)) < 1e-10


def test_what_the_page_cannot_compute_is_named():
    with pytest.raises(NotImplementedError, match=r"primitive 'sort', used in .*test_learning"):
        compile_program(lambda x: 2 * jnp.sort(x), (jnp.zeros(3),), [])


def test_training_in_the_page_is_fast(blank):
    x = jax.random.normal(KEY, (400, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(jnp.int32)
    net, adam = db.MLP.init(KEY, [2, 32, 32, 2], activation=jnp.tanh), optax.adam(1e-2)

    def step(state):
        net, moments = state
        moves, moments = adam.update(jax.grad(lambda n: db.cross_entropy(n(x), y))(net), moments)
        return optax.apply_updates(net, moves), moments

    best = blank.evaluate(f"""() => {{
        {program(step, ((net, adam.init(net)),))}
        let best = 0;
        for (let round = 0; round < 4; round++) {{
            const start = performance.now();
            let n = 0;
            for (; performance.now() - start < 500; n++) {{ p.run(); p.outs.forEach((out, i) => p.ins[i].set(out)); }}
            best = Math.max(best, 2 * n);
        }}
        return best;
    }}""")
    print(f"{best} steps a second")
    assert best > 200  # 800 and more on a machine that does nothing else


@pytest.fixture(name="net")
def _net(open_page):
    page = open_page("notebooks/01b_building_blocks.html")
    page.wait_for_function(STARTED)
    return page, page.locator(".db-live")


def steps(figure):
    return int(figure.locator(".db-told").inner_text().split()[1].strip(":"))


def test_a_reader_trains_pauses_steps_and_begins_again(net):
    page, figure = net
    run = figure.locator(".db-run")
    figure.scroll_into_view_if_needed()
    run.click()
    assert run.inner_text() == "Pause"
    page.wait_for_timeout(600)
    run.click()
    seen = steps(figure)
    assert run.inner_text() == "Train"
    assert seen > 3
    assert figure.locator("[aria-live]").inner_text() == figure.locator(".db-told").inner_text()
    page.wait_for_timeout(200)
    assert steps(figure) == seen
    figure.locator(".db-step").click()
    assert steps(figure) == seen + 1
    assert f"Step {seen + 1}" in figure.locator("canvas").get_attribute("aria-label")
    rate = figure.locator("input[type=range]").last
    rate.focus()
    rate.press("ArrowRight")
    assert steps(figure) == seen + 1  # the rate may change on the way; the data begin anew
    figure.locator("select").first.select_option(index=1)
    assert steps(figure) == 0
    figure.locator(".db-step").click()
    figure.locator(".db-reset").click()
    assert steps(figure) == 0


def test_the_page_stays_smooth_while_a_figure_trains(net):
    page, figure = net
    figure.locator(".db-run").click()
    frames = page.evaluate(FRAMES)
    print(f"{frames:.0f} frames a second")
    assert frames > 20  # 60 on a machine that does nothing else
    assert steps(figure) > 3


def test_it_sleeps_while_nobody_sees_it(net):
    page, figure = net
    figure.scroll_into_view_if_needed()
    figure.locator(".db-run").click()
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.wait_for_timeout(400)
    asleep = steps(figure)
    page.wait_for_timeout(500)
    assert steps(figure) == asleep
    figure.scroll_into_view_if_needed()
    page.wait_for_function(
        f"() => Number(document.querySelector('.db-live .db-told').textContent.match(/\\d+/)) > {asleep}"
    )


def test_with_less_motion_it_goes_a_tenth_at_a_time(open_page):
    page = open_page("notebooks/01b_building_blocks.html", "less motion")
    page.wait_for_function(STARTED)
    figure = page.locator(".db-live")
    figure.locator(".db-run").click()
    assert steps(figure) == 100
    assert figure.locator(".db-run").inner_text() == "Train"


@pytest.mark.parametrize("name", LEARNING)
def test_without_script_there_is_a_picture(open_page, name):
    page = open_page(name, "no script")
    for figure in page.locator(".db-live").all():
        image = figure.locator("img")
        assert len(image.get_attribute("alt")) > 40
        assert image.evaluate("i => i.naturalWidth") > 400
        assert figure.locator(".db-note").is_visible()
        assert figure.locator("canvas").count() == 0


def placing(page):
    page.wait_for_function(STARTED)
    figure = page.locator(".db-live")
    figure.scroll_into_view_if_needed()
    return (
        figure,
        figure.locator("canvas"),
        lambda: int(figure.locator(".db-told").inner_text().split(" of ")[1].split()[0]),
    )


def test_points_are_put_and_taken_by_keyboard(open_page):
    figure, canvas, count = placing(open_page("notebooks/01a_history.html"))
    before = count()
    canvas.focus()
    canvas.press("ArrowRight")
    canvas.press("Enter")
    assert count() == before + 1
    assert figure.locator("[aria-live]").inner_text().startswith("A point at 0.10, 0.00.")
    canvas.press("Delete")
    assert count() == before


@pytest.mark.parametrize("mode", ["light", "phone"])
def test_points_are_put_moved_and_taken_by_mouse_and_finger(open_page, mode):
    page = open_page("notebooks/01a_history.html", mode)
    _, canvas, count = placing(page)
    before = count()
    box = canvas.bounding_box()
    x, y = box["x"] + 0.25 * box["width"], box["y"] + 0.6 * box["height"]
    tap = page.touchscreen.tap if mode == "phone" else page.mouse.click
    tap(x, y)
    assert count() == before + 1
    if mode == "light":
        page.mouse.down()
        page.mouse.move(x + 20, y + 20, steps=4)
        page.mouse.up()
        assert count() == before + 1
        x, y = x + 20, y + 20
    tap(x, y)
    assert count() == before
    tap(box["x"] + box["width"] - 3, y)  # outside the axes nothing happens
    assert count() == before


def test_the_proof_is_not_empty():
    html = (SITE / "notebooks/01b_building_blocks.html").read_text(encoding="utf-8")
    record = json.loads(
        html.split('class="db-live"')[1].split('<script type="application/json">')[1].split("</script>")[0]
    )
    data = base64.b64decode(record["proof"]["arrays"][0][1].split(",")[1])
    assert record["proof"]["steps"] == 100
    assert np.ptp(np.frombuffer(data)) > 0.1
