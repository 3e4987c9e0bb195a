//! Every operation of the tape: gradients to third order against finite differences, `jvp` against `vjp`, and the
//! symmetry of the Hessian; with small, large, strided and broadcast inputs. Fails if an operation is missing here.

mod cases;
mod check;
mod composed;
#[cfg(feature = "linalg")]
mod decompositions;
mod rows;
mod spread;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use composed::Entry;
use gradus_autograd::{self as autograd, Tape, implicit};
use gradus_tensor::{self as tensor, DType, Tensor};

#[test]
fn elementwise_rows() {
    let mut failures = Vec::new();
    for row in gradus_autograd::ops::elementwise::table() {
        failures.extend(rows::check(row));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn facts_of_rows() {
    let failures: Vec<String> = gradus_autograd::ops::elementwise::table().flat_map(rows::facts).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The two crates list costs apart: a tensor has the functions that need no tape.
#[test]
fn costs_are_those_of_the_tensors_functions() {
    let mut compared = 0;
    for (name, cost) in gradus_tensor::elementwise::costs() {
        let row = gradus_autograd::ops::elementwise::table().find(|row| row.name == name);
        assert_eq!(
            row.map(|row| row.cost),
            Some(cost),
            "{name}: the row's cost beside that of Tensor::{name}"
        );
        compared += 1;
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn operations() {
    let mut failures = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in tables() {
        failures.extend(entry.check());
        seen.extend(entry.names());
    }
    conversion();
    detached();
    seen.extend(["to".to_string(), "detach".to_string()]);
    let missing: Vec<String> = names_in_source().difference(&seen).cloned().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(missing.is_empty(), "operations without an entry in tests/every_op/composed.rs: {missing:?}");
}

#[test]
fn what_is_infinite_reaches_only_what_depends_on_it() {
    // Where a zero that the user sees meets an infinite number: a factor 0, the gradient 0 of an element that is not taken, beside
    // the infinite slope of a square, the gradient of a trace, a masked place that softmax gave the weight 0.
    let by_zero = ["norm_at_0", "where", "trace", "causal_attention"];
    let mut wrong = Vec::new();
    // Without decompositions: what has none is NaN as a whole.
    for entry in composed::TABLE.iter().chain(cases::TABLE).filter(|entry| !by_zero.contains(&entry.name)) {
        for dtype in [DType::F64, DType::F32] {
            wrong.extend(spread::check(entry, dtype));
        }
    }
    assert!(wrong.is_empty(), "{} instances:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_rule_has_words() {
    let mut wordless = BTreeSet::new();
    // Operations from closures have none.
    for entry in tables().filter(|entry| !entry.name.starts_with("custom")) {
        wordless.extend(check::without_words(entry.f, &check::draw(entry.shapes, entry.low, entry.high)));
    }
    for row in gradus_autograd::ops::elementwise::table().filter(|row| row.doc.trim().is_empty()) {
        wordless.insert(row.name.to_string());
    }
    let x = [Tensor::from([0.3, -0.2])];
    wordless.extend(check::without_words(|x| x[0].to(DType::F32), &x));
    wordless.extend(check::without_words(|x| x[0].checkpoint(|x| x.sin() * x), &x));
    let start = Tensor::from([1.0, 1.0]);
    wordless.extend(check::without_words(
        move |a| implicit(|x, a| (x + a[0].exp() / x) * 0.5, start.clone(), a),
        &x,
    ));
    assert!(wordless.is_empty(), "operations without words: {wordless:?}");
    let custom = check::without_words(
        |x| x[0].tape().custom("mine", x, |x| x[0].clone(), |step| step.give(0, step.dy())),
        &x,
    );
    assert_eq!(custom, BTreeSet::from(["mine".to_string()]));
}

fn tables() -> impl Iterator<Item = &'static Entry> {
    #[cfg(feature = "linalg")]
    let more = decompositions::TABLE;
    #[cfg(not(feature = "linalg"))]
    let more: &[Entry] = &[];
    composed::TABLE.iter().chain(cases::TABLE).chain(more)
}

/// A conversion to F32 is too coarse for differences; its gradient is exact.
fn conversion() {
    let tape = Tape::new();
    let x = tape.var(Tensor::from([0.5, 1.5]));
    let y = x.to(DType::F32).square().sum();
    let gradient = y.backward().wrt(x);
    assert_eq!((gradient.dtype(), gradient.to_f64_vec()), (DType::F64, vec![1.0, 3.0]));
    assert_eq!(y.grad(x).sum().grad(x).value().to_f64_vec(), [2.0, 2.0]);
}

/// The gradient of a detached value is 0, which is not its derivative.
fn detached() {
    let tape = Tape::new();
    let x = tape.var(Tensor::from([0.5, 1.5]));
    let y = (x.detach() * x).sum();
    assert_eq!(y.backward().wrt(x).to_f64_vec(), [0.5, 1.5]);
    assert_eq!(y.grad(x).value().to_f64_vec(), [0.5, 1.5]);
}

/// The names of all operations: the strings in `fn name(&self) -> &'static str { … }` of the source.
fn names_in_source() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ops")) {
        if file.components().any(|part| part.as_os_str() == "linalg") && !cfg!(feature = "linalg") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for body in text.split("fn name(&self) -> &'static str {").skip(1) {
            let body = &body[..body.find('}').unwrap_or(body.len())];
            // An `if` or a `match` has several strings, and more closing brackets: take the lines up to the next `fn`.
            let body = if body.contains("if ") || body.contains("match ") {
                until_next_fn(&text, body)
            } else {
                body
            };
            names.extend(body.split('"').skip(1).step_by(2).map(String::from));
        }
    }
    assert!(names.len() > 20, "{names:?}");
    names
}

fn until_next_fn<'a>(text: &'a str, body: &str) -> &'a str {
    let start = text.find(body).unwrap();
    let rest = &text[start..];
    &rest[..rest.find("fn forward").unwrap_or(rest.len())]
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn the_check_itself_finds_a_bad_rule() {
    let bad = Entry {
        name: "bad",
        shapes: &[&[2]],
        low: 0.5,
        high: 1.5,
        f: |x| {
            let rule = |step: &mut gradus_autograd::Backward<'_>| step.give(0, step.dy());
            x[0].tape().custom("bad", x, |x| x[0].square(), rule)
        },
    };
    assert!(!bad.check().is_empty());
}
