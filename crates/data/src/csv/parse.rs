//! Text into cells.

use super::CsvOptions;

/// A cell: its text, and whether it was quoted, which says that it is a text and not missing.
pub(super) type Cell = (String, bool);

/// The rows of a text, each with the number of the line on which it begins, or what is wrong and where.
pub(super) fn rows(text: &str, options: &CsvOptions) -> Result<Vec<(usize, Vec<Cell>)>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let delimiter = options.delimiter.unwrap_or_else(|| guess(text, options.quote));
    let mut reader = Reader { rest: text.chars().peekable(), line: 1, delimiter, quote: options.quote };
    let mut rows = Vec::new();
    while reader.rest.peek().is_some() {
        let line = reader.line;
        if options.comment.is_some() && reader.rest.peek().copied() == options.comment {
            reader.skip_line();
            continue;
        }
        let row = reader.row()?;
        // An empty line is no row, unless it is the only cell of a table of one column and quoted.
        if row.len() > 1 || row.iter().any(|(cell, quoted)| *quoted || !cell.is_empty()) {
            rows.push((line, row));
        }
    }
    Ok(rows)
}

/// The most frequent of the usual delimiters in the first line, outside of quotes.
fn guess(text: &str, quote: char) -> char {
    let mut inside = false;
    let mut counts = [(',', 0), (';', 0), ('\t', 0), ('|', 0)];
    for c in text.lines().find(|line| !line.trim().is_empty()).unwrap_or("").chars() {
        inside ^= c == quote;
        if let Some(count) = counts.iter_mut().find(|(known, _)| *known == c && !inside) {
            count.1 += 1;
        }
    }
    // Of equals the first in the list.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(',', |(delimiter, _)| *delimiter)
}

struct Reader<'t> {
    rest: std::iter::Peekable<std::str::Chars<'t>>,
    line: usize,
    delimiter: char,
    quote: char,
}

impl Reader<'_> {
    fn skip_line(&mut self) {
        for c in self.rest.by_ref() {
            if c == '\n' {
                self.line += 1;
                return;
            }
        }
    }

    fn row(&mut self) -> Result<Vec<Cell>, String> {
        let mut row = Vec::new();
        loop {
            row.push(self.cell()?);
            match self.rest.next() {
                Some(c) if c == self.delimiter => {}
                Some('\r') => {
                    self.rest.next_if_eq(&'\n');
                    self.line += 1;
                    return Ok(row);
                }
                Some(_) => {
                    self.line += 1;
                    return Ok(row);
                }
                None => return Ok(row),
            }
        }
    }

    /// A cell, up to the delimiter or the end of the line, which stay.
    fn cell(&mut self) -> Result<Cell, String> {
        let (delimiter, quote, mut cell) = (self.delimiter, self.quote, String::new());
        let ends = |c: &char| *c == delimiter || *c == '\n' || *c == '\r';
        while self.rest.next_if(|c| *c == ' ' && *c != delimiter).is_some() {}
        if self.rest.next_if_eq(&quote).is_none() {
            while let Some(c) = self.rest.next_if(|c| !ends(c)) {
                cell.push(c);
            }
            return Ok((cell.trim_end().to_string(), false));
        }
        let start = self.line;
        loop {
            match self.rest.next() {
                Some(c) if c == quote && self.rest.next_if_eq(&quote).is_none() => break,
                Some(c) => {
                    self.line += usize::from(c == '\n');
                    cell.push(c);
                }
                None => return Err(format!("line {start}: a quote is opened and never closed")),
            }
        }
        while self.rest.next_if(|c| *c == ' ' && *c != delimiter).is_some() {}
        match self.rest.peek() {
            Some(c) if !ends(c) => Err(format!("line {}: {c:?} stands behind a closing quote", self.line)),
            _ => Ok((cell, true)),
        }
    }
}
