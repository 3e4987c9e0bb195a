//! Messages and answers, and the time that an evaluation takes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::data::{Input, Output};

/// A function of an eval with its input, ready to run.
pub(crate) type Run = Box<dyn Fn() -> Output>;

/// Reads the input of a function, by name.
type Prepare = fn(&str, Input<'_>) -> Result<Run, String>;

/// Every eval by its name.
const EVALS: [(&str, Prepare); 12] = [
    ("ba", crate::ba::prepare),
    ("det", crate::det::prepare),
    ("gmm", crate::gmm::prepare),
    ("hello", crate::hello::prepare),
    ("ht", crate::ht::prepare),
    ("kmeans", crate::kmeans::prepare),
    ("llsq", crate::llsq::prepare),
    ("lse", crate::lse::prepare),
    ("lstm", crate::lstm::prepare),
    ("ode", crate::ode::prepare),
    ("particle", crate::particle::prepare),
    ("saddle", crate::saddle::prepare),
];

/// What an eval says of a function it does not have.
pub(crate) fn unknown(function: &str) -> Result<Run, String> {
    Err(format!("no function {function}"))
}

/// The answer to one line. What is wrong with an evaluation is a part of it; what is no message has none.
pub(crate) fn answer(line: &str) -> Result<Value, String> {
    let message: Value = serde_json::from_str(line).map_err(|error| format!("no JSON: {error}"))?;
    let id = message.get("id").ok_or("a message without id")?;
    let text = |key: &str| message[key].as_str().unwrap_or_default();
    let mut answer = match text("kind") {
        "start" => json!({"tool": "gradus"}),
        "define" => match eval(text("module")) {
            Ok(_) => json!({"success": true}),
            Err(error) => json!({"success": false, "error": error}),
        },
        "evaluate" => match evaluate(text("module"), text("function"), &message["input"]) {
            Ok((output, timings)) => json!({"success": true, "output": output, "timings": timings}),
            Err(error) => json!({"success": false, "error": error}),
        },
        _ => json!({}),
    };
    answer["id"] = id.clone();
    Ok(answer)
}

fn eval(name: &str) -> Result<Prepare, String> {
    let found = EVALS.iter().find(|(known, _)| *known == name);
    found.map(|(_, prepare)| *prepare).ok_or_else(|| format!("no eval {name}"))
}

/// The last run's output, and how long each run took.
fn evaluate(module: &str, function: &str, input: &Value) -> Result<(Value, Vec<Value>), String> {
    let prepare = eval(module)?;
    // Shapes that do not fit panic in the library; the message says what is wrong.
    catch_unwind(AssertUnwindSafe(|| {
        let run = prepare(function, Input(input))?;
        // The input of hello is a number, without these.
        let least_runs = input.get("min_runs").and_then(Value::as_u64).unwrap_or(1) as usize;
        let least_seconds = input.get("min_seconds").and_then(Value::as_f64).unwrap_or(0.0);
        let (mut timings, mut total) = (Vec::new(), Duration::ZERO);
        loop {
            let start = Instant::now();
            let output = run();
            let elapsed = start.elapsed();
            total += elapsed;
            timings.push(json!({"name": "evaluate", "nanoseconds": elapsed.as_nanos() as u64}));
            if timings.len() >= least_runs && total.as_secs_f64() >= least_seconds {
                return Ok((output.json(), timings));
            }
        }
    }))
    .unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Err(text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_string())
    })
}
