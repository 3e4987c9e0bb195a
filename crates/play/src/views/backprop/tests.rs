use approx::assert_relative_eq;
use gradus::autograd::Tape;

use super::*;

fn ask(f: &str, at: &[&str]) -> Answer {
    let at = at.iter().map(|text| (*text).to_string()).collect();
    answer(Request { f: f.to_string(), at, four_ways: true }).expect("it has an answer")
}

fn refused(f: &str, at: &[&str]) -> String {
    let at = at.iter().map(|text| (*text).to_string()).collect();
    answer(Request { f: f.to_string(), at, four_ways: false }).expect_err("it is refused").message
}

#[test]
fn the_numbers_are_the_tapes() {
    let it = ask("tanh(w*x + b)", &["w=-3", "x=2", "b=6.88"]);
    let tape = Tape::new();
    let (w, x, b) = (tape.var(-3.0), tape.var(2.0), tape.var(6.88));
    let y = (w * x + b).tanh();
    let grads = y.backward();
    assert_eq!(it.nodes.last().unwrap().value.values[0], Number(y.item()));
    assert_eq!(it.nodes.last().unwrap().kind, "result");
    for (derivative, var) in it.gradient.iter().zip([w, x, b]) {
        let exact = grads.wrt(var).item();
        assert_relative_eq!(derivative.backward.0, exact, max_relative = 1e-14);
        for other in [Some(derivative.central), derivative.forward, derivative.complex] {
            assert_relative_eq!(other.unwrap().0, exact, max_relative = 1e-8);
        }
        assert!(derivative.agrees);
    }
    let first = &it.steps[0];
    let numbers = first.parts[0].numbers.as_deref();
    assert!(numbers.is_some_and(|text| text.starts_with("1 − 0.7")), "{numbers:?}");
}

#[test]
fn contributions_add_up_to_the_sum() {
    let it = ask("x*y + x^2", &["x=2", "y=3"]);
    let parts: Vec<&Part> =
        it.steps.iter().flat_map(|step| &step.parts).filter(|part| part.input == 0).collect();
    assert_eq!(parts.len(), 2);
    let sum: f64 = parts.iter().map(|part| part.contribution.values[0].0).sum();
    assert_eq!([sum, parts[1].sum.values[0].0, it.gradient[0].backward.0], [7.0; 3]);
}

#[test]
fn every_graph_is_shown_and_checked() {
    for graph in graphs(Empty {}).unwrap() {
        let it = ask(graph.f, graph.at);
        let differs = ["a path that is cut", "a kink", "a tie"].contains(&graph.name);
        assert_eq!(
            it.gradient.iter().all(|derivative| derivative.agrees),
            it.reason.is_none(),
            "{}",
            graph.name
        );
        assert_eq!(it.reason.is_some(), differs, "{}: {:?}", graph.name, it.reason);
        assert!(it.not_complex.is_some() || it.gradient[0].complex.is_some(), "{}", graph.name);
    }
}

#[test]
fn broadcasts_and_kinks_are_told() {
    let it = ask("sum((A + b)^2)", &["A=[[1, 2], [3, 4], [5, 6]]", "b=[0.5, -1]"]);
    let remarks: Vec<&str> =
        it.steps.iter().flat_map(|step| &step.parts).filter_map(|part| part.remark.as_deref()).collect();
    assert_eq!(remarks.len(), 1);
    assert!(remarks[0].contains("b has shape [2] and was stretched to [3, 2]"), "{remarks:?}");
    let it = ask("sum(relu(x))", &["x=[1, 0]"]);
    let told = it
        .steps
        .iter()
        .flat_map(|step| &step.remarks)
        .any(|text| text.contains("A kink of relu in element [1]"));
    assert!(told, "{:?}", it.steps);
}

#[test]
fn what_is_not_finite_stays_visible() {
    let it = ask("1/x", &["x=0"]);
    let text = serde_json::to_string(&it).unwrap();
    assert!(text.contains("\"inf\"") && text.contains("\"-inf\""), "{text}");
}

#[test]
fn too_much_is_refused_before_it_is_computed() {
    let long = vec!["1"; 300].join(", ");
    let vector = format!("v=[{long}]");
    assert!(refused("sum(v)", &[&vector]).contains("a value of 300 elements; at most 256"));
    let deep = format!("{}x{}", "(".repeat(450), ")".repeat(450));
    ask(&deep.replace('x', "x*x"), &["x=2"]);
    assert!(refused(&"-".repeat(100_000), &["x=1"]).contains("at most 1000"));
    assert!(refused(&format!("x{}", "+x".repeat(200)), &["x=1"]).contains("nodes; a graph of up to 120"));
    let outer = "outer(v, v)";
    let vector = format!("v=[{}]", vec!["1"; 60].join(", "));
    assert!(refused(&format!("sum({outer})"), &[&vector]).contains("3600 elements"));
    assert!(refused("x + ", &["x=1"]).contains('^'));
    assert!(refused("v*2", &["v=[1, 2]"]).contains("shape [2]"));
}
