//! Schedules and formulas side by side.

use approx::abs_diff_eq;
use gradus::optim::schedule::{Schedule, parse};

use super::driver::Browser;
use super::{number, same};

#[test]
fn schedules_are_drawn_before_training() {
    let Some(page) = Browser::start("schedules") else { return };
    page.open("schedules");
    page.until("document.querySelectorAll('#forms option').length > 20");
    let text = "cosine(0.2, 40).warmup(10).times(0.5)";
    page.enter("#rows input[data-text='0']", text);
    let row = page.rows("#schedule-facts")[0].clone();
    let schedule = parse(text).expect("a schedule");
    let rates: Vec<f64> = (0..100).map(|step| schedule.at(step)).collect();
    let highest = rates.iter().copied().max_by(f64::total_cmp).unwrap_or(0.0);
    for (seen, exact) in row[1..].iter().zip([rates[0], highest, rates[99], rates.iter().sum()]) {
        same(seen, exact, 6);
    }
    page.enter("#rows input[data-text='1']", "cosin(0.3, 20)");
    assert!(page.text("#error").contains("schedule 2: cosin(0.3, 20): no schedule is named cosin"));
    page.enter("#rows input[data-text='1']", "0.1.warmup(150)");
    assert_eq!(page.text("#error"), "");
    assert!(page.text("#warnings").contains("still rises at the last of 100 steps"));
    page.enter("#steps", "1000000");
    assert!(page.text("#error").contains("from 2 to 5000 are drawn"));
    page.enter("#steps", "200");
    page.choose("#forms", "wsd(0.1, 5, 20, 10): a rise, a stable part, a decay");
    assert_eq!(page.rows("#schedule-facts").len(), 4);
    page.finish_after_refusals();
}

#[test]
fn formulas_part_where_the_library_says() {
    let Some(page) = Browser::start("formulas") else { return };
    page.open("schedules");
    page.until("document.querySelectorAll('#preset option').length > 5");
    assert_eq!(page.rows("#parting")[1][1], "after step 21");
    page.choose("#preset", "An average is a leaky sum at η/(1 − β)");
    assert!(page.rows("#parting")[1][1].starts_with("never"));
    page.choose("#preset", "The five momenta at a rate that drops");
    let rows = page.rows("#parting");
    let parts: Vec<&str> = rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(parts, ["–", "after step 21", "after step 1", "after step 1", "after step 21"]);
    page.choose("#preset", "L2 against decoupled decay: Adam and AdamW");
    page.choose("#who", "adamw:lr=0.05:weight-decay=0.1");
    page.drag("#time", -0.2);
    let taken = page.rows("#taken");
    let of = |name: &str| number(&taken.iter().find(|row| row[0] == name).expect("a row")[1]);
    // Decoupled decay is −ηλθ, and the parts are the whole.
    same(
        &taken.iter().find(|row| row[0] == "+ weight decay").expect("a row")[1],
        -0.05 * 0.1 * of("weight before"),
        9,
    );
    let sum = of("memory") + of("+ this gradient") + of("+ weight decay");
    assert!(abs_diff_eq!(sum, of("= update"), epsilon = 1e-9), "{taken:?}");
    let after = of("weight before") + of("= update");
    assert!(abs_diff_eq!(after, of("weight after"), epsilon = 1e-9), "{taken:?}");
    page.enter("#gradient", "foo(t)");
    assert!(page.text("#error-formulas").contains("as sin(t/3)"));
    page.enter("#gradient", "1");
    page.enter("#formulas input[data-text='0']", "lbfgs");
    assert!(page.text("#error-formulas").contains("it evaluates the loss itself"));
    page.finish_after_refusals();
}
