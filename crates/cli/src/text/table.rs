//! Columns of text: numbers aligned at their points, everything else at the left.

use super::lines::{WIDTH, chars, cut};

/// A table with a line of headings.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    indent: usize,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        let head = head.iter().map(|word| (*word).to_string()).collect();
        Self { head, rows: Vec::new(), indent: 2 }
    }

    /// The same with another number of blanks before each line.
    pub(crate) fn indented(self, indent: usize) -> Self {
        Self { indent, ..self }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines, each with its line end, numbers aligned at their points. A line that would be too long is cut.
    pub(crate) fn text(&self) -> String {
        self.lines(
            "   ",
            |cells| if is_numeric(cells) { (pointed(cells), true) } else { (owned(cells), false) },
        )
        .map(|line| cut(&format!("{}{line}", " ".repeat(self.indent)), WIDTH) + "\n")
        .collect()
    }

    /// The lines from the margin, uncut, every cell at the left of its column.
    pub(crate) fn plain(&self) -> String {
        self.lines("  ", |cells| (owned(cells), false)).map(|line| line + "\n").collect()
    }

    /// The table in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}|{}\n{rows}", line(&self.head), "---|".repeat(self.head.len()))
    }

    /// The lines without blanks at their ends; `set` prepares the cells of a column and says whether they stand at its
    /// right.
    fn lines(&self, gap: &str, set: impl Fn(&[&str]) -> (Vec<String>, bool)) -> impl Iterator<Item = String> {
        let column = |i: usize| {
            let cells: Vec<&str> = self.rows.iter().map(|row| row[i].as_str()).collect();
            let (cells, right) = set(&cells);
            padded(&self.head[i], cells, right)
        };
        let columns: Vec<Vec<String>> = (0..self.head.len()).map(column).collect();
        (0..=self.rows.len()).map(move |line| {
            let cells: Vec<&str> = columns.iter().map(|column| column[line].as_str()).collect();
            cells.join(gap).trim_end().to_string()
        })
    }
}

/// The cells of a column, heading first, of equal width.
fn padded(head: &str, cells: Vec<String>, right: bool) -> Vec<String> {
    let column = [head.to_string()].into_iter().chain(cells);
    let column: Vec<String> = column.collect();
    let width = column.iter().map(|cell| chars(cell)).max().unwrap_or(0);
    let pad = |cell: &String| if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") };
    column.iter().map(pad).collect()
}

fn owned(cells: &[&str]) -> Vec<String> {
    cells.iter().map(ToString::to_string).collect()
}

/// Whether a column holds numbers; a missing one is empty or a dash.
fn is_numeric(cells: &[&str]) -> bool {
    cells.iter().any(|cell| is_number(cell))
        && cells.iter().all(|cell| is_number(cell) || cell.is_empty() || *cell == "—")
}

fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok()
}

/// Numbers with blanks behind them, so that their points stand below each other.
fn pointed(cells: &[&str]) -> Vec<String> {
    let tail = |cell: &str| cell.find(['.', 'e']).map_or(0, |at| chars(&cell[at..]));
    let longest = cells.iter().map(|cell| tail(cell)).max().unwrap_or(0);
    cells.iter().map(|cell| format!("{cell}{}", " ".repeat(longest - tail(cell)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_stand_below_each_other() {
        let mut table = Table::new(&["name", "value"]);
        for (name, value) in [("a", "-12.5"), ("longer", "3"), ("c", "1.25e-7"), ("d", "—")] {
            table.row([name.to_string(), value.to_string()]);
        }
        let want = "  name         value\n  a        -12.5   \n  longer     3\n  c          1.25e-7\n  d          —\n";
        let got: Vec<String> = table.text().lines().map(str::to_string).collect();
        let want: Vec<&str> = want.lines().map(str::trim_end).collect();
        assert_eq!(got, want);
    }

    #[test]
    fn plain_and_markdown() {
        let mut table = Table::new(&["name", "lr"]);
        table.row(["é".to_string(), "0.01".to_string()]);
        table.row(["longer".to_string(), "1".to_string()]);
        assert_eq!(table.plain(), "name    lr\né       0.01\nlonger  1\n");
        assert_eq!(table.markdown(), "| name | lr |\n|---|---|\n| é | 0.01 |\n| longer | 1 |\n");
    }
}
