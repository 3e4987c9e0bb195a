//! Ten programs, each with one operation whose rule is wrong: to be found with `--check` and `--explain`.

pub(crate) mod print;
mod rules;

use gradus::autograd::{Tape, Trace, Var};
use gradus::tensor::Tensor;
use gradus::tensor::names::instead;

use crate::explain::{Own, Problem};
use crate::failure::Failure;

/// What can be wrong with a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Sign,
    Factor,
    Axis,
    Sum,
    Neighbour,
    Piece,
    Branch,
    Dtype,
    Transpose,
    Mask,
}

impl Fault {
    /// The word of an answer and what it means.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 10] = [
        (Self::Sign, "sign", "a sign is wrong"),
        (Self::Factor, "factor", "a constant factor is missing or too much"),
        (Self::Axis, "axis", "a sum runs over the wrong axis"),
        (Self::Sum, "sum", "a sum is left out"),
        (Self::Neighbour, "neighbour", "the slope is that of a similar function"),
        (Self::Piece, "piece", "only the first piece of several receives a gradient"),
        (Self::Branch, "branch", "one way from the input to the output is left out"),
        (Self::Dtype, "dtype", "numbers lose half of their digits on the way"),
        (Self::Transpose, "transpose", "a matrix is not turned that should be"),
        (Self::Mask, "mask", "what decides where gradients pass is the wrong value"),
    ];

    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(fault, ..)| *fault == self).map_or("", |(_, word, _)| word)
    }
}

/// A program with a broken rule.
pub(crate) struct Broken {
    pub(crate) title: &'static str,
    pub(crate) program: &'static str,
    pub(crate) values: &'static [(&'static str, &'static str)],
    own: &'static [Own],
    /// The operation whose rule is wrong, as the tape calls it.
    pub(crate) operation: &'static str,
    /// Other operations that are the same answer.
    also: &'static [&'static str],
    pub(crate) fault: Fault,
    /// The wrong rule and the right one.
    pub(crate) why: &'static str,
}

/// What is said of an answer.
pub(crate) struct Judgement {
    pub(crate) right: bool,
    pub(crate) text: String,
    /// In one line, if it is not right.
    pub(crate) failure: String,
}

impl Broken {
    /// All with their numbers, from 1 on.
    pub(crate) fn all() -> impl Iterator<Item = (u32, &'static Self)> {
        (1..).zip(&rules::BROKEN)
    }

    pub(crate) fn find(text: &str) -> Result<(u32, &'static Self), Failure> {
        let text = if text.trim().is_empty() { "the number is empty, which" } else { text };
        let number = text.parse::<u32>().ok();
        Self::all().find(|(known, _)| Some(*known) == number).ok_or_else(|| {
            Failure::Value(format!(
                "there are broken rules 1 to {}; {text} is none; write gradus puzzle broken 3",
                Self::all().count()
            ))
        })
    }

    /// The program with its broken rule.
    pub(crate) fn problem(&self) -> Result<Problem, Failure> {
        self.with(self.own)
    }

    fn with(&self, own: &'static [Own]) -> Result<Problem, Failure> {
        let names: Vec<&str> = self.values.iter().map(|(name, _)| *name).collect();
        let value =
            |(_, text): &(&str, &str)| Problem::among(text, &["x"], &[Tensor::scalar(0.0)], &[])?.value();
        let values = self.values.iter().map(value).collect::<Result<Vec<Tensor>, Failure>>()?;
        Problem::among(self.program, &names, &values, own)
    }

    /// The operations of the tape, in order: node and name.
    pub(crate) fn operations(&self) -> Result<Vec<(usize, String)>, Failure> {
        let problem = self.problem()?;
        let tape = Tape::new();
        let variables: Vec<Var<'_>> = problem.values.iter().map(|value| tape.var(value.clone())).collect();
        let trace = Trace::of(problem.record(&variables));
        let nodes = trace.nodes.into_iter().filter(|node| !node.inputs.is_empty());
        Ok(nodes.map(|node| (node.node, node.op)).collect())
    }

    /// Of an operation, by its name or its node (`%3`), and a fault.
    pub(crate) fn judge(&self, words: &[String]) -> Result<Judgement, Failure> {
        let operations = self.operations()?;
        let word = words[0].as_str();
        let by_node =
            |(node, _): &&(usize, String)| word.strip_prefix('%') == Some(node.to_string().as_str());
        let named = operations.iter().find(|found| by_node(found) || found.1 == word);
        let Some((_, operation)) = named else {
            let mut names: Vec<&str> = operations.iter().map(|(_, name)| name.as_str()).collect();
            names.dedup();
            return Err(Failure::Value(format!(
                "there is no operation {word} in this program; {}; write one of them and its fault, as in {} sign",
                instead(word, names.iter().copied()),
                names[0]
            )));
        };
        let fault = words.get(1).map(|word| fault(word)).transpose()?;
        if let Some(more) = words.get(2) {
            return Err(Failure::Value(format!(
                "an answer is an operation and its fault, as in {operation} sign; {more} is too much"
            )));
        }
        let is_it = operation == self.operation || self.also.contains(&operation.as_str());
        Ok(self.said(operation, is_it, fault))
    }

    fn said(&self, operation: &str, is_it: bool, fault: Option<Fault>) -> Judgement {
        let wrong =
            |text: String, failure: &str| Judgement { right: false, text, failure: failure.to_string() };
        if !is_it {
            let text = format!(
                "The rule of {operation} is right: with another rule in one other place all derivatives agree. --check tells where they differ."
            );
            return wrong(text, "not yet: it is another operation");
        }
        let faults: Vec<&str> = Fault::ALL.iter().map(|(_, word, _)| *word).collect();
        match fault {
            Some(fault) if fault == self.fault => {
                let text = format!("Right: {operation}, {}. {}", fault.word(), self.why);
                Judgement { right: true, text, failure: String::new() }
            }
            Some(fault) => {
                let text = format!(
                    "{operation} it is, but its fault is not `{}`. --explain shows what it sends back.",
                    fault.word()
                );
                wrong(text, "not yet: it is another fault")
            }
            None => {
                let text = format!(
                    "{operation} it is. What is wrong with its rule? Add one of: {}.",
                    faults.join(", ")
                );
                wrong(text, "half of it: the fault is missing")
            }
        }
    }
}

fn fault(word: &str) -> Result<Fault, Failure> {
    let found = Fault::ALL.iter().find(|(_, known, _)| *known == word).map(|(fault, ..)| *fault);
    found.ok_or_else(|| {
        let words: Vec<&str> = Fault::ALL.iter().map(|(_, word, _)| *word).collect();
        Failure::Value(format!(
            "there is no fault {word}; there are {}; write one of them, as in sign",
            words.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use gradus::autograd::{Reason, gradcheck};

    use super::*;

    #[test]
    fn ten_with_ten_faults() {
        assert_eq!(Broken::all().count(), 10);
        for (fault, word, _) in Fault::ALL {
            assert_eq!(Broken::all().filter(|(_, broken)| broken.fault == fault).count(), 1, "{word}");
        }
    }

    /// The check fails with the broken rule, and passes with the library's own: nothing else is wrong.
    #[test]
    fn one_rule_is_wrong_and_no_other() {
        for (number, broken) in Broken::all() {
            let problem = broken.problem().unwrap();
            let report = gradcheck(|x| problem.record(x), &problem.values);
            assert!(!report.passed(), "{number}: {report}");
            let whole = broken.with(&[]).unwrap();
            let report = gradcheck(|x| whole.record(x), &whole.values);
            assert!(report.passed(), "{number}: {report}");
            assert!(
                problem.value().unwrap().max_abs_diff(&whole.value().unwrap()) < 1e-6,
                "{number}: the values are right"
            );
        }
    }

    /// What the check says is the answer.
    #[test]
    fn the_check_names_it() {
        for (number, broken) in Broken::all() {
            let problem = broken.problem().unwrap();
            let report = gradcheck(|x| problem.record(x), &problem.values);
            match &report.reason {
                Some(Reason::WrongRule { place, .. } | Reason::Narrow(place)) => {
                    let same = place.op == broken.operation || broken.also.contains(&place.op.as_str());
                    assert!(same, "{number}: {report}");
                }
                _ => panic!("{number}: {report}"),
            }
        }
    }

    #[test]
    fn answers_are_judged() {
        for (number, broken) in Broken::all() {
            let judge = |words: &[&str]| {
                let words: Vec<String> = words.iter().map(|word| (*word).to_string()).collect();
                broken.judge(&words).unwrap_or_else(|error| panic!("{number}: {error}"))
            };
            assert!(judge(&[broken.operation, broken.fault.word()]).right, "{number}");
            let half = judge(&[broken.operation]);
            assert!(!half.right && half.text.contains("Add one of"), "{number}: {}", half.text);
            let other = Fault::ALL.iter().find(|(fault, ..)| *fault != broken.fault).unwrap().1;
            let wrong = judge(&[broken.operation, other]);
            assert!(!wrong.right && !wrong.text.contains(broken.why), "{number}: {}", wrong.text);
            let operations = broken.operations().unwrap();
            let is = |name: &str| name == broken.operation || broken.also.contains(&name);
            let others: Vec<_> = operations.iter().filter(|(_, name)| !is(name)).collect();
            assert!(!others.is_empty(), "{number}: there is something to choose from");
            for (node, name) in others {
                assert!(!judge(&[name, broken.fault.word()]).right, "{number}: {name}");
                assert!(!judge(&[&format!("%{node}"), broken.fault.word()]).right, "{number}: {name}");
            }
        }
    }
}
