//! The explanation as text.

use std::fmt;

use gradus::autograd::{TracePart, TraceStep};
use gradus::tensor::kernel::math;

use super::explanation::{BOUND, Explanation, Partial};
use super::words;
use crate::text::lines::{WIDTH, cut, wrapped};
use crate::text::numbers::{brief, number, short, size};
use crate::text::table::Table;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.problem.names.iter().zip(&self.problem.values);
        let values: Vec<String> = pairs.map(|(name, value)| format!("{name} = {}", brief(value))).collect();
        writeln!(f, "{}\n", wrapped(&format!("{} at {}", self.problem.text, values.join(", ")), 4))?;
        self.tape(f)?;
        self.steps(f)?;
        self.gradients(f)?;
        if let Some(hessian) = &self.hessian {
            write!(f, "\n{hessian}")?;
        }
        Ok(())
    }
}

impl Explanation {
    fn tape(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The tape: every operation in the order in which it ran\n")?;
        let mut table = Table::new(&["node", "operation", "inputs", "shape", "value", "in the expression"]);
        for node in &self.trace.nodes {
            let i = node.node;
            let operation = if i < self.problem.names.len() {
                format!("variable {}", self.name(i))
            } else {
                self.operation(i)
            };
            let inputs: Vec<String> = node.inputs.iter().map(|&input| self.name(input)).collect();
            let shape =
                if node.value.rank() == 0 { "scalar".to_string() } else { node.value.shape().to_string() };
            let part = self.labels.get(&i).filter(|_| !node.inputs.is_empty());
            let part = part.map_or_else(String::new, |part| cut(part, 30));
            table.row([
                format!("%{i}"),
                operation,
                inputs.join(", "),
                shape,
                cut(&brief(&node.value), 38),
                part,
            ]);
        }
        writeln!(f, "{}", table.text())?;
        if let Some(node) = self.trace.nodes.iter().find(|node| !all_finite(&node.value)) {
            let (i, value) = (node.node, brief(&node.value));
            let what = if i < self.problem.names.len() { self.name(i) } else { self.formula(i) };
            writeln!(f, "  {what} is the first value that is not finite: {value}.\n")?;
        }
        Ok(())
    }

    fn steps(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Backpropagation: from the result back, each node sends upstream × local slope to its inputs,"
        )?;
        writeln!(f, "and what an input receives from several nodes adds up\n")?;
        for step in &self.trace.steps {
            self.step(f, step)?;
        }
        Ok(())
    }

    fn step(&self, f: &mut fmt::Formatter<'_>, step: &TraceStep) -> fmt::Result {
        let formula = self.formula(step.node);
        writeln!(f, "{}", cut(&format!("  %{} = {formula} = {}", step.node, brief(&step.value)), WIDTH))?;
        let mut rule = words::plain(step.rule);
        if !rule.is_empty() {
            // The formulas of the table are in a and b.
            let of_table = step.parts.iter().any(|part| part.slope.is_some());
            if let ([a, b], true) = (&self.trace.nodes[step.node].inputs[..], of_table) {
                rule = format!("{rule}; here a is {} and b is {}", self.name(*a), self.name(*b));
            }
            writeln!(f, "     rule       {}", wrapped(&rule, 16))?;
        }
        writeln!(f, "     upstream   {}", brief(&step.upstream))?;
        if step.parts.is_empty() {
            writeln!(f, "     nothing    the slope is 0: no input receives anything")?;
        }
        self.parts(f, &step.parts)?;
        writeln!(f)
    }

    /// What each input receives: a table, or lines where that would be too wide.
    fn parts(&self, f: &mut fmt::Formatter<'_>, parts: &[TracePart]) -> fmt::Result {
        let cells: Vec<[String; 4]> = parts.iter().map(|part| self.cells(part)).collect();
        let long =
            cells.iter().any(|cells| cells.iter().map(|cell| cell.chars().count() + 3).sum::<usize>() > 90);
        if long {
            for [to, slope, contribution, sum] in &cells {
                writeln!(f, "     to {to}")?;
                for (word, cell) in
                    [("local slope", slope), ("contribution", contribution), ("running sum", sum)]
                {
                    writeln!(f, "        {word:<14}{cell}")?;
                }
            }
        } else if !cells.is_empty() {
            let mut table = Table::new(&["to", "local slope", "contribution", "running sum"]).indented(5);
            for cells in cells {
                table.row(cells);
            }
            write!(f, "{}", table.text())?;
        }
        Ok(())
    }

    fn cells(&self, part: &TracePart) -> [String; 4] {
        let slope = part.slope.as_ref().map_or_else(|| "see the rule".to_string(), brief);
        [self.name(part.input), slope, brief(&part.contribution), brief(&part.sum)]
    }

    fn gradients(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Gradients: backpropagation beside the central difference (f(x+h) − f(x−h)) / 2h, h = 1e-5·max(1, |x|)\n"
        )?;
        let mut table =
            Table::new(&["input", "value", "backpropagation", "central difference", "difference", ""]);
        for partial in &self.partials {
            let verdict = if partial.agrees() { "agrees" } else { "DIFFERS" };
            table.row([
                partial.name.clone(),
                short(partial.value),
                number(partial.autograd, 10),
                number(partial.numeric, 10),
                size(partial.absolute()),
                verdict.to_string(),
            ]);
        }
        writeln!(f, "{}", table.text())?;
        writeln!(f, "{}", wrapped(&self.verdict(), 2))?;
        self.kinks.iter().try_for_each(|kink| writeln!(f, "{}", wrapped(&format!("Note: {kink}"), 2)))
    }

    fn verdict(&self) -> String {
        let (all, wrong) =
            (self.partials.len(), self.partials.iter().filter(|partial| !partial.agrees()).count());
        match &self.reason {
            Some(reason) if all == 1 => format!("It differs. Reason: {reason}"),
            Some(reason) => format!("{wrong} of {all} differ. Reason: {reason}"),
            None => {
                let worst = size(self.partials.iter().map(Partial::relative).fold(0.0, math::max));
                let subject = if all == 1 {
                    "It agrees: the".to_string()
                } else {
                    format!("All {all} agree: the largest")
                };
                format!("{subject} relative error is {worst}, the bound {BOUND:.0e}.")
            }
        }
    }
}

fn all_finite(x: &gradus::tensor::Tensor) -> bool {
    x.to_f64_vec().iter().all(|x| x.is_finite())
}
