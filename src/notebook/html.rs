//! Tensors and reports as HTML, for the pages of notebooks: plain tables, without scripts or styles from elsewhere.

use std::fmt::Display;

use gradus_autograd::{Comparison, Report, Verdict, significant};
use gradus_tensor::Tensor;

/// Rows and columns of a table.
const SHOWN: usize = 10;
/// Derivatives in a table.
const COMPARED: usize = 12;
/// Significant digits of an element.
const DIGITS: i32 = 5;

/// A text for a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// As it is printed.
pub(super) fn printed(text: &str) -> String {
    format!("<pre>{}</pre>", escaped(text.trim_end()))
}

/// Rows of cells, the first one as heads.
fn table(rows: &[Vec<String>]) -> String {
    let mut html = vec!["<table>".to_string()];
    for (i, cells) in rows.iter().enumerate() {
        let tag = if i == 0 { "th" } else { "td" };
        let cells = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell)));
        html.extend(["<tr>".to_string()].into_iter().chain(cells).chain(["</tr>".to_string()]));
    }
    html.push("</table>".to_string());
    html.concat()
}

/// A vector or a matrix as a table, with its shape and type below; anything else as it is printed.
pub(super) fn tensor(x: &Tensor) -> String {
    let shape = x.shape();
    let about = format!("<small>{} {shape}</small>", x.dtype());
    if !matches!(x.rank(), 1 | 2) || x.elements() == 0 {
        return format!("{}{about}", printed(&x.to_string()));
    }
    let (rows, columns) = if x.rank() == 1 { (1, shape[0]) } else { (shape[0], shape[1]) };
    let places = |n: usize| (0..n.min(SHOWN)).collect::<Vec<_>>();
    let part = x.reshape([rows, columns]).narrow(0, 0, rows.min(SHOWN)).narrow(1, 0, columns.min(SHOWN));
    let values = part.to_f64_vec();
    let more = |n: usize| (n > SHOWN).then(|| "…".to_string());
    let mut lines: Vec<Vec<String>> = Vec::new();
    let heads = places(columns).into_iter().map(|j| j.to_string());
    lines.push([String::new()].into_iter().chain(heads).chain(more(columns)).collect());
    for (i, cells) in values.chunks(columns.min(SHOWN)).enumerate() {
        let head = if x.rank() == 1 { String::new() } else { i.to_string() };
        let cells = cells.iter().map(|&x| significant(x, DIGITS));
        lines.push([head].into_iter().chain(cells).chain(more(columns)).collect());
    }
    lines.extend(more(rows).map(|dots| vec![dots; columns.min(SHOWN) + 1]));
    format!("{}{about}", table(&lines))
}

/// The verdict, the derivatives with the largest errors, and the reason.
pub(super) fn report(report: &Report) -> String {
    let mut worst: Vec<&Comparison> = report.comparisons.iter().collect();
    let key = |c: &Comparison| if c.relative.is_nan() { f64::INFINITY } else { c.relative };
    worst.sort_by(|a, b| key(b).total_cmp(&key(a)));
    let heads =
        ["derivative in", "backpropagation", "finite difference", "error bound", "relative error", ""];
    let row = |c: &&Comparison| {
        let index = if c.index.is_empty() { String::new() } else { format!("{:?}", c.index) };
        let verdict = match c.verdict {
            Verdict::Agrees => "agrees",
            Verdict::Differs => "DIFFERS",
            Verdict::Undecided => "undecided",
            Verdict::Unmeasured => "not measured",
        };
        vec![
            format!("{}{index}", c.name),
            significant(c.autograd, 10),
            significant(c.numeric, 10),
            format!("{:.0e}", c.noise),
            format!("{:.1e}", c.relative),
            verdict.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = [heads.map(str::to_string).to_vec()]
        .into_iter()
        .chain(worst.iter().take(COMPARED).map(row))
        .collect();
    let shown = if worst.len() > COMPARED {
        format!("<small>the {COMPARED} with the largest errors</small>")
    } else {
        String::new()
    };
    let text = report.to_string();
    let verdict = text.lines().next().unwrap_or_default();
    let reason = report.reason.as_ref().map_or_else(String::new, |reason| paragraph("Reason: ", reason));
    format!("{}{}{shown}{reason}", paragraph("", &verdict), table(&rows))
}

fn paragraph(word: &str, text: &dyn Display) -> String {
    format!("<p>{word}{}</p>", escaped(&text.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_autograd::gradcheck;
    use gradus_tensor::DType;

    #[test]
    fn matrices_are_tables() {
        let small = tensor(&Tensor::from([[1.0, -2.5], [3.0, 4.0]]));
        assert!(
            small
                .starts_with("<table><tr><th></th><th>0</th><th>1</th></tr><tr><td>0</td><td>1</td><td>-2.5")
        );
        assert!(small.ends_with("<small>f64 [2, 2]</small>"), "{small}");
        let large = tensor(&Tensor::ones_of([20, 30], DType::F32));
        assert_eq!(large.matches("<tr>").count(), 12, "{large}");
        assert_eq!(large.matches('…').count(), 11 + 11, "{large}");
        let vector = tensor(&Tensor::from([1i64, 2, 3]));
        assert_eq!(vector.matches("<tr>").count(), 2, "{vector}");
        assert!(tensor(&Tensor::ones([2, 2, 2])).starts_with("<pre>"));
        assert!(tensor(&Tensor::scalar(2.0)).starts_with("<pre>2"));
        assert!(tensor(&Tensor::zeros([0, 2])).starts_with("<pre>[]"));
    }

    #[test]
    fn a_report_names_what_differs() {
        let good = report(&gradcheck(|x| x[0].sin(), &[Tensor::linspace(0.1, 1.0, 20)]));
        assert!(good.contains("passed") && good.contains("the 12 with the largest errors"), "{good}");
        let bad = report(&gradcheck(|x| (x[0].detach() * x[0]).sum(), &[Tensor::from([1.0, 2.0])]));
        assert!(bad.contains("DIFFERS") && bad.contains("<p>Reason: "), "{bad}");
        assert!(!printed("a < b & c").contains("a < b"));
    }
}
