//! A headless Chromium on the page, driven by WebDriver. What its console complains of, and what it asks of anybody else,
//! fails the test at its end.

use std::future::Future;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use gradus_play::Server;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use url::Url;

/// One browser at a time.
static ONE: Mutex<()> = Mutex::new(());

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Browser {
    client: Client,
    driver: Child,
    runtime: Runtime,
    profile: PathBuf,
    address: String,
    _one: MutexGuard<'static, ()>,
}

/// A command that is none of the standard: the log, and the protocol of the developer tools.
#[derive(Debug)]
struct Extra(&'static str, Value);

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or(""), self.0))
    }

    fn method_and_body(&self, _: &Url) -> (axum::http::Method, Option<String>) {
        (axum::http::Method::POST, Some(self.1.to_string()))
    }
}

impl Browser {
    /// A browser on a server of its own; `None`, with a word about it, where there is no chromedriver.
    pub(super) fn start(test: &str) -> Option<Self> {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let driver =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut driver) = driver else {
            println!(
                "SKIPPED {test}: there is no chromedriver; on Debian: apt-get install chromium chromium-driver"
            );
            return None;
        };
        let lines = BufReader::new(driver.stdout.take().expect("its output")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let rest = line.split("successfully on port ").nth(1)?;
            rest.trim_end_matches('.').parse::<u16>().ok()
        });
        let port = port.expect("chromedriver names its port");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let profile = std::env::temp_dir().join(format!("gradus-play-{}-{test}", std::process::id()));
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(&profile));
        let client = runtime.block_on(builder.connect(&format!("http://127.0.0.1:{port}")));
        let client = client.expect("a session of the browser");
        let server = Server::bind(0).expect("a free port");
        let address = server.address();
        thread::spawn(move || server.run());
        let browser = Self { client, driver, runtime, profile, address, _one: one };
        browser.size(1280, 900);
        // The browser begins with a page of its own, whose requests are not those of ours.
        browser.wait(browser.client.goto("about:blank"));
        browser.log("performance");
        Some(browser)
    }

    fn wait<T, E: std::fmt::Debug>(&self, it: impl Future<Output = Result<T, E>>) -> T {
        self.runtime.block_on(it).expect("the browser does it")
    }

    /// Opens the page at `VIEW?key=value`.
    pub(super) fn open(&self, view: &str) {
        self.wait(self.client.goto("about:blank"));
        self.wait(self.client.goto(&format!("{}#{view}", self.address)));
        self.settled();
    }

    /// Runs a script, whose `return` is the answer.
    pub(super) fn run(&self, script: &str) -> Value {
        self.wait(self.client.execute(script, Vec::new()))
    }

    /// Waits until a condition in JavaScript holds.
    pub(super) fn until(&self, condition: &str) {
        let start = Instant::now();
        while self.run(&format!("return Boolean({condition})")) != true {
            assert!(
                start.elapsed() < PATIENCE,
                "{condition} came not true; the page says: {}",
                self.text("body")
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until no request is on its way.
    pub(super) fn settled(&self) {
        self.until("document.documentElement.dataset.busy === 'no'");
    }

    pub(super) fn text(&self, css: &str) -> String {
        let element = self.wait(self.client.find(Locator::Css(css)));
        self.wait(element.text())
    }

    pub(super) fn click(&self, css: &str) {
        let element = self.wait(self.client.find(Locator::Css(css)));
        self.wait(element.click());
    }

    /// Replaces the text of a field and leaves it with Enter.
    pub(super) fn enter(&self, css: &str, text: &str) {
        self.run(&format!("document.querySelector({css:?}).select()"));
        let element = self.wait(self.client.find(Locator::Css(css)));
        self.wait(element.send_keys(&format!("{text}\u{e007}")));
        self.settled();
    }

    pub(super) fn choose(&self, css: &str, label: &str) {
        let element = self.wait(self.client.find(Locator::Css(css)));
        self.wait(element.select_by_label(label));
        self.settled();
    }

    /// Presses a key on whatever has the focus.
    pub(super) fn key(&self, key: &str) {
        let down = json!({ "type": "keyDown", "key": key });
        self.tools("Input.dispatchKeyEvent", merged(down, key));
        self.tools("Input.dispatchKeyEvent", merged(json!({ "type": "keyUp", "key": key }), key));
    }

    /// Drags the middle of an element to the right, by a part of its width.
    pub(super) fn drag(&self, css: &str, part: f64) {
        let place = self.run(&format!(
            "const e = document.querySelector({css:?}); e.scrollIntoView({{ block: 'center' }}); const r = e.getBoundingClientRect(); \
             return [r.left + r.width * (e.value - e.min) / (e.max - e.min), r.top + r.height / 2, r.width]"
        ));
        let at = |i: usize| place[i].as_f64().expect("a number");
        let (x, y, width) = (at(0), at(1), at(2));
        let mouse = |kind: &str, x: f64, buttons: u8| {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": buttons, "clickCount": 1 });
            self.tools("Input.dispatchMouseEvent", event);
        };
        mouse("mousePressed", x, 1);
        for i in 1..=8 {
            mouse("mouseMoved", x + width * part * f64::from(i) / 8.0, 1);
        }
        mouse("mouseReleased", x + width * part, 0);
        self.settled();
    }

    /// Drags the middle of an element by so many pixels.
    pub(super) fn drag_by(&self, css: &str, dx: f64, dy: f64) {
        let place = self.run(&format!(
            "const e = document.querySelector({css:?}); e.scrollIntoView({{ block: 'center' }}); const r = e.getBoundingClientRect(); \
             return [r.left + r.width / 2, r.top + r.height / 2]"
        ));
        let at = |i: usize| place[i].as_f64().expect("a number");
        let mouse = |kind: &str, part: f64, buttons: u8| {
            let (x, y) = (at(0) + dx * part, at(1) + dy * part);
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": buttons, "clickCount": 1 });
            self.tools("Input.dispatchMouseEvent", event);
        };
        mouse("mousePressed", 0.0, 1);
        (1..=8).for_each(|i| mouse("mouseMoved", f64::from(i) / 8.0, 1));
        mouse("mouseReleased", 1.0, 0);
        self.settled();
    }

    /// Texts of the cells of a table, row by row.
    pub(super) fn rows(&self, css: &str) -> Vec<Vec<String>> {
        let script = format!(
            "return [...document.querySelectorAll('{css} tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
        );
        serde_json::from_value(self.run(&script)).expect("rows of texts")
    }

    /// A command of the developer tools.
    #[expect(clippy::needless_pass_by_value, reason = "a literal at every call")]
    pub(super) fn tools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.wait(self.client.issue_cmd(Extra("goog/cdp/execute", body)))
    }

    pub(super) fn size(&self, width: u32, height: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.tools("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// What the system is said to prefer: `light` or `dark`.
    pub(super) fn scheme(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.tools("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// The whole page as PNG, kept for looking at: under `GRADUS_SHOTS`, or in the target folder.
    pub(super) fn shot(&self, name: &str) {
        let height = self.run("return document.documentElement.scrollHeight").as_u64().unwrap_or(900);
        let width = self.run("return innerWidth").as_u64().unwrap_or(1280);
        self.size(width as u32, height.min(6000) as u32);
        let png = self.wait(self.client.screenshot());
        let folder = std::env::var_os("GRADUS_SHOTS")
            .map_or_else(|| env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from);
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("a picture");
    }

    fn log(&self, kind: &str) -> Vec<Value> {
        let log = self.wait(self.client.issue_cmd(Extra("se/log", json!({ "type": kind }))));
        log.as_array().cloned().unwrap_or_default()
    }

    /// Opens a second window at a view and hands both to a test: the closure says in which one it is.
    pub(super) fn beside(&self, view: &str, look: impl Fn(&Self, bool)) {
        let first = self.wait(self.client.window());
        let second = self.wait(self.client.new_window(true)).handle;
        self.wait(self.client.switch_to_window(second.clone()));
        self.open(view);
        for (window, is_second) in [(first.clone(), false), (second, true), (first, false)] {
            self.wait(self.client.switch_to_window(window));
            look(self, is_second);
        }
    }

    /// Ends the session: nothing may have gone wrong in the console, and nobody else may have been asked.
    pub(super) fn finish(self) {
        self.end(|_| false);
    }

    /// As [`Self::finish`], for a test that asks what is refused: the browser notes such answers.
    pub(super) fn finish_after_refusals(self) {
        self.end(|message| message.contains("/api/") && message.contains("status of 422"));
    }

    fn end(self, expected: impl Fn(&str) -> bool) {
        let complaints = self.log("browser").into_iter().filter(|entry| entry["level"] != "INFO");
        let complaints: Vec<Value> =
            complaints.filter(|entry| !expected(entry["message"].as_str().unwrap_or(""))).collect();
        assert!(complaints.is_empty(), "the console: {complaints:#?}");
        let origin = self.address.split('/').take(3).collect::<Vec<_>>().join("/");
        let mut own = 0;
        for entry in self.log("performance") {
            let message: Value =
                serde_json::from_str(entry["message"].as_str().unwrap_or("{}")).expect("JSON");
            if message["message"]["method"] == "Network.requestWillBeSent" {
                let url = message["message"]["params"]["request"]["url"].as_str().unwrap_or("").to_string();
                let inside =
                    url.starts_with(&format!("{origin}/")) || url.starts_with(&format!("blob:{origin}/"));
                // What stands in the address itself is asked of nobody.
                let nobody = url == "about:blank" || url.starts_with("data:image/png;base64,");
                assert!(inside || nobody || url.starts_with("chrome://"), "a request to {url}");
                own += usize::from(inside);
            }
        }
        assert!(own > 5, "the log of requests has {own} of the page");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A test that fails leaves its session open, and the browser would outlive its driver.
        let _ = self.runtime.block_on(self.client.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

fn merged(mut event: Value, key: &str) -> Value {
    let code = match key {
        "ArrowLeft" => 37,
        "ArrowRight" => 39,
        "End" => 35,
        "Home" => 36,
        "Tab" => 9,
        "Enter" => 13,
        _ => 32,
    };
    if key == "Enter" {
        event["text"] = json!("\r");
    }
    event["windowsVirtualKeyCode"] = json!(code);
    event["code"] = json!(if key == " " { "Space" } else { key });
    event
}

fn capabilities(profile: &std::path::Path) -> serde_json::Map<String, Value> {
    let profile = format!("--user-data-dir={}", profile.display());
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        &profile,
    ];
    let all = json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "args": arguments, "perfLoggingPrefs": { "enableNetwork": true } },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    });
    all.as_object().cloned().unwrap_or_default()
}
