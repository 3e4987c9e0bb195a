//! Descent: dropped, dragged, stepped; its numbers are the library's.

use approx::{abs_diff_eq, relative_eq};
use gradus::optim::surfaces::surface;
use gradus::optim::theory::QuadraticMomentum;
use gradus::optim::{OptimizerSpec, minimize};

use super::driver::Browser;
use super::{number, same};

/// `(1, 2)` as numbers.
fn pair(text: &str) -> [f64; 2] {
    let parts: Vec<f64> = text.trim_matches(['(', ')']).split(", ").map(number).collect();
    parts.try_into().expect("two numbers")
}

/// The places of an optimizer on the notes' quadratic.
fn path(who: &str, start: [f64; 2], steps: usize) -> Vec<Vec<f64>> {
    let spec: OptimizerSpec = who.parse().expect("an optimizer");
    minimize(surface("quadratic").expect("a surface").f, &start, &mut spec.optimizer(0.1), steps).points
}

fn start(page: &Browser) -> [f64; 2] {
    ["x", "y"].map(|id| {
        number(page.run(&format!("return document.getElementById('{id}').value")).as_str().unwrap_or(""))
    })
}

/// The place in the table at the step shown is the library's, from the start that the page shows.
#[track_caller]
fn agrees(page: &Browser, row: usize, who: &str, step: usize) {
    let seen = pair(&page.rows("#now")[row][1]);
    let exact = &path(who, start(page), step)[step];
    for (seen, exact) in seen.iter().zip(exact) {
        let close = relative_eq!(*seen, *exact, max_relative = 1e-4, epsilon = 1e-9);
        assert!(close, "{who} at step {step}: {seen}, {exact}");
    }
}

#[test]
fn paths_are_the_librarys_step_by_step() {
    let Some(page) = Browser::start("descent") else { return };
    page.open("descent?optimizers=momentum:lr=0.6:beta=0.5,sgd:lr=0.4&steps=20");
    page.until("document.querySelectorAll('#map .contour').length > 4");
    agrees(&page, 0, "momentum:lr=0.6:beta=0.5", 20);
    agrees(&page, 1, "sgd:lr=0.4", 20);
    page.click("#about");
    page.key("Home");
    page.key("ArrowRight");
    page.key("ArrowRight");
    assert_eq!(page.text("#time-text"), "step 2 of 20");
    agrees(&page, 0, "momentum:lr=0.6:beta=0.5", 2);
    let memory = page.rows("#now")[0][6].clone();
    let [x, y] = start(&page);
    let after = &path("momentum:lr=0.6:beta=0.5", [x, y], 1)[1];
    // v = βv + g.
    let v = [0.5 * 0.2 * x + 0.2 * after[0], 0.5 * 4.0 * y + 4.0 * after[1]];
    for (seen, exact) in pair(memory.strip_prefix("v = ").expect("a velocity")).iter().zip(v) {
        assert!(relative_eq!(*seen, exact, max_relative = 1e-4), "{memory}: {exact}");
    }
    assert_eq!(page.run("return document.querySelectorAll('#map .arrow').length"), 4);
    page.drag("#time", -0.05);
    assert!(page.run("return location.hash").as_str().is_some_and(|hash| hash.contains("t=")));
    page.click("#play");
    page.until("document.querySelector('#time-text').textContent === 'step 20 of 20'");
    page.finish();
}

#[test]
fn the_ball_is_dropped_anywhere() {
    let Some(page) = Browser::start("drop") else { return };
    page.open("descent?optimizers=sgd:lr=0.4&steps=10");
    page.until("document.querySelector('#start') !== null");
    assert_eq!(start(&page), [-5.0, -2.0]);
    page.drag_by("#start", 120.0, -90.0);
    let dragged = start(&page);
    assert!(dragged[0] > -4.5 && dragged[1] > -1.8, "{dragged:?}");
    agrees(&page, 0, "sgd:lr=0.4", 10);
    assert!(page.run("return location.hash").as_str().is_some_and(|hash| hash.contains("x=")));
    page.click("#map");
    page.settled();
    let clicked = start(&page);
    assert!(clicked != dragged);
    agrees(&page, 0, "sgd:lr=0.4", 10);
    page.run("document.querySelector('#map').focus()");
    page.key("ArrowRight");
    page.settled();
    let moved = start(&page);
    assert!(abs_diff_eq!(moved[0] - clicked[0], 6.5 / 50.0, epsilon = 1e-3), "{clicked:?} to {moved:?}");
    page.run(
        "const e = document.querySelector('#x'); e.value = '-1.5'; e.dispatchEvent(new Event('change'))",
    );
    page.settled();
    assert_eq!(start(&page)[0], -1.5);
    agrees(&page, 0, "sgd:lr=0.4", 10);
    page.click("#in");
    page.settled();
    assert!(page.run("return location.hash").as_str().is_some_and(|hash| hash.contains("window=")));
    page.finish();
}

#[test]
fn optimizers_and_surfaces_are_typed() {
    let Some(page) = Browser::start("typed") else { return };
    page.open("descent");
    page.until("document.querySelectorAll('#preset option').length > 5");
    page.choose("#preset", "Too large, too small, just right");
    let ends = page.rows("#ends");
    assert_eq!((ends[0][5].as_str(), ends.len()), ("diverged", 3));
    assert!(ends[1][6].starts_with("too small") && ends[2][6].starts_with("just right"), "{ends:?}");
    page.enter("input[data-text='1']", "adm:lr=1");
    assert!(page.text("#error").contains("optimizer 2: no optimizer is named adm"));
    page.enter("input[data-text='1']", "adagrad:lr=0.4:eps=1e-6:eps-inside");
    assert_eq!(page.text("#error"), "");
    assert_eq!(page.rows("#now")[1][0], "adagrad:lr=0.4:eps=1e-6:eps-inside");
    for _ in 0..3 {
        page.click("#people .add");
        page.settled();
    }
    assert_eq!(page.run("return document.querySelector('#people .add').disabled"), true);
    assert_eq!(page.rows("#ends").len(), 6);
    page.enter("#f", "x^2 + 3*y^2 + ");
    assert!(page.text("#error").contains("ends where"));
    page.enter("#f", "x^2 + 3*y^2");
    page.until("document.querySelector('#about').textContent === 'expression: x^2 + 3*y^2'");
    let [x, y] = start(&page);
    page.click("#about");
    page.key("Home");
    same(&page.rows("#now")[0][2], x * x + 3.0 * y * y, 6);
    page.choose("#surface", "pit-1d");
    page.until("document.querySelector('#about').textContent.startsWith('pit-1d')");
    assert!(page.rows("#ends")[0][4].parse::<f64>().is_ok());
    page.finish_after_refusals();
}

#[test]
fn the_plane_of_momentum_and_the_averages() {
    let Some(page) = Browser::start("plane") else { return };
    page.open("descent?optimizers=momentum:lr=0.4:beta=0.5");
    page.until("document.querySelector('#theory') !== null && document.querySelector('#means') !== null");
    let fact = |table: &str, name: &str| {
        let rows = page.rows(table);
        rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("{name} has a row"))[1].clone()
    };
    let radius = |beta: f64| QuadraticMomentum { beta, eta: 0.4, lambda: 4.0 }.spectral_radius();
    same(&fact("#theory", "spectral radius"), radius(0.5), 6);
    // The run stands in the plane at both curvatures of the quadratic, 4 and 0.2.
    let title = page.run("return document.querySelector('#plane .ball title').textContent");
    assert!(title.as_str().is_some_and(|text| text.starts_with("ηλ = 1.6, β = 0.5")), "{title}");
    page.drag("#slide-beta", 0.3);
    let beta = page.run("return document.querySelector('#slide-beta').value");
    let beta = number(beta.as_str().unwrap_or(""));
    assert!(beta > 0.7, "{beta}");
    same(&fact("#theory", "spectral radius"), radius(beta), 6);
    page.click("#plane");
    page.settled();
    assert!(fact("#theory", "they are").len() > 10);
    same(&fact("#means", "length of the mean vector"), 0.5, 6);
    page.drag("#slide-gamma", -0.5);
    let gamma = page.run("return document.querySelector('#slide-gamma').value");
    let gamma = number(gamma.as_str().unwrap_or(""));
    same(&fact("#means", "window 1/(1 − γ)"), 1.0 / (1.0 - gamma), 6);
    assert_eq!(page.run("return document.querySelectorAll('.picture svg').length"), 10);
    page.finish();
}
