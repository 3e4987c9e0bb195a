//! Broken rules as text.

use std::io::Write;

use super::{Broken, Fault};
use crate::explain;
use crate::failure::Failure;
use crate::puzzle::progress::{Entry, Progress};
use crate::text::lines::wrapped;
use crate::text::table::Table;

/// All of them and how far they are.
pub(crate) fn list(out: &mut dyn Write, progress: &Progress) -> Result<(), Failure> {
    writeln!(
        out,
        "In each program one operation has a wrong rule: gradus puzzle broken 1 shows the first\n"
    )?;
    let mut table = Table::new(&["broken", "", "program", "progress"]);
    for (number, broken) in Broken::all() {
        let words = progress.broken.get(&number).map(Entry::words).unwrap_or_default();
        table.row([number.to_string(), broken.title.to_string(), broken.program.to_string(), words]);
    }
    writeln!(out, "{}", table.text())?;
    faults(out)
}

fn faults(out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = Table::new(&["fault", "what it means"]);
    for (_, word, meaning) in Fault::ALL {
        table.row([word.to_string(), meaning.to_string()]);
    }
    writeln!(out, "{}", table.text().trim_end())?;
    Ok(())
}

/// A program.
pub(crate) fn task(out: &mut dyn Write, number: u32, broken: &Broken) -> Result<(), Failure> {
    writeln!(out, "Broken rule {number}: {}\n", broken.title)?;
    let values: Vec<String> = broken.values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    writeln!(out, "  {}", wrapped(&format!("{} at {}", broken.program, values.join(", ")), 4))?;
    let operations: Vec<String> =
        broken.operations()?.into_iter().map(|(node, name)| format!("%{node} = {name}")).collect();
    writeln!(out, "\nIts operations: {}\n", wrapped(&operations.join(", "), 2))?;
    faults(out)?;
    writeln!(out, "\ngradus puzzle broken {number} --check compares its gradients with finite differences,")?;
    writeln!(out, "gradus puzzle broken {number} --explain shows what each operation sends back,")?;
    writeln!(out, "gradus puzzle broken {number} OPERATION FAULT judges what was found.")?;
    Ok(())
}

/// The gradient check of the program.
pub(crate) fn check(out: &mut dyn Write, broken: &Broken) -> Result<(), Failure> {
    crate::check::problem(out, broken.problem()?).map(drop)
}

/// The program explained.
pub(crate) fn explain(out: &mut dyn Write, broken: &Broken) -> Result<(), Failure> {
    write!(out, "{}", explain::text(broken.problem()?)?)?;
    Ok(())
}
