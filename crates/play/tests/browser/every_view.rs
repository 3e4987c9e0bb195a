//! What holds for every view: it is legible by day and by night, fits a phone, is used by keys alone and by a finger, saves each
//! of its pictures, and has its state in its address. A view is a row of [`VIEWS`]; a property is a test over all rows.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::driver::Browser;

/// A view, and what there is to do in it.
struct View {
    name: &'static str,
    /// A state in which much differs from what is usual.
    state: &'static str,
    /// JavaScript: that it has been drawn.
    ready: &'static str,
    /// Which element is reached by Tab, the key that is pressed there, and the element that then says something else.
    keys: [&'static str; 3],
    /// Which element is touched, and the one that then says something else; how far the finger moves to the right.
    touch: ([&'static str; 2], f64),
    /// Pictures in frames.
    pictures: u64,
}

const VIEWS: [View; 6] = [
    View {
        name: "backprop",
        state: "f=x*x%2By&at=x%3D3%3By%3D2&step=3&ways=yes&fit=yes",
        ready: "document.querySelector('#gradient')",
        keys: ["#next", "Enter", "#place"],
        touch: (["#next", "#place"], 0.0),
        pictures: 1,
    },
    View {
        name: "network",
        state: "data=circles&layers=5%2C4&activation=tanh&optimizer=sgd%3Alr%3D0.1&seed=3&speed=30",
        ready: "document.querySelector('#parameters td')",
        keys: ["#once", "Enter", "#facts"],
        touch: (["#once", "#facts"], 0.0),
        pictures: 5,
    },
    View {
        name: "descent",
        state: "surface=himmelblau&x=1&y=1&steps=30&t=12&optimizers=adam%3Alr%3D0.1&beta=0.7&gamma=0.8",
        ready: "document.querySelectorAll('.picture svg').length === 10",
        keys: ["#map", "ArrowRight", "#now"],
        touch: (["#start", "#now"], 40.0),
        pictures: 10,
    },
    View {
        name: "differences",
        state: "f=sin%28x%29*y&at=x%3D1%3By%3D2&seed=2&step=-3&hidden=ridders&lines=no",
        ready: "document.querySelector('#compass svg')",
        keys: ["#h", "ArrowRight", "#h-text"],
        touch: (["#h", "#h-text"], 60.0),
        pictures: 3,
    },
    View {
        name: "schedules",
        state: "schedule=cosine%280.2%2C+40%29&steps=50&formulas=sgd%3Alr%3D0.1%2Cadam%3Alr%3D0.1&gradient=sin%28t%29&formula=1&t=7",
        ready: "document.querySelector('#taken') && document.querySelector('#rates svg')",
        keys: ["#time", "ArrowRight", "#time-text"],
        touch: (["#time", "#time-text"], 60.0),
        pictures: 5,
    },
    View {
        name: "microgpt",
        state: "names=embedded&seed=5&rate=0.02&steps=50&temperature=1&word=anna",
        ready: "document.querySelector('#attention svg')",
        keys: ["#once", "Enter", "#facts"],
        touch: (["#once", "#facts"], 0.0),
        pictures: 2,
    },
];

fn each(test: &str, look: impl Fn(&Browser, &View)) {
    let Some(page) = Browser::start(test) else { return };
    for view in &VIEWS {
        open(&page, view, "");
        look(&page, view);
    }
    page.finish();
}

fn open(page: &Browser, view: &View, state: &str) {
    page.open(&format!("{}?{state}", view.name));
    page.until(view.ready);
    page.settled();
}

fn none(page: &Browser, script: &str, what: &str) {
    assert_eq!(page.run(script), json!([]), "{what}");
}

/// Texts against what is behind them, by the formula of WCAG 2: 4.5; lines and points against the page: 3.
#[test]
fn texts_and_lines_stand_out() {
    let script = "
        const lum = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).map((x) => { x /= 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const apart = (c, d) => { const [a, b] = [lum(c), lum(d)]; return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); };
        const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!c.endsWith(', 0)')) return c; } return 'rgb(255, 255, 255)'; };
        const head = (e) => e.closest('.box') && e.matches('.title') ? getComputedStyle(e.closest('.box').querySelector('.head')).fill : behind(e);
        const seen = (e) => e.getClientRects().length && !e.closest('.waiting');
        const all = (css) => [...document.querySelectorAll(css)].filter(seen);
        return [
          ...all('p, h1, h2, h3, td, th, a, button, label, span, output, li, pre, input, select').filter((e) => (e.value || e.textContent).trim() && !e.disabled && !['range', 'checkbox'].includes(e.type)).map((e) => [e.textContent.slice(0, 30), apart(getComputedStyle(e).color, behind(e)), 4.5]),
          ...all('svg text').map((e) => [e.textContent, apart(getComputedStyle(e).fill, head(e)), 4.5]),
          ...all('.line, .mark, .wire').map((e) => [e.getAttribute('class'), apart(getComputedStyle(e).stroke, behind(e)), 3]),
          ...all('.dot, .ball').map((e) => [e.getAttribute('class'), apart(getComputedStyle(e).fill, behind(e)), 3]),
        ].filter(([, ratio, least]) => ratio < least)";
    each("contrast", |page, view| {
        for theme in ["light", "dark"] {
            page.until(&format!("document.documentElement.dataset.theme === '{theme}' || document.getElementById('theme').click()"));
            none(page, script, &format!("{} in {theme}", view.name));
        }
    });
}

/// On a phone nothing is wider than the window, controls are whole and large enough for a finger, and letters can be read.
#[test]
fn a_phone_shows_it_all() {
    let script = "
        const box = (e) => e.getBoundingClientRect();
        const inner = (e) => e.closest('.scroll, .picture, pre');
        const name = (e) => e.id || e.textContent || e.className || e.tagName;
        const controls = [...document.querySelectorAll('main button, main select, main input, nav a, .tools button')].filter((e) => e.offsetParent);
        return [
          ...[...document.querySelectorAll('body *')].filter((e) => !inner(e) && !e.closest('.skip') && box(e).right > innerWidth + 0.5).map((e) => ['wide', name(e)]),
          ...controls.filter((e) => !inner(e) && e.type !== 'checkbox' && (box(e).height < 23.5 || box(e).width < 23.5)).map((e) => ['small', name(e), box(e).height]),
          ...[...document.querySelectorAll('figure svg text')].filter((e) => e.textContent && !e.closest('.natural') && Math.min(box(e).width, box(e).height) > 0 && Math.max(9, Math.min(box(e).width, box(e).height)) < 9).map((e) => ['tiny', e.textContent]),
          ...(document.documentElement.scrollWidth > innerWidth ? ['the page'] : []),
        ]";
    let Some(page) = Browser::start("phone") else { return };
    page.size(390, 844);
    for view in &VIEWS {
        for state in ["", view.state] {
            open(&page, view, state);
            none(&page, script, &format!("{}?{state}", view.name));
        }
    }
    page.finish();
}

/// Every picture is saved in both forms, whole and with its styles.
#[test]
fn every_picture_is_saved() {
    let folder = std::env::temp_dir().join(format!("gradus-play-saved-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    each("save", |page, view| {
        page.tools("Page.setDownloadBehavior", json!({ "behavior": "allow", "downloadPath": folder }));
        let ids = page.run("return [...document.querySelectorAll('figure .picture > *')].map((e) => e.id)");
        let ids: Vec<String> = serde_json::from_value(ids).expect("names");
        assert_eq!(ids.len() as u64, view.pictures, "{}: {ids:?}", view.name);
        let wholes =
            ["svg", "png"].map(|kind| (format!("#save-{kind}"), format!("gradus-{}.{kind}", view.name)));
        let parts = ids.iter().flat_map(|id| {
            ["svg", "png"].map(|kind| {
                (format!("figure:has(#{id}) [data-save={kind}]"), format!("gradus-{}-{id}.{kind}", view.name))
            })
        });
        for (button, name) in wholes.into_iter().chain(parts) {
            page.click(&button);
            page.until(&format!(
                "document.querySelector('#message').textContent.endsWith('saved as {name}.')"
            ));
            let bytes = saved(&folder.join(&name));
            // A page that saves more than ten files in a second is taken for a flood by the browser, which drops the next.
            std::thread::sleep(Duration::from_millis(150));
            if name.ends_with("svg") {
                let text = String::from_utf8(bytes).expect("text");
                assert!(text.starts_with("<svg") && text.ends_with("</svg>"), "{name}: {text}");
                assert!(
                    !text.contains("var(") && !text.contains("class="),
                    "{name}: no style sheet is needed"
                );
                assert!(text.contains("fill=\"rgb") || text.contains("<image"), "{name}: {text}");
                let read = page.run(&format!(
                    "return new DOMParser().parseFromString({}, 'image/svg+xml').documentElement.tagName",
                    json!(text)
                ));
                assert_eq!(read, "svg", "{name}");
            } else {
                assert!(colors(page, &bytes) > 3, "{name}: an empty picture");
            }
        }
    });
    let _ = std::fs::remove_dir_all(&folder);
}

/// The bytes of a file, once they are there.
fn saved(file: &Path) -> Vec<u8> {
    let start = Instant::now();
    loop {
        match std::fs::read(file) {
            Ok(bytes) if !bytes.is_empty() => return bytes,
            _ => assert!(start.elapsed() < Duration::from_secs(30), "{} is not saved", file.display()),
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// The colours of a PNG.
fn colors(page: &Browser, bytes: &[u8]) -> u64 {
    let script = format!(
        "return createImageBitmap(new Blob([Uint8Array.from({})], {{ type: 'image/png' }})).then((image) => {{
           const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
           context.drawImage(image, 0, 0);
           return new Set(new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer)).size; }})",
        json!(bytes)
    );
    page.run(&script).as_u64().expect("a picture")
}

/// Tab reaches every control, each shows that it has the focus, and the view is moved by keys alone.
#[test]
fn keys_are_enough() {
    let mark = "
        const all = [...document.querySelectorAll('header a, header button, main button, main input, main select, main [tabindex=\"0\"]')];
        const open = all.filter((e) => e.offsetParent !== null || e.ownerSVGElement || e.tagName === 'svg').filter((e) => !e.disabled);
        open.forEach((e, i) => (e.dataset.place = i));
        return open.length";
    each("keyboard", |page, view| {
        page.run("document.activeElement.blur()");
        let count = page.run(mark).as_u64().expect("a number");
        let mut reached = vec![false; count as usize];
        for _ in 0..count + 20 {
            page.key("Tab");
            let here = page.run(
                "const e = document.activeElement; return [e.dataset.place, getComputedStyle(e).outlineStyle, e.outerHTML.slice(0, 80)]",
            );
            let Some(place) = here[0].as_str().and_then(|text| text.parse::<usize>().ok()) else { continue };
            assert_ne!(here[1], "none", "{}: the focus is not seen on {}", view.name, here[2]);
            reached[place] = true;
        }
        let missing: Vec<Value> = (0..reached.len())
            .filter(|&i| !reached[i])
            .map(|i| {
                page.run(&format!(
                    "return document.querySelector('[data-place=\"{i}\"]').outerHTML.slice(0, 90)"
                ))
            })
            .collect();
        assert!(missing.is_empty(), "{}: not reached: {missing:?}", view.name);
        let [control, key, told] = view.keys;
        let before = page.text(told);
        page.run("document.activeElement.blur()");
        for _ in 0..=count + 20 {
            page.key("Tab");
            if page.run(&format!("return document.activeElement.matches({control:?})")) == true {
                break;
            }
        }
        page.key(key);
        page.until(&format!("document.querySelector({told:?}).innerText !== {}", json!(before)));
    });
}

/// A finger does what the mouse does, and does not scroll the page while it holds the ball.
#[test]
fn a_finger_is_enough() {
    let Some(page) = Browser::start("touch") else { return };
    page.size(390, 844);
    page.tools("Emulation.setTouchEmulationEnabled", json!({ "enabled": true, "maxTouchPoints": 1 }));
    for view in &VIEWS {
        open(&page, view, "");
        let ([control, told], across) = view.touch;
        let before = page.text(told);
        let place = page.run(&format!(
            "const e = document.querySelector({control:?}); e.scrollIntoView({{ block: 'center' }}); const r = e.getBoundingClientRect(); \
             return [r.left + r.width / 2, r.top + r.height / 2, scrollY]"
        ));
        let at = |i: usize| place[i].as_f64().expect("a number");
        let finger = |kind: &str, points: Value| {
            page.tools("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points }))
        };
        finger("touchStart", json!([{ "x": at(0), "y": at(1) }]));
        for part in 1..=if across > 0.0 { 8 } else { 0 } {
            finger("touchMove", json!([{ "x": at(0) + across * f64::from(part) / 8.0, "y": at(1) }]));
        }
        finger("touchEnd", json!([]));
        page.until(&format!("document.querySelector({told:?}).innerText !== {}", json!(before)));
        assert_eq!(page.run("return scrollY").as_f64(), Some(at(2)), "{}: the page has moved", view.name);
    }
    page.finish();
}

/// What a view shows is in its address: opened again, at another time, it shows the same.
#[test]
fn an_address_is_a_state() {
    let shown = "return [...document.querySelectorAll('main input, main select')].map((e) => e.type === 'checkbox' ? e.checked : e.value)";
    let texts = "return ['#facts', '#about', 'table', '#place', '#time-text', '#h-text'].map((css) => document.querySelector(css)?.innerText)";
    let query = "return [...new URLSearchParams(location.hash.split('?')[1])].sort()";
    each("addresses", |page, view| {
        let usual = page.run(shown);
        open(page, view, view.state);
        let (controls, told, keys) = (page.run(shown), page.run(texts), page.run(query));
        assert_ne!(controls, usual, "{}: another state looks the same", view.name);
        let mut wanted: Vec<(String, String)> =
            url::form_urlencoded::parse(view.state.as_bytes()).into_owned().collect();
        wanted.sort();
        assert_eq!(keys, json!(wanted), "{}: the address", view.name);
        // Another view and back, and the address in a fresh page.
        page.click(if view.name == "backprop" { "a[data-view=schedules]" } else { "a[data-view=backprop]" });
        page.settled();
        page.run("history.back()");
        page.until(&format!(
            "document.querySelector('.view').classList.contains('{}') && {}",
            view.name, view.ready
        ));
        page.settled();
        assert_eq!(
            [page.run(shown), page.run(texts)],
            [controls.clone(), told.clone()],
            "{}: back",
            view.name
        );
        let address = page.run("return location.hash.slice(1)");
        page.open(address.as_str().unwrap_or(""));
        page.until(view.ready);
        page.settled();
        assert_eq!([page.run(shown), page.run(texts)], [controls, told], "{}: again", view.name);
    });
}
