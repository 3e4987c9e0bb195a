//! Backprop, step by step.

use approx::abs_diff_eq;
use gradus::autograd::Tape;

use super::driver::Browser;
use super::same;

/// The gradient of a neuron, by the library.
fn neuron(w1: f64, x1: f64, w2: f64, x2: f64, b: f64) -> (f64, Vec<f64>) {
    let tape = Tape::new();
    let v = [w1, x1, w2, x2, b].map(|x| tape.var(x));
    let y = (v[0] * v[1] + v[2] * v[3] + v[4]).tanh();
    let grads = y.backward();
    (y.item(), v.map(|x| grads.wrt(x).item()).to_vec())
}

#[test]
fn the_numbers_of_a_neuron() {
    let Some(page) = Browser::start("neuron") else { return };
    page.open("backprop");
    let (value, gradient) = neuron(-3.0, 2.0, 1.0, 0.0, 6.88);
    let rows = page.rows("#gradient");
    assert_eq!(rows.len(), 5);
    for (row, exact) in rows.iter().zip(&gradient) {
        same(&row[2], *exact, 10);
        assert!(abs_diff_eq!(super::number(&row[3]), *exact, epsilon = 1e-8), "{row:?}");
        assert_eq!(row[5], "agrees");
    }
    // Forward mode and the complex step, on demand.
    page.click("#ways");
    page.settled();
    for (row, exact) in page.rows("#gradient").iter().zip(&gradient) {
        same(&row[5], *exact, 10);
        same(&row[6], *exact, 10);
    }
    page.click("#last");
    assert!(page.text("#moment").contains("running sum"));
    page.click("#first");
    page.key("ArrowRight");
    assert_eq!(page.text("#place").split(' ').next(), Some("1"));
    assert!(page.text("#moment").contains("w1 * x1 = -6"), "{}", page.text("#moment"));
    page.key("End");
    page.key("ArrowLeft");
    page.key("Home");
    assert!(page.text("#place").starts_with("0 of"));
    // The result's value appears with its step, not before.
    let shown = "[...document.querySelectorAll('.box .value')].map((e) => e.textContent).join()";
    let part = format!("value {}", &value.to_string()[..6]);
    assert_eq!(page.run(&format!("return {shown}.includes('{part}')")), false);
    for _ in 0..5 {
        page.key("ArrowRight");
    }
    assert_eq!(page.run(&format!("return {shown}.includes('{part}')")), true);
    page.finish();
}

#[test]
fn a_slider_moves_the_gradient() {
    let Some(page) = Browser::start("slider") else { return };
    page.open("backprop");
    let before = page.rows("#gradient")[4][1].clone();
    page.drag("input[data-name=b]", 0.1);
    let rows = page.rows("#gradient");
    let b = super::number(&rows[4][1]);
    assert!(b > super::number(&before), "{before} became {b}");
    let (_, gradient) = neuron(-3.0, 2.0, 1.0, 0.0, b);
    for (row, exact) in rows.iter().zip(gradient) {
        same(&row[2], exact, 9);
    }
    // The address has it, and another page at this address shows the same.
    let address = page.run("return location.hash");
    let address = address.as_str().unwrap_or("").trim_start_matches('#').to_string();
    page.open(&address);
    assert_eq!(page.rows("#gradient"), rows);
    page.finish();
}

#[test]
fn an_expression_of_ones_own() {
    let Some(page) = Browser::start("expression") else { return };
    page.open("backprop");
    page.enter("#f", "sin(x)*x^2 + y");
    page.until("document.querySelectorAll('#gradient tbody tr').length === 2");
    page.enter("input[data-value=x]", "1.5");
    page.until("document.querySelector('#gradient tbody tr').cells[1].textContent === '1.5'");
    let (x, rows) = (1.5f64, page.rows("#gradient"));
    same(&rows[0][2], x.cos() * x * x + 2.0 * x * x.sin(), 10);
    same(&rows[1][2], 1.0, 10);
    page.enter("#f", "sin(x)*");
    page.until("document.querySelector('#error').textContent.includes('^')");
    page.enter("#f", "x");
    page.until("document.querySelector('#error').textContent === ''");
    page.choose("#graph", "XOR net");
    page.until("document.querySelectorAll('#gradient tbody tr').length === 9");
    assert!(page.rows("#gradient").iter().all(|row| row[5] == "agrees"));
    page.choose("#graph", "a bias that is stretched");
    page.until("document.querySelectorAll('#gradient tbody tr').length === 8");
    let rows = page.rows("#gradient");
    same(&rows[6][2], 2.0 * (1.0 + 3.0 + 5.0 + 3.0 * 0.5), 10);
    let steps = page.run("return Number(document.querySelector('#step').max)").as_u64().unwrap_or(0);
    let told = (0..steps).any(|_| {
        page.click("#next");
        page.text("#moment").contains("summed over axis 0")
    });
    assert!(told, "the broadcast is told");
    page.choose("#graph", "a kink");
    page.until("document.querySelector('#checks').textContent.includes('kink')");
    page.finish_after_refusals();
}
