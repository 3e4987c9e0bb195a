//! The shell around the views: themes and screenshots at two widths, navigation, two pages at once.

use super::driver::Browser;

/// Views that are looked at.
const VIEWS: [(&str, &str); 8] = [
    ("backprop", "backprop?step=12"),
    (
        "xor",
        "backprop?f=mean%28%28tanh%28%5B%5B0%2C+0%5D%2C+%5B0%2C+1%5D%2C+%5B1%2C+0%5D%2C+%5B1%2C+1%5D%5D%40W+%2B+b%29%40v+%2B+c+-+%5B0%2C+1%2C+1%2C+0%5D%29%5E2%29&at=W%3D%5B%5B1.5%2C+-1.2%5D%2C+%5B-1.1%2C+1.4%5D%5D%3Bb%3D%5B-0.3%2C+-0.2%5D%3Bv%3D%5B0.9%2C+1.1%5D%3Bc%3D0.1&step=14",
    ),
    ("differences", "differences"),
    ("network", "network?layers=6%2C4"),
    ("microgpt", "microgpt?names=embedded"),
    ("descent", "descent"),
    ("line", "descent?surface=pit-1d&optimizers=sgd:lr=0.1,momentum:lr=0.1&steps=300"),
    ("schedules", "schedules"),
];

#[test]
fn every_view_fits_in_light_and_dark() {
    let Some(page) = Browser::start("shots") else { return };
    for (name, view) in VIEWS {
        for width in [1280, 390] {
            for scheme in ["light", "dark"] {
                page.size(width, 900);
                page.scheme(scheme);
                page.open(view);
                let wide = page.run("return document.documentElement.scrollWidth - innerWidth").as_i64();
                assert!(
                    wide.is_some_and(|wide| wide <= 0),
                    "{name} at {width}: the page is wider than the window"
                );
                let back = page.run("return getComputedStyle(document.body).backgroundColor");
                assert_eq!(back == "rgb(255, 255, 255)", scheme == "light", "{name}: {back}");
                page.shot(&format!("{name}-{width}-{scheme}"));
            }
        }
    }
    page.finish();
}

#[test]
fn views_have_addresses() {
    let Some(page) = Browser::start("addresses") else { return };
    page.open("backprop?f=x*x&at=x%3D3");
    assert_eq!(page.rows("#gradient")[0][2], "6");
    page.click("a[data-view=differences]");
    page.until("document.querySelector('#best') !== null");
    assert_eq!(page.run("return location.hash"), "#differences");
    page.run("history.back()");
    page.until("document.querySelector('#gradient') !== null");
    page.settled();
    assert_eq!(page.rows("#gradient")[0][2], "6");
    // What is no view is the first one; a state that is none is told, not lost.
    page.open("nothing?x=1");
    assert_eq!(page.rows("#gradient").len(), 5);
    page.finish();
}

#[test]
fn two_pages_at_once() {
    let Some(page) = Browser::start("two") else { return };
    page.open("backprop?f=x*x&at=x%3D3");
    page.beside("backprop?f=x%5E3&at=x%3D2", |page, second| {
        page.click("#last");
        assert_eq!(page.rows("#gradient")[0][2], if second { "12" } else { "6" });
    });
    // All that a page asks for is its own.
    let outside =
        page.run("return document.querySelectorAll('script[src^=http], link[href^=http], img').length");
    assert_eq!(outside.as_u64(), Some(0));
    page.finish();
}

/// Every address in the course's text opens what it says, without a complaint.
#[test]
fn the_courses_addresses_open() {
    let Some(page) = Browser::start("course") else { return };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/course");
    let mut opened = 0;
    for file in std::fs::read_dir(folder).expect("the course") {
        let path = file.expect("a file").path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for address in text.split("`#").skip(1).filter_map(|rest| rest.split('`').next()) {
            let view = address.split('?').next().unwrap_or("");
            page.open(address);
            page.until("document.querySelector('figure svg') !== null");
            page.settled();
            assert_eq!(page.text("#error"), "", "{}: {address}", path.display());
            assert_eq!(page.run("return document.querySelector('.view').classList[1]"), view, "{address}");
            opened += 1;
        }
    }
    assert!(opened >= 12, "{opened} addresses");
    page.finish();
}
