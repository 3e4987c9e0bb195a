//! An expression from elsewhere, for the property test here and for its target in `fuzz/`.

use gradus_cli::explain::Problem;

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
