//! A network learns.

use gradus_play::views::Training;
use gradus_play::views::network::{Request, begin};
use serde_json::json;

use super::driver::Browser;
use super::same;

/// The number behind a text.
fn after(words: &str, before: &str) -> String {
    let rest = words.split(before).nth(1).unwrap_or_else(|| panic!("{words}: no {before}"));
    rest.split([' ', ',']).next().unwrap_or("").trim_end_matches('.').to_string()
}

/// A click into an element, at parts of its width and height.
fn press(page: &Browser, css: &str, across: f64, down: f64) {
    let place = page.run(&format!(
        "const e = document.querySelector({css:?}); e.scrollIntoView({{ block: 'center' }}); const r = e.getBoundingClientRect(); \
         return [r.left + r.width * {across}, r.top + r.height * {down}]"
    ));
    for kind in ["mousePressed", "mouseReleased"] {
        let event = json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "buttons": 1, "clickCount": 1 });
        page.tools("Input.dispatchMouseEvent", event);
    }
    page.settled();
}

fn at_step(page: &Browser, step: u64) {
    page.until(&format!("document.querySelector('#facts').textContent.startsWith('Step {step},')"));
}

#[test]
fn the_numbers_of_a_training() {
    let Some(page) = Browser::start("network") else { return };
    page.open("network");
    let mut it = begin(Request::default()).expect("a training");
    at_step(&page, 0);
    let first = it.frame();
    same(&after(&page.text("#facts"), "Trained on: loss "), first.train.loss.0, 6);
    page.click("#once");
    at_step(&page, 1);
    page.click("#hundred");
    at_step(&page, 101);
    for step in 0..101 {
        it.step(step == 100);
    }
    let frame = it.frame();
    let facts = page.text("#facts");
    same(&after(&facts, "Batch: loss "), frame.loss.expect("a loss").0, 6);
    same(&after(&facts, "Held out: loss "), frame.test.expect("a test").loss.0, 6);
    let rows = page.rows("#parameters");
    assert_eq!(rows.len(), frame.parameters.len());
    for (row, parameter) in rows.iter().zip(&frame.parameters) {
        assert!(row[0].starts_with(&parameter.name), "{row:?}");
        same(&row[3], parameter.norm.0, 4);
        same(&row[6], parameter.gradient_norm.expect("a gradient").0, 4);
        same(&row[7], parameter.update.expect("a ratio").0, 3);
    }
    page.shot("network-trained");
    // A cell of the first heat map tells its number.
    press(&page, "#parameters canvas", 0.1, 0.01);
    same(&after(&page.text("#picked"), "0.weight[0, 0] = "), frame.parameters[0].values[0].0, 4);
    page.click("#check");
    page.until("document.querySelector('#checked') !== null");
    assert!(page.text("#checked").contains("gradcheck passed"), "{}", page.text("#checked"));
    page.click("#rust");
    page.until("document.querySelector('#program') !== null");
    assert!(page.text("#program").contains("Moons { n: 200, noise: 0.15"));
    page.finish();
}

#[test]
fn what_is_typed_is_trained_and_what_is_wrong_is_told() {
    let Some(page) = Browser::start("typed") else { return };
    page.open("network");
    page.enter("#layers", "5 4");
    page.choose("#activation", "tanh");
    page.enter("#optimizer", "sgd:momentum=0.9");
    page.enter("#schedule", "cosine(0.3, 50)");
    page.choose("#data", "function");
    page.enter("#f", "x^2 + y^2 - 0.4");
    page.click("#hundred");
    at_step(&page, 100);
    let request = Request {
        data: "function".into(),
        f: "x^2 + y^2 - 0.4".into(),
        layers: vec![5, 4],
        activation: "tanh".into(),
        optimizer: "sgd:momentum=0.9".into(),
        schedule: "cosine(0.3, 50)".into(),
        ..Request::default()
    };
    let mut it = begin(request).expect("a training");
    (0..100).for_each(|step| it.step(step == 99));
    same(&after(&page.text("#facts"), "Trained on: loss "), it.frame().train.loss.0, 6);
    // The address has it all.
    let address = page.run("return location.hash");
    page.open(address.as_str().unwrap_or("").trim_start_matches('#'));
    assert_eq!(page.run("return document.querySelector('#f').value"), "x^2 + y^2 - 0.4");
    for (field, text, part) in [
        ("#layers", "99", "the units of one: 99"),
        ("#layers", "8", ""),
        ("#optimizer", "adm", "adm"),
        ("#optimizer", "adam:bta1=0.5", "are beta1"),
        ("#optimizer", "lbfgs", ""),
        ("#f", "x +", "^"),
        ("#f", "x", ""),
    ] {
        // Of a list the field offers, Enter would take the first: it is left by the keyboard's Tab.
        page.enter(field, text);
        let told = if part.is_empty() { "=== ''".to_string() } else { format!(".includes({part:?})") };
        page.until(&format!("document.querySelector('#error').textContent{told}"));
    }
    page.finish_after_refusals();
}

#[test]
fn points_are_put_by_hand() {
    let Some(page) = Browser::start("hand") else { return };
    page.open("network?data=points&layers=8&activation=tanh&optimizer=adam%3Alr%3D0.05");
    page.until("document.querySelector('#error').textContent.includes('put at least 2')");
    press(&page, "#plane", 0.2, 0.2);
    press(&page, "#plane", 0.8, 0.8);
    page.choose("#brush", "class 1");
    press(&page, "#plane", 0.2, 0.8);
    press(&page, "#plane", 0.8, 0.2);
    press(&page, "#plane", 0.5, 0.5);
    page.click("#undo");
    page.until("document.querySelectorAll('#plane .point').length === 4");
    let points = page.run("return document.querySelector('#points').value");
    let points = points.as_str().unwrap_or("").to_string();
    assert_eq!(
        points.split(';').map(|point| &point[point.len() - 1..]).collect::<String>(),
        "0011",
        "{points}"
    );
    page.until("document.querySelector('#error').textContent === ''");
    page.click("#hundred");
    at_step(&page, 100);
    page.click("#hundred");
    at_step(&page, 200);
    assert!(page.text("#facts").contains("100 % right"), "{}", page.text("#facts"));
    page.finish_after_refusals();
}

/// The page draws with the screen while a 2-16-16-1 net trains: as often as an idle page does.
#[test]
fn sixty_pictures_a_second() {
    let Some(page) = Browser::start("frames") else { return };
    // Beats of the screen, in three seconds of the page's own clock.
    let beats = || {
        page.run("window.beats = null; let n = 0; const start = performance.now(); const f = (now) => { if (now - start < 3000) { n += 1; requestAnimationFrame(f); } else window.beats = n / 3; }; requestAnimationFrame(f)");
        page.until("window.beats !== null");
        page.run("return window.beats").as_f64().expect("a number")
    };
    page.open("network?speed=");
    let idle = beats();
    let drawn = || {
        page.run("return Number(document.querySelector('.view').dataset.drawn)").as_f64().expect("a number")
    };
    page.click("#run");
    page.until("Number(document.querySelector('.view').dataset.drawn) > 5");
    let before = drawn();
    let training = beats();
    let pictures = (drawn() - before) / 3.0;
    let rate = page.text("#rate");
    println!(
        "a second: {idle:.1} beats idle, {training:.1} training, {pictures:.1} pictures drawn; the page says {rate}"
    );
    page.click("#run");
    assert_eq!(page.text("#run"), "Run");
    // What else runs on this machine slows both.
    assert!(training > 0.8 * idle.min(60.0), "{training} beats a second, {idle} idle");
    assert!(pictures > 1.0, "{pictures}");
    page.finish();
}
