//! Trainings over real connections: their streams, what they are told, how many there may be, and that they end.

mod client;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use client::Page;
use serde_json::{Value, json};

/// A training's stream.
struct Run {
    lines: BufReader<TcpStream>,
    session: u64,
}

impl Run {
    fn try_start(page: &Page, view: &str, request: &Value) -> Result<Self, String> {
        let mut stream = TcpStream::connect(&page.host).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a timeout");
        let (path, body) = (page.path(&format!("api/{view}/run")), request.to_string());
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            page.host,
            body.len()
        )
        .expect("a request");
        let mut run = Self { lines: BufReader::new(stream), session: 0 };
        let mut status = String::new();
        run.lines.read_line(&mut status).expect("a status");
        if !status.contains(" 200 ") {
            return Err(status);
        }
        let begin = run.next("begin");
        run.session = begin["session"].as_u64().expect("a number");
        Ok(run)
    }

    fn start(page: &Page, view: &str, request: &Value) -> Self {
        Self::try_start(page, view, request).unwrap_or_else(|status| panic!("{status}"))
    }

    /// The next event; none at the end of the stream.
    fn event(&mut self) -> Option<(String, Value)> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap_or(0) == 0 {
                return None;
            }
            let Some(text) = line.strip_prefix("data: ") else { continue };
            let event: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
            return Some((event["kind"].as_str().unwrap_or("").to_string(), event["it"].clone()));
        }
    }

    /// The next event of a kind, past signs of life.
    fn next(&mut self, wanted: &str) -> Value {
        loop {
            let (kind, it) = self.event().expect("the stream goes on");
            if kind == wanted {
                return it;
            }
            assert!(kind == "alive" || kind == "frame", "{kind}: {it}");
        }
    }

    fn tell(&self, page: &Page, order: &Value) {
        let mut order = order.clone();
        order["session"] = json!(self.session);
        let reply = page.post("api/session", &order.to_string());
        assert_eq!(reply.status, 200, "{}", reply.body);
    }

    /// The frame of a step.
    fn at(&mut self, step: u64) -> Value {
        loop {
            let frame = self.next("frame");
            if frame["step"].as_u64() == Some(step) {
                return frame;
            }
        }
    }
}

fn small() -> Value {
    json!({ "n": 40, "layers": [4], "optimizer": "adam:lr=0.05" })
}

#[test]
fn steps_and_the_check() {
    let page = Page::start();
    let mut run = Run::start(&page, "network", &small());
    let first = run.at(0);
    assert!(first["loss"].is_null() && first["train"]["loss"].as_f64().is_some());
    run.tell(&page, &json!({ "command": "step", "steps": 1 }));
    let second = run.at(1);
    // Without dropout the loss of the first batch, which is all examples, is what was measured before.
    approx::assert_relative_eq!(
        second["loss"].as_f64().unwrap(),
        first["train"]["loss"].as_f64().unwrap(),
        max_relative = 1e-6
    );
    run.tell(&page, &json!({ "command": "step", "steps": 50 }));
    let later = run.at(51);
    assert!(later["train"]["loss"].as_f64() < first["train"]["loss"].as_f64());
    run.tell(&page, &json!({ "command": "check" }));
    let report = run.next("check");
    assert!(report.as_str().is_some_and(|text| text.contains("gradcheck passed")), "{report}");
}

#[test]
fn two_pages_have_trainings_of_their_own() {
    let page = Page::start();
    let mut runs = [1, 2].map(|seed| {
        let mut request = small();
        request["seed"] = json!(seed);
        Run::start(&page, "network", &request)
    });
    for run in &runs {
        run.tell(&page, &json!({ "command": "step", "steps": 10 }));
    }
    let losses: Vec<f64> = runs.iter_mut().map(|run| run.at(10)["loss"].as_f64().unwrap()).collect();
    assert!(losses[0] != losses[1], "{losses:?}");
}

/// A client that reads nothing holds nothing up: the steps of its training go on.
#[test]
fn training_does_not_wait_for_the_page() {
    let page = Page::start();
    let mut run = Run::start(&page, "network", &small());
    run.at(0);
    run.tell(&page, &json!({ "command": "run" }));
    std::thread::sleep(Duration::from_secs(2));
    run.tell(&page, &json!({ "command": "pause" }));
    let (mut frames, mut step) = (0u64, 0);
    let begin = Instant::now();
    while let Some((kind, it)) = run.event() {
        if kind == "alive" || begin.elapsed() > Duration::from_secs(60) {
            break;
        }
        frames += 1;
        step = it["step"].as_u64().unwrap_or(step);
    }
    // At most one frame each 16 ms is made, however many steps there are.
    assert!(frames > 0 && frames <= 2000 / 16 + 60, "{frames} frames");
    assert!(step > 4 * frames, "{step} steps, {frames} frames");
}

#[test]
fn places_are_bounded_and_given_back() {
    let page = Page::start();
    let runs: Vec<Run> = (0..4).map(|_| Run::start(&page, "network", &small())).collect();
    for run in &runs {
        run.tell(&page, &json!({ "command": "run" }));
    }
    let full = Run::try_start(&page, "network", &small()).err().expect("no fifth");
    assert!(full.contains(" 503 "), "{full}");
    let reply = page.post("api/network/run", &small().to_string());
    assert_eq!((reply.status, reply.kind().as_str()), (503, "busy"));
    let gone = runs[0].session;
    drop(runs);
    // The closed connections are found, the trainings end, and their places are free.
    let begin = Instant::now();
    while Run::try_start(&page, "network", &small()).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(30), "the places stay taken");
        std::thread::sleep(Duration::from_millis(50));
    }
    let begin = Instant::now();
    let order = json!({ "session": gone, "command": "pause" }).to_string();
    loop {
        let reply = page.post("api/session", &order);
        if reply.status == 404 {
            assert_eq!(reply.kind(), "session");
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "session {gone} lives");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn bad_requests_and_orders_are_told_what_is_wrong() {
    let page = Page::start();
    for (view, body, part) in [
        ("network", json!({ "layers": [64, 64, 64, 64] }), "weights; at most 10000"),
        ("network", json!({ "noise": null }), "noise: null; it is to be a number"),
        ("network", json!({ "surprise": 1 }), "this request has no field"),
        ("network", json!({ "optimizer": "adm" }), "optimizer: "),
        ("network", json!({ "layers": [-3] }), "layers"),
    ] {
        let reply = page.post(&format!("api/{view}/run"), &body.to_string());
        assert_eq!(reply.status, 422, "{body}: {}", reply.body);
        assert!(reply.body.contains(part), "{body}: {}", reply.body);
    }
    for (body, status, kind) in [
        (json!({ "session": 999, "command": "run" }), 404, "session"),
        (json!({ "session": 1, "command": "dance" }), 422, "request"),
        (json!({ "session": 1, "command": "step" }), 422, "request"),
        (json!({ "session": 1, "command": "step", "steps": 0 }), 422, "value"),
        (json!({ "session": 1, "command": "step", "steps": 10_000_000 }), 422, "value"),
        (json!({ "session": 1, "command": "run", "speed": 0.0 }), 422, "value"),
        (json!({ "session": 1, "command": "run", "speed": -5 }), 422, "value"),
        (json!({ "command": "run" }), 422, "request"),
    ] {
        let reply = page.post("api/session", &body.to_string());
        assert_eq!((reply.status, reply.kind().as_str()), (status, kind), "{body}: {}", reply.body);
    }
}
