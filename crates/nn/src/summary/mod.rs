//! A model as a table: name, shape and number of elements of each parameter; or layer by layer, from one forward pass.

mod pass;
mod reading;

use std::collections::HashSet;
use std::fmt;

use gradus_autograd::{Param, Params};

pub use pass::{PassRow, PassSummary, summary_of_pass, summary_with_input};

/// The table that [`summary`] makes; print it with `{}`.
#[derive(Debug, Clone)]
pub struct Summary {
    rows: Vec<Row>,
    /// The number of trainable elements.
    pub trainable: usize,
    /// The number of elements of frozen parameters and buffers.
    pub fixed: usize,
}

#[derive(Debug, Clone)]
struct Row {
    name: String,
    shape: String,
    elements: usize,
    note: &'static str,
}

/// The parameters of a model as a table. A second name of a tied parameter counts nothing. [`summary_with_input`] has the
/// layers with the shapes of their outputs.
///
/// ```
/// use gradus_nn::{Linear, summary};
/// let layer = Linear::new(64, 100, &mut gradus_tensor::rng(0));
/// assert_eq!(summary(&layer).to_string(), "\
/// name    shape      parameters
/// weight  [100, 64]       6,400
/// bias    [100]             100
/// total                   6,500
/// ");
/// ```
pub fn summary(model: &(impl Params + ?Sized)) -> Summary {
    let mut table = Summary { rows: Vec::new(), trainable: 0, fixed: 0 };
    let mut seen = HashSet::new();
    model.visit("", &mut |name, param| {
        let first = seen.insert(param.id());
        let elements = if first { param.value().elements() } else { 0 };
        if param.is_trainable() {
            table.trainable += elements;
        } else {
            table.fixed += elements;
        }
        table.rows.push(Row {
            name: name.to_string(),
            shape: param.shape().to_string(),
            elements,
            note: if first { note(param) } else { "  tied" },
        });
    });
    table
}

fn note(param: &Param) -> &'static str {
    match (param.is_trainable(), param.is_buffer()) {
        (true, _) => "",
        (false, true) => "  buffer",
        (false, false) => "  frozen",
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |title: &str, cell: fn(&Row) -> &str| {
            self.rows.iter().map(|row| cell(row).chars().count()).chain([title.len()]).max().unwrap_or(0)
        };
        let (name, shape) = (width("total", |row| &row.name), width("shape", |row| &row.shape));
        writeln!(f, "{:name$}  {:shape$}  {:>10}", "name", "shape", "parameters")?;
        for row in &self.rows {
            writeln!(
                f,
                "{:name$}  {:shape$}  {:>10}{}",
                row.name,
                row.shape,
                grouped(row.elements),
                row.note
            )?;
        }
        writeln!(f, "{:name$}  {:shape$}  {:>10}", "total", "", grouped(self.trainable + self.fixed))?;
        if self.fixed > 0 {
            writeln!(f, "{:name$}  {:shape$}  {:>10}", "trained", "", grouped(self.trainable))?;
        }
        Ok(())
    }
}

/// Digits in groups of three: `1,234,567`.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Linear, Sequential, sequential};

    #[test]
    fn digits_in_groups() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn frozen_parameters_are_counted_apart() {
        let mut layer = Linear::new(3, 2, &mut gradus_tensor::rng(0));
        layer.weight.freeze();
        let table = summary(&layer);
        assert_eq!((table.trainable, table.fixed), (2, 6));
        assert!(table.to_string().contains("weight  [2, 3]           6  frozen\n"), "{table}");
        assert!(table.to_string().ends_with("trained                   2\n"), "{table}");
    }

    #[test]
    fn a_tied_parameter_is_counted_once() {
        struct Tied {
            layer: Linear,
        }
        gradus_autograd::params!(Tied { layer, "head.weight" = layer.weight });
        let table = summary(&Tied { layer: Linear::new(3, 2, &mut gradus_tensor::rng(0)) });
        assert_eq!(table.trainable, 8);
        assert!(table.to_string().contains("head.weight   [2, 3]           0  tied\n"), "{table}");
    }

    #[test]
    fn an_empty_model_has_a_table_too() {
        assert_eq!(summary(&Sequential::new()).trainable, 0);
        let model = sequential![Linear::new(2, 2, &mut gradus_tensor::rng(0))];
        assert!(summary(&model).to_string().contains("0.weight"));
    }
}
