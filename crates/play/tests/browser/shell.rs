//! What all views share: sizes, themes, saving, the keyboard, addresses, two pages at once.

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

/// Text against what is behind it, by the formula of WCAG 2.
#[test]
fn text_stands_out_in_both_themes() {
    let Some(page) = Browser::start("contrast") else { return };
    page.open("backprop?step=12");
    for theme in ["light", "dark"] {
        page.until(&format!("(document.documentElement.dataset.theme === '{theme}') || document.getElementById('theme').click()"));
        let low = page.run(
            "const lum = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).map((x) => { x /= 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
             const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!c.endsWith(', 0)')) return c; } return 'rgb(255, 255, 255)'; };
             return [...document.querySelectorAll('p, h1, h2, h3, td, th, a, button, label, span, output')].filter((e) => e.offsetParent && e.textContent.trim() && !e.disabled).map((e) => {
               const [a, b] = [lum(getComputedStyle(e).color), lum(behind(e))]; return [e.textContent.slice(0, 30), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
             }).filter(([, ratio]) => ratio < 4.5)",
        );
        assert_eq!(low, serde_json::json!([]), "{theme}");
    }
    page.finish();
}

#[test]
fn pictures_are_saved_whole() {
    let Some(page) = Browser::start("save") else { return };
    let folder = std::env::temp_dir().join(format!("gradus-play-saved-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let behaviour = serde_json::json!({ "behavior": "allow", "downloadPath": folder });
    page.tools("Page.setDownloadBehavior", behaviour);
    for view in ["backprop", "descent", "differences", "schedules"] {
        page.open(view);
        for kind in ["svg", "png"] {
            page.click(&format!("#save-{kind}"));
            page.until("document.querySelector('#message').textContent.includes('saved')");
            let file = folder.join(format!("gradus-{view}.{kind}"));
            let start = std::time::Instant::now();
            while !file.exists() && start.elapsed().as_secs() < 20 {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            let bytes = std::fs::read(&file).expect("the saved file");
            if kind == "svg" {
                let text = String::from_utf8(bytes).expect("text");
                assert!(text.starts_with("<svg") && text.ends_with("</svg>"), "{text}");
                assert!(!text.contains("var(") && !text.contains("class="), "no style sheet is needed");
                assert!(text.matches("stroke=\"rgb").count() > 5 && text.contains("font-family"));
            } else {
                assert!(bytes.starts_with(b"\x89PNG") && bytes.len() > 5000, "{} bytes", bytes.len());
            }
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
    page.finish();
}

#[test]
fn the_keyboard_reaches_everything() {
    let Some(page) = Browser::start("keyboard") else { return };
    page.open("backprop");
    let mut reached = Vec::new();
    for _ in 0..50 {
        page.key("Tab");
        let what = page.run(
            "const e = document.activeElement; return e.id || e.dataset.view || e.dataset.name || e.dataset.value || e.className || e.tagName",
        );
        reached.push(what.as_str().unwrap_or("").to_string());
    }
    for wanted in [
        "skip",
        "backprop",
        "differences",
        "save-svg",
        "theme",
        "graph",
        "f",
        "first",
        "play",
        "step",
        "picture",
        "w1",
        "b",
        "ways",
    ] {
        assert!(reached.iter().any(|it| it == wanted), "{wanted} is not reached: {reached:?}");
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
