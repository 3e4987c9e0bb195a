//! `gradus explain` from outside: its text, its errors with their columns, its JSON and its picture.

mod snapshot;

use approx::abs_diff_eq;
use serde_json::Value;
use snapshot::{gradus, snapshot, text};

#[test]
fn texts() {
    snapshot("explain_tanh", 0, &["explain", "tanh(w*x + b)", "w=-3", "x=2", "b=6.88"]);
    snapshot(
        "explain_matrix",
        0,
        &["explain", "mean((A@x - [1, 2])^2)", "A=[[1, 2], [3, 4]]", "x=[0.5, -1]"],
    );
    snapshot("explain_second_order", 0, &["explain", "x^2*y + sin(y)", "x=2", "y=3", "--order", "2"]);
    snapshot("explain_vector_hessian", 0, &["explain", "prod(x)", "x=[2, 3, 5]", "--order", "2"]);
    snapshot("explain_kink", 0, &["explain", "relu(x)*2", "x=0"]);
    snapshot("explain_abs", 0, &["explain", "abs(x)*y", "x=0", "y=2"]);
    snapshot("explain_not_finite", 0, &["explain", "ln(x)*x", "x=-1"]);
    snapshot(
        "explain_wide",
        0,
        &["explain", "sum(softmax(M)*M)", "M=[[1.123, 2.5, -3.25], [0.125, 5, 1e-7]]"],
    );
}

#[test]
fn the_list_of_functions() {
    snapshot("explain_list", 0, &["explain"]);
    let output = gradus(&["explain", "--json"]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("<EXPRESSION>") && message.contains("usage: gradus explain"), "{message}");
}

/// What is wrong, as the command is called.
const MISTAKES: [&[&str]; 49] = [
    &["2 +", "x=1"],
    &["tanh(w*x + b", "w=1", "x=2", "b=3"],
    &["x ! y", "x=1", "y=2"],
    &["2 x", "x=1"],
    &["w*x", "w=1"],
    &["w", "w=1", "v=2"],
    &["w", "w=1", "w=2"],
    &["thanh(x)", "x=1"],
    &["x + atan2(x)", "x=1"],
    &["x + y", "x=[1, 2]", "y=[1, 2, 3]"],
    &["sum(A*B)", "A=[[1, 2, 3], [4, 5, 6]]", "B=[[1, 2], [3, 4], [5, 6]]"],
    &["sum(A@x)", "A=[[1, 2]]", "x=[1, 2, 3]"],
    &["x@2", "x=1"],
    &["t(x)", "x=[1, 2]"],
    &["x^2", "x=[1, 2]"],
    &["x^2", "x=[1, [2]]"],
    &["x^2", "x=1 +"],
    &["x^2", "x"],
    &["x^2", "x=y"],
    &["2*3"],
    &["elu(x, y)", "x=1", "y=2"],
    &["stop_gradient(x)", "x=1"],
    &["sin x", "x=1"],
    &["x²", "x=1"],
    &["sin(x)", "X=1"],
    &["x^2", "x=nan"],
    &["x^2", "x=", "3"],
    &["sin", "x=1"],
    &["x[0] + 1", "x=[1, 2]"],
    &["x*1e400", "x=1"],
    &["", "x=1"],
    &["x^2", ""],
    &["w*x", "w=1", "x="],
    &["w*x", "w=1", "x=1e400"],
    &["[1, x", "x=1"],
    &["x*sum([1, [2, 3]])", "x=1"],
    &["x*sum([[1, 2], [3]])", "x=1"],
    &["x*sum([[1, 2], 3])", "x=1"],
    &["x*sum([[[1], [2]], [[3], [4, 5]]])", "x=1"],
    &["sum([x, [1, x]])", "x=1"],
    &["sum([[x], [[x]]])", "x=1"],
    &["sum(x)", "x=[1, [2, 3]]"],
    &["sum(x)", "x=[[1, 2], [3]]"],
    &["sum(x)", "x=[]"],
    &["sum(x)", "x=[[], []]"],
    &["x*sum([])", "x=1"],
    &["x*sum([[], [1]])", "x=1"],
    &["x*sum([[[[[1]]]]])", "x=1"],
    &["x^2", "x=1", "--svg", "/nowhere/at/all/x.svg"],
];

#[test]
fn mistakes() {
    snapshot::mistakes("explain_mistakes", "explain", &MISTAKES);
}

#[test]
fn marks_stand_under_the_place() {
    let message = text(&gradus(&["explain", "x + y*z", "x=[1, 2]", "y=[1, 2, 3]", "z=2"]).stderr);
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines[1].find('+'), lines[2].find('^'), "{message}");
    let long = format!("{} + oops(x)", vec!["x"; 120].join("+"));
    let message = text(&gradus(&["explain", &long, "x=1"]).stderr);
    let lines: Vec<&str> = message.lines().collect();
    assert!(lines[1].chars().count() < 110, "{message}");
    let column = |line: &str, word: &str| line.find(word).map(|at| line[..at].chars().count());
    assert_eq!(column(lines[1], "oops"), column(lines[2], "^^^^"), "{message}");
}

#[test]
fn json_is_one_document() {
    let output = gradus(&["explain", "tanh(w*x + b)", "w=-3", "x=2", "b=6.88", "--json", "--order", "2"]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("the whole output is JSON");
    assert_eq!(document["nodes"].as_array().unwrap().len(), 6);
    assert_eq!(document["nodes"][3]["operation"], "mul");
    assert_eq!(document["nodes"][3]["inputs"], serde_json::json!([0, 1]));
    assert_eq!(document["nodes"][5]["part"], "tanh(w*x + b)");
    assert_eq!(document["steps"][2]["parts"][0]["slope"], 2.0);
    assert_eq!(document["agree"], true);
    let slope = 1.0 - 0.88f64.tanh().powi(2);
    let gradient = document["gradients"][0]["autograd"].as_f64().unwrap();
    assert_eq!(document["gradients"][0]["name"], "w");
    assert!(abs_diff_eq!(gradient, 2.0 * slope, epsilon = 1e-12), "{gradient}");
    // d²/db² tanh = -2 tanh (1 - tanh²).
    let curvature = document["hessian"]["autograd"][2][2].as_f64().unwrap();
    assert!(abs_diff_eq!(curvature, -2.0 * 0.88f64.tanh() * slope, epsilon = 1e-12), "{curvature}");
    assert_eq!(document["hessian"]["agree"], true);
}

#[test]
fn the_graph_has_every_node() {
    let path = std::env::temp_dir().join(format!("gradus-explain-{}.svg", std::process::id()));
    let name = path.to_string_lossy();
    let output = gradus(&["explain", "tanh(w*x + b)", "w=-3", "x=2", "b=6.88", "--svg", &name]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let svg = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let words: Vec<&str> = svg.lines().map(str::trim).collect();
    for part in [
        "w",
        "x",
        "b",
        "%3 = w * x",
        "%4 = %3 + b",
        "%5 = tanh(%4)",
        "value",
        "0.706419",
        "gradient",
        "-1.50292",
        "×-3",
        "×2",
    ] {
        assert!(words.contains(&part), "{part}: {svg}");
    }
    assert_eq!(svg.matches("marker-end").count(), 5, "{svg}");
    let output = gradus(&["explain", "x^2", "x=1", "--svg", "/nowhere/at/all.svg"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--svg /nowhere/at/all.svg"), "{}", text(&output.stderr));
}

#[test]
fn expressions_that_begin_with_a_minus_sign() {
    let output = gradus(&["explain", "-x^2", "x=3", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&document["value"], &document["gradients"][0]["autograd"]), (&(-9.0).into(), &(-6.0).into()));
}

#[test]
fn lines_are_narrow() {
    let sum = vec!["tanh(w*x + b)^2"; 20].join(" + ");
    let output = gradus(&["explain", &sum, "w=-3.123456789", "x=[2, 3, 4, 5]", "b=6.88"]);
    assert_eq!(output.status.code(), Some(2));
    let output = gradus(&["explain", &format!("sum({sum})"), "w=-3.123456789", "x=[2, 3, 4, 5]", "b=6.88"]);
    let text = text(&output.stdout);
    assert!(text.lines().count() > 100);
    for line in text.lines() {
        assert!(line.chars().count() <= 110, "{line}");
    }
}
