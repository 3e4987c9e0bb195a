//! `docs/conventions.md` row by row: what we compute, and PyTorch's recorded answer where there is one.

use approx::relative_eq;
use std::path::Path;

use gradus::autograd::Kinks;
use gradus::autograd::ops::elementwise::table;
use gradus::prelude::*;
use gradus::tensor::Tensor;
use safetensors::SafeTensors;
use serde_json::Value;

/// A row of the document.
struct Convention<'a> {
    operation: &'a str,
    at: Vec<f64>,
    value: f64,
    slopes: Vec<f64>,
    pytorch: &'a str,
}

fn numbers(cell: &str) -> Vec<f64> {
    let parts = cell.split(';').map(str::trim).filter(|part| *part != "-");
    parts.map(|part| part.parse().unwrap_or_else(|_| panic!("{part} is no number"))).collect()
}

fn conventions(text: &str) -> Vec<Convention<'_>> {
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| operation"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [operation, at, value, slopes, pytorch, _] = cells[..] else { panic!("six columns: {line}") };
        let (at, mut slopes) = (numbers(at), numbers(slopes));
        if slopes.len() == 1 {
            slopes = vec![slopes[0]; at.len()];
        }
        Convention { operation, at, value: numbers(value)[0], slopes, pytorch }
    })
    .collect()
}

/// The value and the slopes of an operation: a row of the elementwise table, or a reduction.
fn ours(operation: &str, at: &[f64]) -> (f64, Vec<f64>) {
    let (name, c) = operation.trim_end_matches(')').split_once('(').unwrap_or((operation, "0"));
    let tape = Tape::new();
    let gradients = |y: Var<'_>, x: &[Var<'_>]| {
        let g = y.backward();
        (y.item(), x.iter().flat_map(|&x| g.wrt(x).to_f64_vec()).collect())
    };
    if let Some(row) = table().find(|row| row.name == name) {
        let x: Vec<Var<'_>> = at.iter().map(|&x| tape.var(x)).collect();
        let y = row.apply(&x, c.parse().expect("a number"));
        return if y.needs() { gradients(y, &x) } else { (y.item(), vec![0.0; x.len()]) };
    }
    let x = tape.var(Tensor::from_vec(at.to_vec(), at.len()));
    let y = match name {
        "sum" => x.sum(),
        "prod" => x.prod(),
        "mean" => x.mean(),
        "max" => x.max(),
        "min" => x.min(),
        "norm" => x.norm(),
        "std" => x.std(1),
        "logsumexp" => x.logsumexp(),
        "var" => x.var(1),
        "relu6" => x.relu6().sum(),
        "clamp" => x.clamp(-1.0, 1.0).sum(),
        other => panic!("{other}: neither a row of the table nor a reduction known here"),
    };
    gradients(y, &[x])
}

fn same(a: f64, b: f64) -> bool {
    a.is_nan() && b.is_nan() || relative_eq!(a, b, epsilon = f64::MIN_POSITIVE, max_relative = 1e-7)
}

fn all_same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| same(a, b))
}

/// PyTorch's value and slopes at these inputs, out of a recorded case; `None` where the data are not here.
fn recorded(id: &str, at: &[f64], data: Option<&(Value, Vec<u8>)>) -> Option<(f64, Vec<f64>)> {
    let (meta, bytes) = data?;
    let tensors = SafeTensors::deserialize(bytes).expect("tensors");
    let case = meta["cases"].as_array()?.iter().find(|case| case["id"] == id)?;
    let list = |key: &Value| -> Vec<f64> {
        let view = tensors.tensor(key.as_str().expect("a key")).expect("a tensor");
        let words = view.data().chunks_exact(8);
        words.map(|b| f64::from_le_bytes(b.try_into().expect("8 bytes"))).collect()
    };
    let inputs: Vec<Vec<f64>> = case["inputs"].as_object()?.values().map(list).collect();
    let (out, weight) = (list(&case["outputs"][0]), list(&case["grad_outputs"][0]));
    let slopes: Vec<Vec<f64>> = case["grad_inputs"].as_array()?.iter().map(list).collect();
    if out.len() == 1 && inputs[0] == at {
        return Some((out[0], slopes[0].iter().map(|g| g / weight[0]).collect()));
    }
    let place = (0..inputs[0].len()).find(|&k| inputs.iter().zip(at).all(|(x, &at)| x[k] == at));
    let k = place.unwrap_or_else(|| panic!("{id} has no inputs {at:?}"));
    // Where only one input has a recorded gradient, it is the first.
    Some((out[k], slopes.iter().map(|g| g[k] / weight[k]).collect()))
}

/// Rows with a kink stand in the table at one; rows with one input at both infinities, unless they are outside of their
/// domain or have no limit there.
#[test]
fn no_kink_and_no_infinity_is_missing() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conventions.md"));
    let text = text.expect("the document");
    let rows = conventions(&text);
    let mut missing = Vec::new();
    for row in table().filter(|row| !row.facts.hidden) {
        let number = |c: &Convention<'_>| {
            let (name, c) = c.operation.trim_end_matches(')').split_once('(').unwrap_or((c.operation, "0"));
            (name == row.name).then(|| c.parse::<f64>().expect("a number"))
        };
        let at =
            |is: &dyn Fn(&[f64], f64) -> bool| rows.iter().any(|c| number(c).is_some_and(|n| is(&c.at, n)));
        if row.facts.kinks != Kinks::None && !at(&|x, c| row.kink_at(x[0], x[x.len() - 1], c)) {
            missing.push(format!("{} at a kink", row.name));
        }
        for x in [f64::INFINITY, f64::NEG_INFINITY] {
            let tape = Tape::new();
            let value = || row.apply(&[tape.var(x)], row.facts.number.unwrap_or(0.7)).item();
            if row.arity == 1 && !at(&|at, _| at == [x]) && !value().is_nan() {
                missing.push(format!("{} at {x}", row.name));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_row_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/conventions.md")).expect("the document");
    let folder = std::env::var("GRADUS_ORACLE").map_or_else(|_| root.join("../shared/oracle"), Into::into);
    let folder = if folder.is_dir() { folder } else { root.join("tests/oracle/data") };
    let read = |name: &str| std::fs::read(folder.join(name)).ok();
    let data = read("ops_edge.json").zip(read("ops_edge.safetensors"));
    let data = data.map(|(json, bytes)| (serde_json::from_slice(&json).expect("JSON"), bytes));
    let rows = conventions(&text);
    assert!(rows.len() > 180, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for row in rows {
        let (value, slopes) = ours(row.operation, &row.at);
        if !same(value, row.value) || !all_same(&slopes, &row.slopes) {
            wrong.push(format!("{} at {:?} is {value}, slopes {slopes:?}", row.operation, row.at));
        }
        let Some((claim, id)) = row.pytorch.split_once(' ').filter(|_| row.pytorch != "not recorded") else {
            continue;
        };
        let Some((value, slopes)) = recorded(id, &row.at, data.as_ref()) else { continue };
        let agrees = same(row.value, value) && all_same(&row.slopes[..slopes.len()], &slopes);
        if agrees != (claim == "same") {
            wrong.push(format!("{} at {:?}: PyTorch has {value}, slopes {slopes:?}", row.operation, row.at));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
