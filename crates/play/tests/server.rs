//! The server over real connections: who is refused, what is too much, and that it goes on afterwards.

mod client;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use client::{Page, Reply};

const NEURON: &str = r#"{"f": "tanh(w*x)", "at": ["w=-3", "x=2"]}"#;

#[test]
fn the_page_and_its_files() {
    let page = Page::start();
    let index = page.get("");
    assert_eq!(index.status, 200);
    assert!(index.body.contains("page/main.js"));
    let policy = index.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("-inline"), "{policy}");
    for (file, kind) in
        [("main.js", "text/javascript"), ("style.css", "text/css"), ("icon.svg", "image/svg+xml")]
    {
        let reply = page.get(&format!("page/{file}"));
        assert_eq!(reply.status, 200, "{file}");
        assert!(reply.header("content-type").is_some_and(|it| it.starts_with(kind)), "{file}");
        assert_eq!(reply.header("x-content-type-options").as_deref(), Some("nosniff"));
    }
    for path in ["page/../Cargo.toml", "page/%2e%2e%2fCargo.toml", "page/none.js", "api", "api/none"] {
        let reply = page.get(path);
        assert_eq!((reply.status, reply.kind().as_str()), (404, "path"), "{path}");
    }
}

#[test]
fn the_numbers_are_the_librarys() {
    let page = Page::start();
    let reply = page.post("api/backprop", NEURON);
    assert_eq!(reply.status, 200, "{}", reply.body);
    let answer = reply.json();
    let slope = 1.0 - f64::tanh(-6.0).powi(2);
    for (i, exact) in [2.0 * slope, -3.0 * slope].into_iter().enumerate() {
        let backward = answer["gradient"][i]["backward"].as_f64().expect("a number");
        approx::assert_relative_eq!(backward, exact, max_relative = 1e-12);
    }
}

#[test]
fn descents_and_schedules_are_the_librarys() {
    let page = Page::start();
    let body = r#"{"surface": "x^2", "start": [3, 0], "steps": 2, "optimizers": ["sgd:lr=0.25"]}"#;
    let answer = page.post("api/descent", body).json();
    // x − ηg = x/2.
    assert_eq!(answer["walks"][0]["points"], serde_json::json!([[3.0, 0.0], [1.5, 0.0], [0.75, 0.0]]));
    let far = page.post("api/descent", &body.replace("0.25", "1e100").replace("2,", "9,")).json();
    assert!(
        far["walks"][0]["values"].as_array().is_some_and(|all| all.iter().any(|value| value == "inf")),
        "{far}"
    );
    let answer = page.post("api/schedules", r#"{"schedules": ["linear(1, 0, 4)"], "steps": 3}"#).json();
    assert_eq!(
        answer["chart"]["lines"][0]["points"],
        serde_json::json!([[0.0, 1.0], [1.0, 0.75], [2.0, 0.5]])
    );
    let body = r#"{"formulas": ["sgd:lr=0.5"], "gradients": "t", "weight": 1, "steps": 2}"#;
    let answer = page.post("api/schedules/formulas", body).json();
    assert_eq!(answer["formulas"][0]["weights"], serde_json::json!([1.0, 1.0, 0.5]));
    for (path, body, part) in [
        ("descent", r#"{"surface": "x^2", "steps": 2}"#, "optimizers: missing; send it"),
        (
            "descent",
            r#"{"surface": "x^2", "steps": 2, "optimizers": ["sgd"], "rate": 1}"#,
            r#"no field "rate"; there are"#,
        ),
        ("descent", r#"{"surface": "x^2", "steps": 2, "optimizers": ["sdg"]}"#, "no optimizer is named sdg"),
        ("descent/surface", r#"{"surface": "hill"}"#, "no surface is named so"),
        (
            "descent/surface",
            r#"{"surface": "booth", "window": [[0, 1]]}"#,
            "window: a list of 1; it is to be a list of 2",
        ),
        ("descent/momentum", r#"{"beta": 2, "eta": 1, "lambda": 1, "condition": 1}"#, "β is 2"),
        ("descent/averages", r#"{"gamma": 2, "angle": 1, "rate": 1}"#, "γ is 2"),
        ("schedules", r#"{"schedules": ["cosin(1, 2)"], "steps": 3}"#, "no schedule is named cosin"),
        (
            "schedules/formulas",
            r#"{"formulas": ["sgd"], "gradients": "u", "weight": 1, "steps": 2}"#,
            "as sin(t/3)",
        ),
    ] {
        let reply = page.post(&format!("api/{path}"), body);
        assert_eq!(reply.status, 422, "{body}: {}", reply.body);
        let message = reply.json()["error"]["message"].as_str().unwrap_or("").to_string();
        assert!(message.contains(part), "{body}: {message}");
    }
}

/// The most that a request may ask for is answered in time.
#[test]
fn the_largest_descent_is_answered() {
    let page = Page::start();
    let f = format!("sin(x)*y{}", " + tanh(x*y)".repeat(15));
    let body = serde_json::json!({ "surface": f, "steps": 100, "optimizers": vec!["adam"; 6] }).to_string();
    assert_eq!(page.post("api/descent", &body).status, 200);
    assert_eq!(
        page.post("api/descent/surface", &serde_json::json!({ "surface": f }).to_string()).status,
        200
    );
}

#[test]
fn strangers_are_refused() {
    let page = Page::start();
    let host = page.host.clone();
    let path = page.path("api/backprop");
    let ask = |path: &str, head: &str| page.raw(&format!("POST {path} HTTP/1.1\r\n{head}"), NEURON);
    let json = "Content-Type: application/json\r\n";
    let wrong = format!("/{}{}", "0".repeat(32), &path[33..]);
    for path in [wrong.as_str(), "/api/backprop", "//api/backprop", "/", &path[..20]] {
        let reply = ask(path, &format!("Host: {host}\r\n{json}"));
        assert_eq!((reply.status, reply.kind().as_str()), (403, "token"), "{path}");
        assert!(reply.body.contains("gradus-play has printed"));
    }
    let port = host.split(':').next_back().unwrap();
    for other in ["", "Host: evil.example\r\n", "Host: 127.0.0.1\r\n", "Host: 127.0.0.1:1\r\n"] {
        let reply = ask(&path, &format!("{other}{json}"));
        assert!(matches!(reply.status, 400 | 403), "{other}: {}", reply.status);
    }
    let evil = format!("Host: 127.0.0.1.evil.example:{port}\r\n");
    assert_eq!(ask(&path, &format!("{evil}{json}")).kind(), "host");
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", &format!("https://{host}"), "file://"]
    {
        let reply = ask(&path, &format!("Host: {host}\r\nOrigin: {origin}\r\n{json}"));
        assert_eq!((reply.status, reply.kind().as_str()), (403, "origin"), "{origin}");
    }
    let own = format!("Host: {host}\r\nOrigin: http://{host}\r\n{json}");
    assert_eq!(ask(&path, &own).status, 200);
    let twice = format!("Host: {host}\r\nOrigin: http://{host}\r\nOrigin: http://evil.example\r\n{json}");
    assert_eq!(ask(&path, &twice).kind(), "origin");
}

#[test]
fn bad_requests_are_told_what_is_wrong() {
    let page = Page::start();
    let huge = format!(r#"{{"f": "{}", "at": []}}"#, "x+".repeat(500_000));
    assert_eq!(page.post("api/backprop", &huge).status, 413);
    for (body, status, part) in [
        ("", 400, "ends in the middle"),
        ("{", 400, "ends in the middle"),
        (r#"{"f": x}"#, 400, "no JSON that can be read, at line 1, column 7"),
        (r#"{"f": 1, "at": []}"#, 422, "f: 1; it is to be a text"),
        (r#"{"f": "x"}"#, 422, "at: missing; send it"),
        (r#"{"f": "x", "at": [], "surprise": 1}"#, 422, r#"no field "surprise"; there are f, at, four_ways"#),
        (r#"{"f": "x + ", "at": ["x=1"]}"#, 422, "ends where"),
        (r#"{"f": "x[0]", "at": ["x=1"]}"#, 422, "no indices"),
    ] {
        let reply = page.post("api/backprop", body);
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
        assert!(
            reply.json()["error"]["message"].as_str().is_some_and(|text| text.contains(part)),
            "{}",
            reply.body
        );
    }
    let plain =
        page.raw(&format!("POST {} HTTP/1.1\r\nHost: {}\r\n", page.path("api/backprop"), page.host), NEURON);
    assert_eq!(plain.status, 415);
    let read = page.get("api/backprop");
    assert_eq!((read.status, read.kind().as_str()), (405, "method"));
}

#[test]
fn hostile_expressions_are_answered() {
    let page = Page::start();
    let nested = |open: &str, close: &str, n: usize| format!("{}x{}", open.repeat(n), close.repeat(n));
    for f in [
        nested("(", ")", 30_000),
        nested("(", ")", 499),
        nested("tanh(", ")", 160),
        nested("[", "]", 400),
        "-".repeat(60_000),
        "x^".repeat(400),
        "outer(x,".repeat(80),
        "sum(outer(outer(x, x), x))".to_string(),
        "\u{202e}\u{0}\u{1F600}".to_string(),
    ] {
        let body = serde_json::json!({ "f": f, "at": ["x=1"] }).to_string();
        let reply = page.post("api/backprop", &body);
        assert!(
            matches!(reply.status, 200 | 422),
            "{}: {}",
            reply.status,
            &reply.body[..200.min(reply.body.len())]
        );
    }
    assert_eq!(page.post("api/backprop", NEURON).status, 200);
}

#[test]
fn a_flood_is_answered_and_leaves_it_standing() {
    let page = Page::start();
    let slow = r#"{"f": "mean((tanh(tanh(A@B)@C) - 1)^2)", "four_ways": true, "at": ["A=[[1, 2, 3, 4], [4, 3, 2, 1], [1, 1, 2, 2], [0, 1, 0, 1]]", "B=[[1, 2, 3, 4], [4, 3, 2, 1], [1, 1, 2, 2], [0, 1, 0, 1]]", "C=[[1, 2, 3, 4], [4, 3, 2, 1], [1, 1, 2, 2], [0, 1, 0, 1]]"]}"#;
    let (fine, busy) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..80 {
            scope.spawn(|| match page.post("api/backprop", slow).status {
                200 => fine.fetch_add(1, Ordering::Relaxed),
                503 => busy.fetch_add(1, Ordering::Relaxed),
                other => panic!("status {other}"),
            });
        }
    });
    let (fine, busy) = (fine.into_inner(), busy.into_inner());
    assert!(fine >= 16 && busy > 0 && fine + busy == 80, "{fine} answered, {busy} told to wait");
    assert_eq!(page.post("api/backprop", NEURON).status, 200);
}

#[test]
fn two_pages_at_once_get_their_own_answers() {
    let page = Page::start();
    let ask = |x: i32| {
        let body = format!(r#"{{"f": "x^2", "at": ["x={x}"]}}"#);
        let answer = page.post("api/backprop", &body).json();
        assert_eq!(answer["gradient"][0]["backward"].as_f64(), Some(f64::from(2 * x)));
    };
    thread::scope(|scope| {
        for start in [1, 1000] {
            scope.spawn(move || (start..start + 20).for_each(ask));
        }
    });
}

#[test]
fn clients_that_leave_do_no_harm() {
    let page = Page::start();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n",
        page.path("api/backprop"),
        page.host
    );
    for i in 0..100 {
        let mut stream = TcpStream::connect(&page.host).expect("a connection");
        match i % 4 {
            0 => {}
            1 => stream.write_all(&head.as_bytes()[..40]).expect("half a head"),
            2 => write!(stream, "{head}Content-Length: 900\r\n\r\n{{\"f\"").expect("half a body"),
            _ => {
                write!(stream, "{head}Content-Length: {}\r\n\r\n{NEURON}", NEURON.len()).expect("a request");
                let _ = stream.read(&mut [0; 16]);
            }
        }
    }
    assert_eq!(page.post("api/backprop", NEURON).status, 200);
}

/// Sockets that are opened and say nothing take no place from the page.
#[test]
fn silent_sockets_do_not_shut_the_page_out() {
    let page = Page::start();
    let mut crowd: Vec<TcpStream> =
        (0..300).map(|_| TcpStream::connect(&page.host).expect("a connection")).collect();
    assert_eq!(page.post("api/backprop", NEURON).status, 200);
    let closed = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        matches!(stream.read(&mut [0; 8]), Ok(0))
    };
    // The first have been closed, 128 at most are open.
    assert!(crowd[..150].iter_mut().all(closed));
    assert!(!closed(&mut crowd[299]));
    assert_eq!(page.post("api/backprop", NEURON).status, 200);
}

#[test]
fn each_start_has_another_token() {
    let (a, b) = (Page::start(), Page::start());
    assert_ne!(a.path(""), b.path(""));
    assert_eq!(a.path("").len(), 34);
    let stranger: Reply = a.raw(&format!("GET {} HTTP/1.1\r\nHost: {}\r\n", b.path(""), a.host), "");
    assert_eq!(stranger.kind(), "token");
}
