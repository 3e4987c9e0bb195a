//! Puzzles as text.

use std::io::Write;
use std::path::Path;

use gradus::autograd::{Comparison, Verdict};

use super::broken::Broken;
use super::catalogue;
use super::judge::Judgement;
use super::progress::{Entry, Progress};
use super::task::Puzzle;
use crate::failure::Failure;
use crate::text::lines::wrapped;
use crate::text::numbers::{self, brief, element, number as digits, size};
use crate::text::table::Table;

/// Elements that are shown of a wrong answer.
const SHOWN: usize = 6;

/// All puzzles and how far they are.
pub(super) fn list(out: &mut dyn Write, progress: &Progress, file: &Path) -> Result<(), Failure> {
    writeln!(
        out,
        "Each puzzle asks for a derivative, judged by the gradient check: gradus puzzle 1 shows the first\n"
    )?;
    let mut last = "";
    let mut table = Table::new(&["puzzle", "gradient in", "", "progress"]);
    for (number, chapter, puzzle) in catalogue::all() {
        if chapter != last {
            if !last.is_empty() {
                writeln!(out, "  {last}\n{}", std::mem::replace(&mut table, head()).text())?;
            }
            last = chapter;
        }
        let words = progress.puzzles.get(&number).map(Entry::words).unwrap_or_default();
        table.row([format!("{number}"), puzzle.wanted.to_string(), puzzle.title.to_string(), words]);
    }
    writeln!(out, "  {last}\n{}", table.text())?;
    solved(out, progress)?;
    writeln!(out, "Broken rules to find: gradus puzzle broken")?;
    writeln!(out, "Progress: {}", file.display())?;
    Ok(())
}

fn head() -> Table {
    Table::new(&["puzzle", "gradient in", "", "progress"])
}

/// How many are solved, and what comes next.
pub(super) fn solved(out: &mut dyn Write, progress: &Progress) -> Result<(), Failure> {
    let is = |entry: Option<&Entry>| entry.is_some_and(|entry| entry.solved);
    let all = catalogue::all().count();
    let count = catalogue::all().filter(|(n, ..)| is(progress.puzzles.get(n))).count();
    let rules = Broken::all().filter(|(n, _)| is(progress.broken.get(n))).count();
    let next = catalogue::all().find(|(n, ..)| !is(progress.puzzles.get(n)));
    let next = next.map_or_else(String::new, |(n, _, puzzle)| format!(" Next: {n}, {}.", puzzle.title));
    writeln!(
        out,
        "Solved: {count} of {all} derivatives, {rules} of {} broken rules.{next}",
        Broken::all().count()
    )?;
    Ok(())
}

/// What a puzzle asks for.
pub(super) fn task(
    out: &mut dyn Write,
    number: u32,
    puzzle: &'static Puzzle,
    entry: &Entry,
) -> Result<(), Failure> {
    let point = puzzle.at(0)?;
    writeln!(out, "Puzzle {number}: {}\n", puzzle.title)?;
    writeln!(out, "  {}", wrapped(&puzzle.equation(), 6))?;
    if puzzle.implicit {
        writeln!(out, "  an equation for y: it stands on both sides")?;
    }
    writeln!(
        out,
        "\nWrite the gradient in {}: the sum of g·y, differentiated in each element of {}.\n",
        puzzle.wanted, puzzle.wanted
    )?;
    let mut table = Table::new(&["letter", "shape", "what it is"]);
    for (letter, value) in puzzle.letters().into_iter().zip(point.letters()) {
        let known = puzzle.known.iter().find(|(name, _)| *name == letter);
        let what = match letter {
            "y" => "the output".to_string(),
            "g" => "the upstream gradient, of the shape of y".to_string(),
            _ => known.map_or_else(|| "an input".to_string(), |(_, text)| (*text).to_string()),
        };
        let shape = if value.rank() == 0 { "scalar".to_string() } else { value.shape().to_string() };
        table.row([letter.to_string(), shape, what]);
    }
    writeln!(out, "{}", table.text())?;
    writeln!(
        out,
        "gradus puzzle {number} \"ANSWER\" judges; --hint helps; `gradus explain` lists the functions."
    )?;
    let words = entry.words();
    if words.is_empty() { Ok(()) } else { Ok(writeln!(out, "So far: {words}.")?) }
}

/// The first hints.
pub(super) fn hints(out: &mut dyn Write, number: u32, puzzle: &Puzzle, shown: u32) -> Result<(), Failure> {
    for (i, hint) in (1..=shown).zip(puzzle.hints) {
        writeln!(out, "Hint {i} of {}: {}", puzzle.hints.len(), wrapped(hint, 13))?;
    }
    if shown as usize == puzzle.hints.len() {
        writeln!(out, "These are all. gradus puzzle {number} --solution tells the answer.")?;
    }
    Ok(())
}

/// Whether an answer is right, and why it is not.
pub(super) fn judgement(
    out: &mut dyn Write,
    number: u32,
    puzzle: &'static Puzzle,
    judgement: &Judgement,
) -> Result<(), Failure> {
    let all = judgement.comparisons.len();
    if judgement.right {
        let text = format!(
            "Right: {} with finite differences, at {}. The largest relative error is {}, the bound {:.0e}.",
            if all == 1 {
                "the derivative agrees".to_string()
            } else {
                format!("all {all} derivatives agree")
            },
            numbers::count(judgement.points.len(), "point"),
            size(judgement.worst()),
            judgement.bound
        );
        writeln!(out, "{}", wrapped(&text, 2))?;
        writeln!(out, "One way to write it: {}", puzzle.solution)?;
        return Ok(());
    }
    if all > 0 {
        elements(out, puzzle, judgement)?;
    }
    if let Some(cause) = &judgement.cause {
        writeln!(out, "{}", wrapped(&format!("Likely cause: {cause}."), 2))?;
    }
    writeln!(out, "gradus puzzle {number} --hint helps.")?;
    Ok(())
}

/// The elements that differ, at the first point that has some.
fn elements(out: &mut dyn Write, puzzle: &Puzzle, judgement: &Judgement) -> Result<(), Failure> {
    let differs = |c: &Comparison| c.verdict != Verdict::Agrees;
    let wrong = judgement.comparisons.iter().zip(judgement.places()).filter(|(c, _)| differs(c));
    let wrong: Vec<_> = wrong.collect();
    let Some((_, (point, _))) = wrong.first() else { return Ok(()) };
    let point = *point;
    let letters = puzzle.letters().into_iter().zip(judgement.points[point].letters());
    let numbers: Vec<String> =
        letters.map(|(letter, value)| format!("{letter} = {}", brief(&value))).collect();
    writeln!(out, "{}\n", wrapped(&format!("At {}:", numbers.join(", ")), 2))?;
    let here: Vec<_> = wrong.iter().filter(|(_, (at, _))| *at == point).collect();
    let mut table = Table::new(&["element", "expected", "error bound", "your answer", "difference"]);
    for (c, (_, index)) in here.iter().take(SHOWN) {
        table.row([
            element(puzzle.wanted, index),
            digits(c.numeric, 8),
            size(c.noise),
            digits(c.autograd, 8),
            size(c.absolute),
        ]);
    }
    writeln!(out, "{}", table.text())?;
    if here.len() > SHOWN {
        writeln!(out, "and {} more\n", here.len() - SHOWN)?;
    }
    Ok(())
}
