//! microgpt.

use gradus_play::views::Training;
use gradus_play::views::microgpt::{Request, begin};

use super::driver::Browser;
use super::same;

#[test]
fn names_appear() {
    let Some(page) = Browser::start("microgpt") else { return };
    page.open("microgpt?names=embedded&word=anna");
    page.click("#hundred");
    page.until("document.querySelector('#facts').textContent.startsWith('Step 100,')");
    page.until("document.querySelectorAll('#samples li').length === 8");
    let request = Request { word: "anna".into(), ..Request::default() };
    let mut it = begin(request).expect("a training");
    (0..100).for_each(|step| it.step(step == 99));
    let frame = it.frame();
    let facts = page.text("#facts");
    let loss = facts.split("loss ").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or("");
    same(loss, frame.loss.expect("a loss").0, 8);
    let shown = page.run("return [...document.querySelectorAll('#samples li')].map((e) => e.textContent)");
    assert_eq!(shown, serde_json::json!(frame.samples));
    for (row, chance) in page.rows("#next").iter().zip(&frame.chances) {
        same(&row[2], chance.0, 5);
    }
    page.shot("microgpt-trained");
    // Four heads of five letters, each up to itself.
    let squares = page.run("return document.querySelectorAll('#attention rect').length");
    assert_eq!(squares, 4 * 15);
    page.click("#run");
    page.until("Number(document.querySelector('#facts').textContent.match(/\\d+/)[0]) > 110");
    page.click("#run");
    page.click("#check");
    page.until("document.querySelector('#checked') !== null");
    assert!(page.text("#checked").contains("gradcheck passed"));
    page.enter("#word", "Emma");
    page.until("document.querySelector('#error').textContent.includes('a to z')");
    page.finish_after_refusals();
}
