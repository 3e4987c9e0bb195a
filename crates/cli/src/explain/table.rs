//! Columns of text: numbers aligned at their points, everything else at the left.

/// Columns that a line may have.
pub(crate) const WIDTH: usize = 110;
/// Blanks between columns.
const GAP: &str = "   ";

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

    /// The lines, each with its line end. The last column of a line that would be too long is cut.
    pub(crate) fn text(&self) -> String {
        let columns: Vec<Vec<String>> = (0..self.head.len()).map(|i| self.column(i)).collect();
        let lines = self.rows.len() + 1;
        let mut text = String::new();
        for line in 0..lines {
            let cells: Vec<&str> = columns.iter().map(|column| column[line].as_str()).collect();
            let row = format!("{}{}", " ".repeat(self.indent), cells.join(GAP));
            text.push_str(&cut(row.trim_end(), WIDTH));
            text.push('\n');
        }
        text
    }

    /// The cells of a column, heading first, of equal width.
    fn column(&self, i: usize) -> Vec<String> {
        let cells: Vec<&str> = self.rows.iter().map(|row| row[i].as_str()).collect();
        let numeric = cells.iter().any(|cell| is_number(cell))
            && cells.iter().all(|cell| is_number(cell) || cell.is_empty() || *cell == "—");
        let cells = if numeric { pointed(&cells) } else { cells.iter().map(ToString::to_string).collect() };
        let head = self.head[i].as_str();
        let width = cells.iter().map(|cell| chars(cell)).chain([chars(head)]).max().unwrap_or(0);
        let pad = |cell: &str| {
            let blanks = " ".repeat(width - chars(cell));
            if numeric { format!("{blanks}{cell}") } else { format!("{cell}{blanks}") }
        };
        [head].into_iter().chain(cells.iter().map(String::as_str)).map(pad).collect()
    }
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

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// A text of at most this many characters.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if chars(text) <= width {
        text.to_string()
    } else {
        text.chars().take(width - 1).chain(['…']).collect()
    }
}

/// Words in lines of at most `WIDTH` characters, all but the first indented.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_inclusive(' ') {
        let full = chars(&line) + chars(word.trim_end()) > WIDTH - indent;
        if full && !line.trim().is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_string());
        }
        line.push_str(word);
    }
    lines.push(line.trim_end().to_string());
    lines.join(&format!("\n{}", " ".repeat(indent)))
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
    fn long_lines() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(wrapped("  two  words", 4), "  two  words");
        let text = wrapped(&"word ".repeat(40), 4);
        assert!(
            text.lines().all(|line| chars(line) <= WIDTH)
                && text.lines().nth(1).unwrap().starts_with("    w")
        );
    }
}
