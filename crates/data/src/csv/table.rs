//! Columns with kinds, and what becomes of them.

use std::collections::BTreeSet;
use std::path::Path;

use gradus_tensor::{DType, Tensor};

use super::CsvOptions;
use super::parse::{Cell, rows};
use crate::dataset::Dataset;
use crate::error::Error;

/// Columns of one length, with names.
#[derive(Debug, Clone)]
pub struct Table {
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
    /// The line of the file on which each row begins, from 1.
    pub lines: Vec<usize>,
}

/// A column of a [`Table`].
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What its cells are.
    pub kind: Kind,
    /// A number for each row: truth values are 0 and 1, categories their codes; NaN where nothing is known.
    pub values: Vec<f64>,
    /// The categories in the order of their codes, which is alphabetical. Empty for other kinds.
    pub categories: Vec<String>,
}

/// What the cells of a column are, as all that are not missing say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` and `false`, in any case.
    Bool,
    /// Integers of at most `$2^{53}$`: larger ones have no F64 of their own and are categories.
    Integer,
    /// Numbers.
    Float,
    /// Texts.
    Category,
}

/// How categories become numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// A column for each category, with 1 where it is the row's.
    OneHot,
    /// One column with the codes.
    Codes,
}

/// What takes the place of what is missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fill {
    /// The mean of the column.
    Mean,
    /// The median of the column.
    Median,
    /// The most frequent value of the column, of equals the smallest.
    Mode,
    /// This number; of a category, the code.
    Value(f64),
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read or is no text in UTF-8, [`Error::Format`] if rows differ in length, a quote is
    /// never closed, two columns have one name, or there is no row.
    pub fn read(path: impl AsRef<Path>, options: &CsvOptions) -> Result<Self, Error> {
        let path = path.as_ref();
        let io = |source| Error::Io { path: path.to_path_buf(), source };
        let text = gradus_tensor::io::read_text(path).map_err(io)?;
        read(&text, options).map_err(|reason| Error::Format {
            path: path.to_path_buf(),
            format: "CSV",
            reason,
        })
    }

    /// As [`Self::read`], of a text in memory.
    ///
    /// # Errors
    /// [`Error::Format`], as [`Self::read`]; in the place of the file stands `(text)`.
    pub fn parse(text: &str, options: &CsvOptions) -> Result<Self, Error> {
        read(text, options).map_err(|reason| Error::Format { path: "(text)".into(), format: "CSV", reason })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// The column of a name.
    ///
    /// # Errors
    /// [`Error::Column`] if there is none.
    pub fn column(&self, name: &str) -> Result<&Column, Error> {
        self.place(name).map(|at| &self.columns[at])
    }

    fn place(&self, name: &str) -> Result<usize, Error> {
        let found = self.columns.iter().position(|column| column.name == name);
        let known = || self.columns.iter().map(|column| column.name.clone()).collect();
        found.ok_or_else(|| Error::Column { name: name.to_string(), known: known() })
    }

    /// Fills what is missing in a column.
    ///
    /// # Errors
    /// [`Error::Column`] if there is no such column, [`Error::Missing`] if nothing is known in it that could fill it.
    pub fn fill(&mut self, name: &str, fill: Fill) -> Result<(), Error> {
        let at = self.place(name)?;
        let column = &mut self.columns[at];
        let value = match column.filling(fill) {
            Some(value) => value,
            None if column.missing() == 0 => return Ok(()),
            None => return Err(column.incomplete()),
        };
        column.values.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = value);
        Ok(())
    }

    /// Leaves out the rows in which something is missing, and returns how many those were.
    pub fn drop_missing(&mut self) -> usize {
        let whole = |i: &usize| self.columns.iter().all(|column| !column.values[*i].is_nan());
        let kept: Vec<usize> = (0..self.rows()).filter(whole).collect();
        let dropped = self.rows() - kept.len();
        for column in &mut self.columns {
            column.values = kept.iter().map(|&i| column.values[i]).collect();
        }
        self.lines = kept.iter().map(|&i| self.lines[i]).collect();
        dropped
    }

    /// Leaves out columns.
    ///
    /// # Errors
    /// [`Error::Column`] if there is none of a name.
    pub fn remove(&mut self, names: &[&str]) -> Result<(), Error> {
        for name in names {
            let at = self.place(name)?;
            self.columns.remove(at);
        }
        Ok(())
    }

    /// The columns of these names as inputs, `[rows, width]` in F32.
    ///
    /// # Errors
    /// [`Error::Column`] if there is none of a name, [`Error::Missing`] if something is missing in one.
    pub fn inputs(&self, names: &[&str], encoding: Encoding) -> Result<Tensor, Error> {
        let mut parts: Vec<Vec<f64>> = Vec::new();
        for name in names {
            let column = self.column(name)?;
            if column.missing() > 0 {
                return Err(column.incomplete());
            }
            if column.kind == Kind::Category && encoding == Encoding::OneHot {
                let of = |code: usize| {
                    column.values.iter().map(|&x| f64::from(u8::from(x == code as f64))).collect()
                };
                parts.extend((0..column.categories.len()).map(of));
            } else {
                parts.push(column.values.clone());
            }
        }
        let (width, rows) = (parts.len(), self.rows());
        Ok(Tensor::from_vec(parts.concat(), [width, rows]).t().to(DType::F32).contiguous())
    }

    /// All columns but one as inputs, and that one as labels: class numbers in I64 of categories, truth values and integers, targets
    /// `[rows]` in F32 of other numbers.
    ///
    /// # Errors
    /// As [`Self::inputs`].
    pub fn dataset(&self, target: &str, encoding: Encoding) -> Result<Dataset, Error> {
        let column = self.column(target)?;
        if column.missing() > 0 {
            return Err(column.incomplete());
        }
        let others = self.columns.iter().map(|column| column.name.as_str()).filter(|name| *name != target);
        let inputs = self.inputs(&others.collect::<Vec<_>>(), encoding)?;
        let dtype = if column.kind == Kind::Float { DType::F32 } else { DType::I64 };
        Ok(Dataset::new(inputs, Tensor::from_slice(&column.values, [self.rows()]).to(dtype)))
    }
}

impl Column {
    /// The number of rows in which nothing is known.
    pub fn missing(&self) -> usize {
        self.values.iter().filter(|x| x.is_nan()).count()
    }

    /// The category of a row; `None` where nothing is known, and for other kinds.
    pub fn category(&self, row: usize) -> Option<&str> {
        let code = self.values.get(row).filter(|code| !code.is_nan())?;
        self.categories.get(*code as usize).map(String::as_str)
    }

    fn incomplete(&self) -> Error {
        Error::Missing { column: self.name.clone(), rows: self.missing() }
    }

    fn filling(&self, fill: Fill) -> Option<f64> {
        if let Fill::Value(value) = fill {
            return Some(value);
        }
        let mut known: Vec<f64> = self.values.iter().copied().filter(|x| !x.is_nan()).collect();
        known.sort_unstable_by(f64::total_cmp);
        let n = known.len();
        if n == 0 {
            return None;
        }
        Some(match fill {
            Fill::Mean => known.iter().sum::<f64>() / n as f64,
            Fill::Median => f64::midpoint(known[(n - 1) / 2], known[n / 2]),
            _ => known
                .chunk_by(|a, b| a == b)
                .rev()
                .max_by_key(|equal| equal.len())
                .map_or(f64::NAN, |equal| equal[0]),
        })
    }
}

fn read(text: &str, options: &CsvOptions) -> Result<Table, String> {
    // A page may well have cells.
    if let Some(what) = gradus_tensor::io::other_kind(text.as_bytes()).filter(|_| !text.is_empty()) {
        return Err(what.to_string());
    }
    let mut rows = rows(text, options)?.into_iter();
    let mut rest = rows.as_slice().iter();
    let (_, first) = rest.next().ok_or("it has no row")?;
    let width = first.len();
    let ragged = rest.find(|(_, row)| row.len() != width);
    if let Some((line, row)) = ragged {
        let (n, s) = (row.len(), if row.len() == 1 { "" } else { "s" });
        return Err(format!("line {line} has {n} cell{s}, the first has {width}"));
    }
    let names: Vec<String> = if options.header {
        rows.next().into_iter().flat_map(|(_, row)| row).map(|(cell, _)| cell).collect()
    } else {
        (0..width).map(|i| i.to_string()).collect()
    };
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(format!("two columns are named {twice:?}"));
    }
    let mut cells: Vec<Vec<Cell>> = vec![Vec::new(); width];
    let mut lines = Vec::with_capacity(rows.len());
    for (line, row) in rows {
        lines.push(line);
        cells.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
    }
    let columns = names.into_iter().zip(cells).map(|(name, cells)| column(name, cells, &options.missing));
    Ok(Table { columns: columns.collect(), lines })
}

/// A cell as a number, if it is of a kind.
type Reading = fn(&str) -> Option<f64>;

fn column(name: String, cells: Vec<Cell>, missing: &[String]) -> Column {
    let known = |(cell, quoted): Cell| (quoted || !missing.contains(&cell)).then_some(cell);
    let cells: Vec<Option<String>> = cells.into_iter().map(known).collect();
    let kinds: [(Kind, Reading); 3] = [(Kind::Bool, truth), (Kind::Integer, integer), (Kind::Float, float)];
    let nothing = cells.iter().all(Option::is_none);
    for (kind, read) in kinds.into_iter().skip(if nothing { 2 } else { 0 }) {
        let read = |cell: &Option<String>| cell.as_ref().map_or(Some(f64::NAN), |cell| read(cell));
        if let Some(values) = cells.iter().map(read).collect() {
            return Column { name, kind, values, categories: Vec::new() };
        }
    }
    let all: BTreeSet<&String> = cells.iter().flatten().collect();
    let categories: Vec<String> = all.into_iter().cloned().collect();
    let code = |cell: &Option<String>| {
        cell.as_ref()
            .and_then(|cell| categories.binary_search(cell).ok())
            .map_or(f64::NAN, |code| code as f64)
    };
    let values = cells.iter().map(code).collect();
    Column { name, kind: Kind::Category, values, categories }
}

fn truth(cell: &str) -> Option<f64> {
    if cell.eq_ignore_ascii_case("true") {
        return Some(1.0);
    }
    cell.eq_ignore_ascii_case("false").then_some(0.0)
}

fn integer(cell: &str) -> Option<f64> {
    const LARGEST: i64 = 1 << 53;
    cell.parse::<i64>().ok().filter(|i| (-LARGEST..=LARGEST).contains(i)).map(|i| i as f64)
}

/// A number with a point or an exponent, or an integer among such; a long row of digits is a text.
fn float(cell: &str) -> Option<f64> {
    let digits = |cell: &str| !cell.is_empty() && cell.bytes().all(|c| c.is_ascii_digit());
    if digits(cell.trim_start_matches(['-', '+'])) {
        return integer(cell);
    }
    cell.parse().ok().filter(|x: &f64| !x.is_nan())
}
