//! Tables in text files: comma-separated values and their kin.
//!
//! A file becomes a [`Table`] of columns whose kinds are guessed from all their cells; a table becomes a
//! [`Dataset`](crate::Dataset). Texts are categories, with codes in alphabetical order; what is missing stays missing until it is
//! filled or its rows are dropped.
//!
//! ```
//! use gradus_data::csv::{CsvOptions, Encoding, Fill, Kind, Table};
//!
//! let text = "size,colour,price\n1,red,2.5\n2,blue,\n3,red,4.5\n";
//! let mut table = Table::parse(text, &CsvOptions::default()).unwrap();
//! assert_eq!(table.column("colour").unwrap().kind, Kind::Category);
//! assert_eq!(table.column("price").unwrap().missing(), 1);
//! table.fill("price", Fill::Mean).unwrap();
//! let data = table.dataset("price", Encoding::OneHot).unwrap();
//! assert_eq!(data.inputs.to_vec2::<f32>(), [[1.0, 0.0, 1.0], [2.0, 1.0, 0.0], [3.0, 0.0, 1.0]]); // size, blue, red
//! assert_eq!(data.labels.to_vec::<f32>(), [2.5, 3.5, 4.5]);
//! ```
//!
//! # Source
//! RFC 4180; the words for what is missing are those of pandas, and `?`, as in the sets of UCI.

mod parse;
mod table;

pub use table::{Column, Encoding, Fill, Kind, Table};

/// How a file is written.
#[derive(Debug, Clone)]
pub struct CsvOptions {
    /// What separates cells; `None`: the one of `,`, `;`, tab and `|` that is most frequent in the first line.
    pub delimiter: Option<char>,
    /// What stands around a cell that holds a delimiter, a quote or a new line; two of them are one inside.
    pub quote: char,
    /// Whether the first line names the columns. Else they are `0`, `1`, …
    pub header: bool,
    /// Lines that begin with this are left out.
    pub comment: Option<char>,
    /// Cells that say that nothing is known.
    pub missing: Vec<String>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        let missing = ["", "?", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None"];
        let missing = missing.map(String::from).to_vec();
        Self { delimiter: None, quote: '"', header: true, comment: None, missing }
    }
}
