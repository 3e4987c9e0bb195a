//! `gradus puzzle`: derivatives to write in one line, each judged by the gradient check, and broken rules to find.

mod broken;
mod catalogue;
mod cause;
mod judge;
mod print;
mod progress;
mod task;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Failure;
use crate::refusal::check_no_option;
use crate::text::lines::wrapped;
use crate::text::numbers::differ;
use broken::Broken;
use judge::Judgement;
use progress::{Entry, Progress};
use task::Puzzle;

/// Thirty derivatives to write, and ten broken rules to find.
///
/// Without a number, lists them with the progress. `gradus puzzle 7` shows a puzzle, `gradus puzzle 7 "ANSWER"` judges an
/// answer: an expression as `gradus explain` knows them, in the inputs' letters, the output y and the upstream gradient g.
/// `gradus puzzle broken` lists the broken rules, `broken 3` shows one, `broken 3 OPERATION FAULT` judges what was found.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(
    name = "puzzle",
    after_help = "\
Examples:
  gradus puzzle 7
  gradus puzzle 1 \"g * 2 * x\"
  gradus puzzle 7 --hint --progress puzzles.json
  gradus puzzle 7 --solution
  gradus puzzle broken 3
  gradus puzzle broken 3 --check
  gradus puzzle broken 3 --explain
  gradus puzzle broken 3 mul axis"
)]
pub(crate) struct PuzzleCommand {
    /// The number of a puzzle, or `broken`.
    #[arg(allow_negative_numbers = true)]
    which: Option<String>,
    /// The answer; behind `broken` a number.
    #[arg(allow_hyphen_values = true)]
    answer: Option<String>,
    /// Behind `broken` and a number: the operation and its fault.
    #[arg(value_name = "OPERATION FAULT")]
    found: Vec<String>,
    /// Shows one more of the three hints.
    #[arg(long, requires = "which", conflicts_with_all = ["solution", "check", "explain"])]
    hint: bool,
    /// Shows the solution.
    #[arg(long, requires = "which", conflicts_with_all = ["check", "explain"])]
    solution: bool,
    /// Checks the gradients of a program with a broken rule.
    #[arg(long, requires = "which", conflicts_with = "explain")]
    check: bool,
    /// Explains backpropagation through a program with a broken rule.
    #[arg(long, requires = "which")]
    explain: bool,
    /// The file that keeps the progress [default: gradus/puzzles.json in the user's data folder, or what GRADUS_PROGRESS names].
    #[arg(long, value_name = "FILE")]
    progress: Option<PathBuf>,
    /// Puts the file with the progress aside and begins anew.
    #[arg(long, conflicts_with = "which")]
    reset: bool,
}

impl PuzzleCommand {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        for word in self.answer.iter().chain(&self.found) {
            check_no_option("puzzle", word)?;
        }
        let file = progress::path(self.progress.as_deref())?;
        if self.reset {
            return reset(out, &file);
        }
        let progress = Progress::load(&file)?;
        match self.which.as_deref() {
            None => print::list(out, &progress, &file),
            Some("broken") => self.broken(out, &progress, &file),
            Some(number) => {
                let (number, puzzle) = find(number)?;
                if self.check || self.explain {
                    let message =
                        "--check and --explain are for broken rules, as in gradus puzzle broken 3 --check";
                    return Err(Failure::Value(message.to_string()));
                }
                self.derivative(out, number, puzzle, &file)
            }
        }
    }

    fn derivative(
        &self,
        out: &mut dyn Write,
        number: u32,
        puzzle: &'static Puzzle,
        file: &Path,
    ) -> Result<(), Failure> {
        if self.hint || self.solution {
            self.no_answer(self.answer.as_ref())?;
        }
        let entry = |progress: &Progress| progress.puzzles.get(&number).cloned().unwrap_or_default();
        if self.hint {
            let change = |entry: &mut Entry| entry.hints = (entry.hints + 1).min(puzzle.hints.len() as u32);
            let progress = Progress::update(file, |p| change(p.puzzles.entry(number).or_default()))?;
            return print::hints(out, number, puzzle, entry(&progress).hints);
        }
        if self.solution {
            writeln!(out, "{}", puzzle.solution)?;
            Progress::update(file, |p| {
                let entry = p.puzzles.entry(number).or_default();
                entry.told |= !entry.solved;
            })?;
            return Ok(());
        }
        let Some(answer) = &self.answer else {
            return print::task(out, number, puzzle, &entry(&Progress::load(file)?));
        };
        if let Some(more) = self.found.first() {
            let message = format!(
                "an answer is one argument, and {more} is a second: put it in quotation marks, as in \"g * y\""
            );
            return Err(Failure::Value(message));
        }
        let judgement = Judgement::of(puzzle, number, answer)?;
        let right = judgement.right;
        print::judgement(out, number, puzzle, &judgement)?;
        let progress =
            Progress::update(file, |p| tried(p.puzzles.entry(number).or_default(), right, answer))?;
        if right {
            return print::solved(out, &progress);
        }
        Err(Failure::Run(match (judgement.comparisons.len(), judgement.wrong()) {
            (0, _) => "not yet: the gradient has another shape".to_string(),
            (all, wrong) => format!("not yet: {}", differ(wrong, all)),
        }))
    }

    fn broken(&self, out: &mut dyn Write, progress: &Progress, file: &Path) -> Result<(), Failure> {
        let (Some(number), words) = (&self.answer, &self.found[..]) else {
            if self.hint || self.solution || self.check || self.explain {
                return Err(Failure::Value(
                    "which one? Write its number, as in gradus puzzle broken 3 --check".to_string(),
                ));
            }
            return broken::print::list(out, progress);
        };
        let (number, broken) = Broken::find(number)?;
        if self.hint || self.solution || self.check || self.explain {
            self.no_answer(words.first())?;
        }
        match words {
            _ if self.check => broken::print::check(out, broken),
            _ if self.explain => broken::print::explain(out, broken),
            _ if self.hint => {
                let message = "a broken rule has no hints but --check and --explain, which show what it does; write gradus \
                               puzzle broken 3 --check";
                Err(Failure::Value(message.to_string()))
            }
            _ if self.solution => {
                let text = format!("{} {}: {}", broken.operation, broken.fault.word(), broken.why);
                writeln!(out, "{}", wrapped(&text, 2))?;
                let tell = |entry: &mut Entry| entry.told |= !entry.solved;
                Progress::update(file, |p| tell(p.broken.entry(number).or_default())).map(drop)
            }
            [] => broken::print::task(out, number, broken),
            words => {
                let judgement = broken.judge(words)?;
                writeln!(out, "{}", wrapped(&judgement.text, 2))?;
                let answer = words.join(" ");
                let change =
                    |p: &mut Progress| tried(p.broken.entry(number).or_default(), judgement.right, &answer);
                let progress = Progress::update(file, change)?;
                if judgement.right {
                    return print::solved(out, &progress);
                }
                Err(Failure::Run(judgement.failure))
            }
        }
    }

    fn no_answer(&self, answer: Option<&String>) -> Result<(), Failure> {
        let Some(answer) = answer else { return Ok(()) };
        let option = [(self.hint, "--hint"), (self.solution, "--solution"), (self.check, "--check")];
        let option = option.iter().find(|(given, _)| *given).map_or("--explain", |(_, name)| name);
        let which = if self.check || self.explain { "broken 3" } else { "7" };
        Err(Failure::Value(format!(
            "{option} goes without an answer, and {answer} is one; write gradus puzzle {which} {option}"
        )))
    }
}

fn tried(entry: &mut Entry, right: bool, answer: &str) {
    entry.tries = entry.tries.saturating_add(1);
    if right {
        entry.solved = true;
        entry.answer = Some(answer.to_string());
    }
}

fn find(text: &str) -> Result<(u32, &'static Puzzle), Failure> {
    let text = if text.trim().is_empty() { "the number is empty, which" } else { text };
    let number = text.parse::<u32>().ok();
    let found = catalogue::all().find(|(known, ..)| Some(*known) == number);
    found.map(|(number, _, puzzle)| (number, puzzle)).ok_or_else(|| {
        let all = catalogue::all().count();
        Failure::Value(format!("there are puzzles 1 to {all}, and `broken`; {text} is none; write gradus puzzle 7, or gradus puzzle broken 3"))
    })
}

fn reset(out: &mut dyn Write, file: &Path) -> Result<(), Failure> {
    match Progress::reset(file)? {
        Some(aside) => writeln!(out, "The progress begins anew; the old one is in {}.", aside.display())?,
        None => writeln!(out, "There is no progress yet: {} does not exist.", file.display())?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(number: u32, puzzle: &'static Puzzle, answer: &str) -> Judgement {
        Judgement::of(puzzle, number, answer).unwrap_or_else(|error| panic!("{number} {answer}: {error}"))
    }

    #[test]
    fn thirty_puzzles_whose_solutions_are_right() {
        assert_eq!(catalogue::all().count(), 30);
        for (number, _, puzzle) in catalogue::all() {
            let judgement = judged(number, puzzle, puzzle.solution);
            assert!(judgement.right, "{number}: {:?}", judgement.comparisons);
            assert!(!judgement.comparisons.is_empty(), "{number}");
        }
    }

    #[test]
    fn every_slip_is_wrong_for_its_reason() {
        for (number, _, puzzle) in catalogue::all() {
            for (answer, reason) in puzzle.slips {
                let judgement = judged(number, puzzle, answer);
                assert!(!judgement.right, "{number}: {answer}");
                assert_eq!(judgement.cause.as_deref(), Some(*reason), "{number}: {answer}");
            }
        }
    }

    /// Three ways to be wrong that every puzzle has.
    #[test]
    fn sign_factor_and_a_lost_upstream_gradient() {
        for (number, _, puzzle) in catalogue::all() {
            let cause = |answer: &str| {
                let judgement = judged(number, puzzle, answer);
                assert!(!judgement.right, "{number}: {answer}");
                judgement.cause.unwrap_or_else(|| panic!("{number}: {answer}"))
            };
            let right = puzzle.solution;
            assert_eq!(cause(&format!("-({right})")), "the sign is wrong in every element", "{number}");
            let double = cause(&format!("2 * ({right})"));
            assert!(
                double.starts_with("a factor 2 is too much") || slip(puzzle, &double),
                "{number}: {double}"
            );
            let half = cause(&format!("({right}) / 2"));
            assert!(half.starts_with("a factor 2 is missing") || slip(puzzle, &half), "{number}: {half}");
            let without = cause(
                &right
                    .replace('g', "ones_like(g)")
                    .replace("siones_like(g)moid", "sigmoid")
                    .replace("loones_like(g)", "log"),
            );
            assert!(
                without == "the upstream gradient g is missing" || slip(puzzle, &without),
                "{number}: {without}"
            );
        }
    }

    fn slip(puzzle: &Puzzle, cause: &str) -> bool {
        puzzle.slips.iter().any(|(_, reason)| *reason == cause)
    }

    /// The same without blanks.
    fn tight(text: &str) -> String {
        text.replace(' ', "")
    }

    #[test]
    fn hints_are_three_and_hold_no_solution() {
        for (number, _, puzzle) in catalogue::all() {
            for hint in puzzle.hints {
                assert!(!hint.is_empty(), "{number}");
                assert!(!tight(hint).contains(&tight(puzzle.solution)), "{number}: {hint}");
            }
        }
    }

    /// What an answer may be written as besides.
    #[test]
    fn other_right_answers() {
        for (number, answer) in [
            (1, "x*g + g*x"),
            (4, "-(g * y / w)"),
            (7, "g * sigmoid(x) * sigmoid(-x)"),
            (9, "where(x > 0, g, 0)"),
            (11, "g.sum(0)"),
            (12, "(g*x).sum(axis=1).unsqueeze(1)"),
            (13, "mean(g*x) * 6"),
            (15, "g.unsqueeze(1) * ones_like(x)"),
            (19, "g * x / sqrt(sum(x^2))"),
            (21, "g * exp(x - y)"),
            (23, "y*g - y*sum(y*g, 1, keepdim=True)"),
            (26, "(w @ g.t).t"),
        ] {
            let (number, puzzle) = find(&number.to_string()).unwrap();
            let judgement = judged(number, puzzle, answer);
            assert!(judgement.right, "{number}: {answer}: {:?}", judgement.cause);
        }
    }

    /// Typical wrong answers with the reason that is told: at least one of each kind.
    #[test]
    fn what_is_said_of_typical_mistakes() {
        for (number, answer, part) in [
            (1, "2*x", "the upstream gradient g is missing"),
            (1, "g*x", "a factor 2 is missing"),
            (3, "w*g", "this is the gradient in x, not in w"),
            (4, "g*x/w^2", "the sign is wrong in every element"),
            (4, "g/w", "this is the gradient in x, not in w"),
            (6, "g", "g alone: the slope is missing"),
            (6, "y", "y is the function's value"),
            (6, "g*(1-y^2)*g", "g stands in it twice"),
            (9, "g", "it is wrong where x is negative, and right elsewhere: a branch is lost"),
            (10, "0.1*g", "it is wrong where x is positive"),
            (
                11,
                "g",
                "has shape [4, 3], the gradient has that of b, [3]: the sum over the broadcast axis 0 is missing",
            ),
            (11, "2*g", "axis 0 is missing; the rest is not right either"),
            (11, "sum(g)", "every element has a derivative of its own"),
            (11, "sum(g, 0, keepdim=1)", "an axis of size 1 too many"),
            (12, "sum(g*x, axis=1)", "a sum without keepdim=1"),
            (13, "g*x", "the sum over the broadcast axes 0 and 1 is missing"),
            (14, "g*u", "the sum over the broadcast axis 0 is missing"),
            (15, "g", "the answer has shape [2], the gradient has that of x, [2, 3]"),
            (16, "g*ones_like(x)", "a factor 6 is too much, which is the number of elements of an input"),
            (16, "g/6", "every element has a derivative of its own"),
            (17, "g*(x-z)/numel(x)", "a factor 2 is missing"),
            (17, "g*2*(z-x)/numel(x)", "the sign is wrong"),
            (21, "g*log(x^2-x^2)", "not a number, or infinite"),
            (26, "w @ g.t", "it is transposed"),
            (27, "g.t @ x", "it is transposed"),
            (28, "g.t @ a", "it is transposed"),
            (18, "unsqueeze(g, 1) * (x >= unsqueeze(y, 1) - 1.5)", "it is right in"),
        ] {
            let (number, puzzle) = find(&number.to_string()).unwrap();
            let judgement = judged(number, puzzle, answer);
            assert!(!judgement.right, "{number}: {answer}");
            let cause = judgement.cause.unwrap_or_default();
            assert!(cause.contains(part), "{number}: {answer}: {cause}");
        }
    }
}
