//! Finite differences.

use approx::abs_diff_eq;
use gradus::autograd::{FiniteDifference, error_curve};
use gradus::tensor::DType;

use super::driver::Browser;
use super::same;

#[test]
fn the_best_steps_are_the_librarys() {
    let Some(page) = Browser::start("curves") else { return };
    page.open("differences");
    page.enter("#f", "exp(x)");
    page.until("document.querySelector('#about').textContent.includes('in its only element')");
    page.enter("input[data-value=x]", "1");
    page.settled();
    let rows = page.rows("#best");
    assert_eq!(rows.len(), 10);
    let e = std::f64::consts::E;
    for curve in error_curve(|x| x.exp(), 1.0).iter().filter(|curve| curve.dtype == DType::F32) {
        let row = rows.iter().find(|row| row[0] == curve.scheme.name() && row[1] == "F32").expect("a row");
        let best = curve.best();
        // The least of errors that are rounding is chance; its size is not.
        let ratio = super::number(&row[3]) / (best.error / e).max(1e-9);
        assert!(ratio < 30.0, "{row:?}: {}", best.error / e);
    }
    let dots = "document.querySelectorAll('#curves circle').length";
    let all = page.run(&format!("return {dots}")).as_u64().unwrap_or(0);
    assert!(all > 100, "{all} points");
    page.click("#show-forward");
    let fewer = page.run(&format!("return {dots}")).as_u64().unwrap_or(0);
    assert!(fewer < all, "{fewer} of {all} points");
    page.finish();
}

#[test]
fn the_compass_shows_every_direction() {
    let Some(page) = Browser::start("compass") else { return };
    page.open("differences?f=x%5E2*y&at=x%3D1.5%3By%3D0.5&step=-4");
    let titles =
        page.run("return [...document.querySelectorAll('#compass circle title')].map((e) => e.textContent)");
    let titles = titles.as_array().cloned().unwrap_or_default();
    assert_eq!(titles.len(), 72);
    for title in titles {
        let title = title.as_str().unwrap_or("").to_string();
        let words: Vec<&str> = title.split([' ', '°', ':', ',']).filter(|word| !word.is_empty()).collect();
        let angle = super::number(words[0]).to_radians();
        let f = |t: f64| (1.5 + t * angle.cos()).powi(2) * (0.5 + t * angle.sin());
        let difference = FiniteDifference::central().with_step(1e-4).derivative(f, 0.0);
        assert!(abs_diff_eq!(super::number(words[2]), difference, epsilon = 1e-5), "{title}: {difference}");
    }
    let words = page.text("#compass-text");
    let length = words.split("length ").nth(1).and_then(|rest| rest.split(':').next()).unwrap_or("");
    same(length, 1.5f64.hypot(2.25), 8);
    page.choose("#operation", "softmax");
    page.until("document.querySelector('#about').textContent.includes('operation softmax')");
    page.choose("#b", "x0[0, 2]");
    page.settled();
    page.finish();
}
