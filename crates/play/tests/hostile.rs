//! Random bytes, and valid requests with random parts put wrong, on every route: each is answered by numbers or by a refusal
//! that says what is wrong, never by an error of the server. `HOSTILE=1000` tries more of them than the usual number.

mod client;

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use client::{Page, Reply};
use gradus_play::Refusal;
use gradus_play::views::{Training, microgpt, network};
use rand_mt::Mt;
use serde_json::{Value, json};

/// A valid request for each route.
fn routes() -> Vec<(&'static str, Value)> {
    let network = json!({
        "data": "moons", "f": "x - y", "points": [[0, 0, 0], [1, 1, 1]], "n": 30, "noise": 0.1, "classes": 2, "held_out": 0.25,
        "data_seed": 1, "layers": [4, 3], "activation": "tanh", "dropout": 0.1, "batch_norm": true,
        "loss": "binary_cross_entropy_with_logits", "optimizer": "adam", "schedule": "cosine(0.3, 50)", "batch": 10,
        "seed": 1, "steps": 100
    });
    vec![
        ("backprop", json!({ "f": "sum(tanh(w*x))", "at": ["w=-3", "x=[1, 2]"], "four_ways": true })),
        ("backprop/graphs", json!({})),
        ("backprop/names", json!({ "f": "x*y" })),
        (
            "descent",
            json!({ "surface": "x^2 + y^2", "start": [3, 0], "steps": 5, "optimizers": ["sgd:lr=0.25", "adam"], "lr": 0.1 }),
        ),
        ("descent/surface", json!({ "surface": "booth", "window": [[-1, 1], [-1, 1]] })),
        ("descent/choices", json!({})),
        ("descent/momentum", json!({ "beta": 0.5, "eta": 0.4, "lambda": 4, "condition": 20 })),
        ("descent/averages", json!({ "gamma": 0.9, "angle": 60, "rate": 0.5, "seed": 3 })),
        ("schedules", json!({ "schedules": ["linear(1, 0, 4)", "0.1.warmup(3)"], "steps": 9 })),
        ("schedules/choices", json!({})),
        (
            "schedules/formulas",
            json!({ "formulas": ["sgd:lr=0.5", "adam"], "gradients": "sin(t)", "noise": 0.1, "seed": 1, "weight": 1, "steps": 5 }),
        ),
        (
            "differences",
            json!({ "operation": "", "f": "x*y", "at": ["x=1", "y=2"], "seed": 0, "pair": [0, 1], "step": 1e-5 }),
        ),
        ("differences/operations", json!({})),
        ("microgpt/choices", json!({})),
        (
            "microgpt/run",
            json!({ "names": "embedded", "seed": 1, "rate": 0.01, "steps": 100, "temperature": 0.5, "word": "emma" }),
        ),
        ("network/choices", json!({})),
        ("network/program", network.clone()),
        ("network/run", network),
        ("session", json!({ "session": 1, "command": "step", "steps": 3 })),
    ]
}

/// Draws of a seed.
struct Draws(Mt);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0.next_u32() as usize % n.max(1)
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = self.below(200);
        // Half of them of the letters of JSON.
        let json = self.below(2) == 0;
        (0..length)
            .map(|_| if json { self.of(b"{}[]\":,.-+0123eE \\utrnlfas\n") } else { self.0.next_u32() as u8 })
            .collect()
    }

    fn value(&mut self) -> Value {
        let long = "x+".repeat(2000);
        self.of(&[
            json!(null),
            json!(true),
            json!(0),
            json!(-1),
            json!(1),
            json!(2.5),
            json!(1e308),
            json!(-1e308),
            json!(5e-324),
            json!(u64::MAX),
            json!(i64::MIN),
            json!(1_000_000_000),
            json!(""),
            json!("NaN"),
            json!("-inf"),
            json!("1e999"),
            json!("exp(exp(exp(9)))"),
            json!("9^9^9^9"),
            json!("x[0][[1]"),
            json!("\u{202e}\u{0}\u{1F600}é"),
            json!(long),
            json!([]),
            json!([[[[]]]]),
            json!([1e308, -1e308, 0]),
            json!(vec!["adam"; 100]),
            json!({}),
            json!({ "f": {} }),
        ])
    }

    /// A text with letters taken away, doubled or put in.
    fn text(&mut self, text: &str) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(3) {
            let at = self.below(letters.len());
            match self.below(3) {
                0 if !letters.is_empty() => drop(letters.remove(at)),
                1 => letters.insert(
                    at,
                    self.of(&['(', ')', '^', '-', ',', '=', ':', '9', 'e', '.', '[', ' ', 'é', 'x']),
                ),
                _ => letters
                    .splice(
                        at..at,
                        self.of(&["1e400", "nan", "inf", "--", "0", "-1", "1e-300", "tanh("]).chars(),
                    )
                    .for_each(drop),
            }
        }
        letters.into_iter().collect()
    }

    /// Puts one part wrong.
    fn spoil(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) if !fields.is_empty() && self.below(8) > 0 => {
                let names: Vec<String> = fields.keys().cloned().collect();
                let name = self.of(&names);
                match self.below(10) {
                    0 => drop(fields.remove(&name)),
                    1 => drop(fields.insert(self.text(&name), json!(1))),
                    2 => drop(fields.insert(name, self.value())),
                    _ => self.spoil(&mut fields[&name]),
                }
            }
            Value::Array(items) if !items.is_empty() && self.below(8) > 0 => {
                let at = self.below(items.len());
                match self.below(6) {
                    0 => drop(items.remove(at)),
                    1 => items.extend(vec![items[at].clone(); 1 + at * 40]),
                    _ => self.spoil(&mut items[at]),
                }
            }
            Value::String(text) if self.below(3) > 0 => *text = self.text(text),
            other => *other = self.value(),
        }
    }
}

fn times(usual: usize) -> usize {
    std::env::var("HOSTILE").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A training's place is free again a moment after its client has gone.
fn ask(page: &Page, route: &str, body: &[u8]) -> Reply {
    for _ in 0..2000 {
        let reply = page.begin(&format!("api/{route}"), body);
        if reply.status != 503 {
            return reply;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{route}: busy for too long");
}

#[track_caller]
fn told(reply: &Reply, what: &str) {
    assert!((400..500).contains(&reply.status), "{what}: {} {}", reply.status, reply.body);
    let message = reply.json()["error"]["message"].as_str().unwrap_or("").to_string();
    assert!(!reply.kind().is_empty() && message.len() > 8, "{what}: {}", reply.body);
    for foreign in [
        "invalid type",
        "invalid value",
        "missing field",
        "unknown field",
        "deserialize",
        "panicked",
        "expected `",
    ] {
        assert!(!message.contains(foreign), "{what}: {message}");
    }
}

/// Each route on a thread and a server of its own.
fn each(check: impl Fn(&Page, &str, &Value, &mut Draws) + Sync) {
    let all = routes();
    thread::scope(|scope| {
        for part in all.chunks(all.len().div_ceil(4)) {
            let check = &check;
            scope.spawn(move || {
                let page = Page::start();
                for (i, (route, valid)) in part.iter().enumerate() {
                    check(&page, route, valid, &mut Draws(Mt::new_with_key([i as u32, route.len() as u32])));
                }
            });
        }
    });
}

#[test]
fn all_routes_are_tried() {
    let server = include_str!("../src/server/mod.rs");
    let known: BTreeSet<&str> =
        server.split("\"/{token}/api/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let tried: BTreeSet<&str> = routes().iter().map(|(route, _)| *route).collect();
    assert_eq!(known, tried);
}

#[test]
fn what_is_valid_is_answered() {
    each(|page, route, valid, _| {
        let reply = ask(page, route, valid.to_string().as_bytes());
        // No training may have the number that a session is told.
        let fine = reply.status == 200 || (route == "session" && reply.status == 404);
        assert!(fine, "{route}: {}", reply.body);
    });
}

#[test]
fn random_bytes_are_refused() {
    each(|page, route, _, draws| {
        for _ in 0..times(40) {
            let bytes = draws.bytes();
            let reply = ask(page, route, &bytes);
            told(&reply, &format!("{route}: {:?}", String::from_utf8_lossy(&bytes)));
        }
    });
}

#[test]
fn valid_requests_put_wrong_are_answered_or_told() {
    each(|page, route, valid, draws| {
        let mut faults = Vec::new();
        for _ in 0..times(60) {
            let mut request = valid.clone();
            (0..=draws.below(3)).for_each(|_| draws.spoil(&mut request));
            let mut body = request.to_string().into_bytes();
            if draws.below(8) == 0 {
                let at = draws.below(body.len());
                body[at] = draws.0.next_u32() as u8;
            }
            let reply = ask(page, route, &body);
            let what = format!("{route}: {}", String::from_utf8_lossy(&body));
            if reply.status >= 500 {
                faults.push(format!("{what}: {}", reply.body));
            } else if reply.status != 200 {
                told(&reply, &what);
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
        assert!(ask(page, route, valid.to_string().as_bytes()).status < 500);
    });
}

/// A training that has begun takes its first steps, whatever it was asked for.
#[test]
fn trainings_put_wrong_are_refused_or_go_on() {
    fn go<Q: serde::de::DeserializeOwned, T: Training>(route: &str, begin: fn(Q) -> Result<T, Refusal>) {
        let valid = routes().into_iter().find(|(known, _)| *known == route).expect("a route").1;
        let mut draws = Draws(Mt::new_with_key([3]));
        for _ in 0..times(60) {
            let mut request = valid.clone();
            (0..=draws.below(3)).for_each(|_| draws.spoil(&mut request));
            let Some(Ok(mut it)) = serde_json::from_value(request).ok().map(begin) else { continue };
            it.begin();
            for look in [true, false, true] {
                it.step(look);
                it.frame();
            }
        }
    }
    go("network/run", network::begin);
    go("microgpt/run", microgpt::begin);
}

#[test]
fn other_paths_and_methods_are_told() {
    let page = Page::start();
    let mut draws = Draws(Mt::new_with_key([7]));
    for (route, _) in routes() {
        for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let path = page.path(&format!("api/{route}"));
            let reply = page.raw(&format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", page.host), "");
            told(&reply, &format!("{method} {route}"));
        }
    }
    for _ in 0..times(200) {
        let length = draws.below(30);
        let path: String =
            (0..length).map(|_| draws.of(&['/', '.', '%', '2', 'e', 'f', 'a', '~', '?', '='])).collect();
        for start in ["", "page/", "api/"] {
            let reply = page.get(&format!("{start}{path}"));
            // The page itself, with a query.
            if reply.status != 200 {
                told(&reply, &format!("{start}{path}"));
            }
        }
    }
}
