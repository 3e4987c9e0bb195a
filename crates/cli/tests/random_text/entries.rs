//! An expression from elsewhere, for the property test here and for its target in `fuzz/`.

use gradus_cli::explain::Problem;

pub(crate) const SEEDS: [&str; 12] = [
    "tanh(w*x + b)\nw=-3\nx=2\nb=6.88",
    "mean((A@x - [1, 2])^2)\nA=[[1, 2], [3, 4]]\nx=[0.5, -1]",
    "x^2*y + sin(y)\nx=2\ny=3",
    "-x**-2 + 1e-3/(x - pi)\nx=0.5",
    "sum(softmax(M)*M)\nM=[[1, 2, 3], [4, 5, 6]]",
    "x.sum(axis=0) + A.t@x\nx=[1, 2]\nA=[[1, 2], [3, 4]]",
    "where(x > 0, x, 0.1*x)\nx=-2",
    "log_softmax([x, 1, 2])\nx=1",
    "max(x, y) <= min(x, y)\nx=1\ny=2",
    "reshape(x, [2, 2]).t\nx=[1, 2, 3, 4]",
    "dot(x, y)\nx=[1, 2]\ny=[3, 4]",
    "((((x))))*polygamma(x, 2)\nx=1.5",
];

/// Reads `EXPRESSION`, or `EXPRESSION` and lines of `NAME=VALUE`, where no value may have more than 64 elements.
pub(crate) fn expression(bytes: &[u8]) -> Result<Vec<f64>, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let expression = lines.next().unwrap_or_default();
    let given: Vec<String> = lines.map(String::from).collect();
    let _ = Problem::unknowns(expression);
    let problem = Problem::read_within(expression, &given, 64).map_err(|error| format!("{error:?}"))?;
    let tape = gradus::autograd::Tape::new();
    let variables: Vec<_> = problem.values.iter().map(|x| tape.var(x.clone())).collect();
    Ok(problem.record(&variables).value().to_f64_vec())
}
