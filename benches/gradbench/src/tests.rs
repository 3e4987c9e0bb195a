//! Every eval on a small input: derivatives against central differences of the primal, or known values.

use approx::{abs_diff_eq, relative_eq};
use serde_json::{Value, json};

use crate::protocol::answer;

/// The output of a function.
fn output(eval: &str, function: &str, input: &Value) -> Value {
    let message = json!({"id": 7, "kind": "evaluate", "module": eval, "function": function, "input": input});
    let answer = answer(&message.to_string()).expect("a message with an id has an answer");
    assert_eq!(answer["id"], 7);
    assert_eq!(answer["success"], true, "{eval} {function}: {answer}");
    answer["output"].clone()
}

fn number(value: &Value, at: &str) -> f64 {
    value.pointer(at).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number at {at} of {value}"))
}

fn close(found: f64, wanted: f64, what: &str) {
    let near = relative_eq!(found, wanted, epsilon = 1e-6, max_relative = 1e-6);
    assert!(near, "{what}: {found}, wanted {wanted}");
}

/// Compares derivatives with central differences of `primal` at a place `of` of its output: `(derivative, input)` are places.
fn compare(
    [eval, primal, derivative]: [&str; 3],
    input: &Value,
    of: &str,
    pairs: impl IntoIterator<Item = (String, String)>,
) {
    let found = output(eval, derivative, input);
    let mut compared = 0;
    for (place, at) in pairs {
        let along = |step: f64| {
            let mut moved = input.clone();
            let number = moved.pointer_mut(&at).unwrap_or_else(|| panic!("{eval}: no input at {at}"));
            *number = json!(number.as_f64().expect("a number") + step);
            self::number(&output(eval, primal, &moved), of)
        };
        let h = 1e-5;
        close(number(&found, &place), (along(h) - along(-h)) / (2.0 * h), &format!("{eval} {at}"));
        compared += 1;
    }
    assert!(compared > 0, "{eval}: nothing compared");
}

/// Numbers of no pattern in ±0.5.
fn some(n: usize, seed: f64) -> Vec<f64> {
    (0..n).map(|i| ((i as f64 * 1.7 + seed) * 12.9898).sin() * 0.5).collect()
}

fn rows(n: usize, width: usize, seed: f64) -> Vec<Vec<f64>> {
    (0..n).map(|i| some(width, seed + 31.0 * i as f64)).collect()
}

/// The places of a list: `(/0, key/0)` and so on.
fn list(n: usize, key: &'static str) -> impl Iterator<Item = (String, String)> {
    (0..n).map(move |i| (format!("/{i}"), format!("{key}/{i}")))
}

#[test]
fn hello() {
    assert_eq!(output("hello", "square", &json!(3.0)), 9.0);
    assert_eq!(output("hello", "double", &json!(4.5)), 9.0);
}

#[test]
fn gmm() {
    let (d, k, n) = (3, 2, 4);
    let input = json!({
        "d": d, "k": k, "n": n, "m": 2, "gamma": 1.3, "alpha": some(k, 0.1), "mu": rows(k, d, 0.2),
        "q": rows(k, d, 0.3), "l": rows(k, 3, 0.4), "x": rows(n, d, 0.5),
    });
    let matrices =
        ["mu", "q", "l"].iter().flat_map(|key| (0..6).map(move |i| format!("/{key}/{}/{}", i / 3, i % 3)));
    let places = matrices.chain((0..k).map(|i| format!("/alpha/{i}")));
    compare(["gmm", "objective", "jacobian"], &input, "", places.map(|place| (place.clone(), place)));
    // One point in one dimension at its mean, m = 0, γ = 1, q = 0: log N(0; 0, 1) + log W(1), with two degrees of freedom.
    let one = json!({"d": 1, "k": 1, "n": 1, "m": 0, "gamma": 1.0, "alpha": [0.3], "mu": [[0.2]], "q": [[0.0]], "l": [[]], "x": [[0.2]]});
    let wanted = -0.5 * std::f64::consts::TAU.ln() - 0.5 - 2f64.ln();
    close(output("gmm", "objective", &one).as_f64().expect("a number"), wanted, "the constant");
}

#[test]
fn llsq_lse_ode() {
    let input = json!({"x": some(4, 0.6), "n": 7});
    compare(["llsq", "primal", "gradient"], &input, "", list(4, "/x"));
    let input = json!({"x": [1000.0, 999.0, 1001.5]});
    compare(["lse", "primal", "gradient"], &input, "", list(3, "/x"));
    let input = json!({"x": [0.7, 0.4, 0.9], "s": 3});
    compare(["ode", "primal", "gradient"], &input, "/2", list(3, "/x"));
    // Polynomials of degree 4 are exact: y at time 2 is x0·2, x0·x1·2, x0·x1·x2·4/3.
    for (i, wanted) in [1.4, 0.56, 0.336].into_iter().enumerate() {
        close(number(&output("ode", "primal", &input), &format!("/{i}")), wanted, "ode");
    }
}

#[test]
fn kmeans() {
    let input =
        json!({"points": [[0.0, 0.0], [1.0, 2.0], [9.0, 8.0]], "centroids": [[1.0, 1.0], [8.0, 8.0]]});
    assert_eq!(output("kmeans", "cost", &input), 4.0);
    // From the mean of its points to the centroid.
    assert_eq!(output("kmeans", "dir", &input), json!([[0.5, 0.0], [-1.0, 0.0]]));
}

#[test]
fn lstm() {
    let (layers, bits, chars) = (2, 3, 5);
    let sequence: Vec<Vec<f64>> =
        (0..chars).map(|i| (0..bits).map(|j| f64::from((i * 5 + j * 3) as u32 % 2)).collect()).collect();
    let input = json!({
        "main_params": rows(2 * layers, 4 * bits, 0.7), "extra_params": rows(3, bits, 0.8),
        "state": rows(2 * layers, bits, 0.9), "sequence": sequence,
    });
    let main = (0..48).map(|i| format!("/main_params/{}/{}", i / 12, i % 12));
    let all = main.chain((0..9).map(|i| format!("/extra_params/{}/{}", i / 3, i % 3)));
    let pairs = all.enumerate().map(|(i, at)| (format!("/{i}"), at));
    compare(["lstm", "objective", "jacobian"], &input, "", pairs);
    // Without any weights every output is 0: the loss is the mean of log(2 + 3) over the bits that are set.
    let zeros = |n: usize, width: usize| vec![vec![0.0; width]; n];
    let idle = json!({"main_params": zeros(4, 12), "extra_params": zeros(3, 3), "state": zeros(4, 3), "sequence": sequence});
    let set: f64 = sequence[1..].iter().flatten().sum();
    close(number(&output("lstm", "objective", &idle), ""), set / 12.0 * 5f64.ln(), "lstm");
}

#[test]
fn det() {
    let input = json!({"A": some(25, 1.1), "ell": 5});
    compare(["det", "primal", "gradient"], &input, "", list(25, "/A"));
    assert_eq!(
        output("det", "primal", &json!({"A": [2.0, 1.0, 0.0, 3.0, 4.0, 1.0, 5.0, 0.0, 6.0], "ell": 3})),
        35.0
    );
    assert_eq!(output("det", "gradient", &json!({"A": [3.0], "ell": 1})), json!([1.0]));
}

#[test]
fn ba() {
    let mut input = json!({
        "n": 1, "m": 1, "p": 1, "w": 0.8, "x": [0.3, -0.2, 2.0], "feat": [0.1, 0.2],
        "cam": [0.1, 0.2, -0.3, 0.05, -0.1, 0.02, 1.5, 0.2, 0.1, 0.03, 0.01],
    });
    // With an angle, and without.
    for axis in [[0.1, 0.2, -0.3], [0.0; 3]] {
        for (i, angle) in axis.into_iter().enumerate() {
            input["cam"][i] = json!(angle);
        }
        for part in 0..2 {
            let inputs = (0..11).map(|i| format!("/cam/{i}")).chain((0..3).map(|i| format!("/x/{i}")));
            let inputs = inputs.chain(["/w".to_string()]).enumerate();
            let pairs = inputs.filter(|(i, _)| axis[0] != 0.0 || *i > 2);
            let pairs = pairs.map(|(i, at)| (format!("/vals/{}", 15 * part + i), at));
            compare(
                ["ba", "objective", "jacobian"],
                &input,
                &format!("/reproj_error/elements/{part}"),
                pairs,
            );
        }
        let weight = [("/vals/30".to_string(), "/w".to_string())];
        compare(["ba", "objective", "jacobian"], &input, "/w_err/element", weight);
    }
    let many = json!({"n": 2, "m": 3, "p": 4, "w": 0.8, "x": input["x"], "feat": input["feat"], "cam": input["cam"]});
    let sparse = output("ba", "jacobian", &many);
    let firsts = |key: &str| sparse[key].as_array().expect("a list").len();
    assert_eq!([firsts("rows"), firsts("cols"), firsts("vals")], [14, 31, 31]);
    assert_eq!(
        (&sparse["rows"][2], &sparse["rows"][9], &sparse["rows"][13]),
        (&json!(30), &json!(121), &json!(124))
    );
    assert_eq!((&sparse["cols"][14], &sparse["cols"][30]), (&json!(31), &json!(34)));
}

/// A hand of 22 bones, three vertices and one triangle.
fn hand(us: &Value) -> Value {
    let matrix = |seed: f64| {
        let mut rows = rows(3, 4, seed);
        rows.push(vec![0.0, 0.0, 0.0, 1.0]);
        rows
    };
    let matrices = |seed: f64| (0..22).map(|i| matrix(seed + f64::from(i))).collect::<Vec<_>>();
    let parents: Vec<i64> = (0..22).map(|i| if i % 4 == 0 { -1 } else { i - 1 }).collect();
    let base: Vec<Vec<f64>> = rows(3, 3, 2.1).into_iter().map(|row| [row, vec![1.0]].concat()).collect();
    let corners = if us[0].is_array() { [0, 0] } else { [2, 1] };
    json!({
        "theta": some(26, 2.2), "us": us,
        "data": {
            "correspondences": corners, "points": rows(2, 3, 2.3),
            "model": {
                "bone_count": 22, "bone_names": vec!["bone"; 22], "parents": parents, "base_relatives": matrices(2.4),
                "inverse_base_absolutes": matrices(2.5), "base_positions": base, "weights": rows(3, 22, 2.6),
                "triangles": [[0, 2, 1]], "is_mirrored": true,
            },
        },
    })
}

#[test]
fn ht() {
    for row in 0..6 {
        let angles =
            |first: usize| (0..26).map(move |k| (format!("/{row}/{}", first + k), format!("/theta/{k}")));
        compare(["ht", "objective", "jacobian"], &hand(&json!([])), &format!("/{row}"), angles(0));
        let places = (0..2).map(|k| (format!("/{row}/{k}"), format!("/us/{}/{k}", row / 3)));
        let input = hand(&json!([[0.2, 0.3], [0.5, 0.1]]));
        compare(["ht", "objective", "jacobian"], &input, &format!("/{row}"), places.chain(angles(2)));
    }
}

#[test]
fn particle_and_saddle() {
    for function in ["ff", "fr", "rf", "rr"] {
        let w = output("particle", function, &json!({"w": 0.0}));
        close(number(&w, ""), 0.207_191_874_648_611_6, function);
        let point = output("saddle", function, &json!({"start": [1.0, 1.0]}));
        for i in 0..4 {
            let found = number(&point, &format!("/{i}"));
            assert!(abs_diff_eq!(found, 8.246_324_826_140_356e-6, epsilon = 1e-12), "{function}: {found}");
        }
    }
}

#[test]
fn messages() {
    let of = |message: Value| answer(&message.to_string());
    assert_eq!(of(json!({"id": 0, "kind": "start", "eval": "gmm"})), Ok(json!({"id": 0, "tool": "gradus"})));
    assert_eq!(
        of(json!({"id": 1, "kind": "define", "module": "gmm"})),
        Ok(json!({"id": 1, "success": true}))
    );
    assert_eq!(of(json!({"id": 2, "kind": "analysis", "of": 1, "valid": true})), Ok(json!({"id": 2})));
    let refused = |message: Value, text: &str| {
        let found = of(message).expect("it has an id");
        assert_eq!(found["success"], false);
        let error = found["error"].as_str().expect("a text");
        assert!(error.contains(text), "{error}");
    };
    refused(json!({"id": 3, "kind": "define", "module": "fft"}), "no eval fft");
    let evaluate = |function: &str, input: Value| json!({"id": 4, "kind": "evaluate", "module": "llsq", "function": function, "input": input});
    refused(evaluate("hessian", json!({"x": [1.0], "n": 2})), "no function hessian");
    refused(evaluate("primal", json!({"n": 2})), "the input has no x");
    refused(evaluate("primal", json!({"x": [[1.0], [1.0, 2.0]], "n": 2})), "lists of unequal lengths");
    // A panic of the library is an answer, too.
    let flat = json!({"id": 5, "kind": "evaluate", "module": "det", "function": "primal", "input": {"A": [1.0, 2.0], "ell": 2}});
    refused(flat, "reshape");
    assert!(answer("no message").is_err() && answer("{}").is_err());
    let runs = of(evaluate("primal", json!({"x": [1.0], "n": 3, "min_runs": 3, "min_seconds": 0})))
        .expect("an answer");
    let timings = runs["timings"].as_array().expect("a list");
    assert_eq!(timings.len(), 3);
    assert!(timings.iter().all(|timing| timing["name"] == "evaluate" && timing["nanoseconds"].is_u64()));
}
