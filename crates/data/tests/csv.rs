//! Tables from text: quotes, kinds, what is missing, categories, errors.

use gradus_data::Error;
use gradus_data::csv::{CsvOptions, Encoding, Fill, Kind, Table};
use gradus_tensor::DType;

fn parse(text: &str) -> Table {
    Table::parse(text, &CsvOptions::default()).unwrap()
}

fn reason(text: &str) -> String {
    Table::parse(text, &CsvOptions::default()).unwrap_err().to_string()
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

#[test]
fn quotes_new_lines_and_spaces() {
    let table =
        parse("\u{feff}a, \"b \"\"c\"\"\" ,d\r\n\"x,y\",\"two\nlines\" , plain text \r\n\r\nz,,\"\"\r\n");
    assert_eq!(names(&table), ["a", "b \"c\"", "d"]);
    assert_eq!(table.rows(), 2);
    assert_eq!(table.columns[0].category(0), Some("x,y"));
    assert_eq!(table.columns[1].category(0), Some("two\nlines"));
    assert_eq!(table.columns[2].category(0), Some("plain text"));
    // A cell without anything is missing, an empty text in quotes is a text.
    assert_eq!((table.columns[1].category(1), table.columns[2].category(1)), (None, Some("")));
}

#[test]
fn delimiters_are_guessed_or_given() {
    for (text, width) in
        [("a;b;c\n1,5;2;3\n", 3), ("a\tb\n1\t2\n", 2), ("a|b|c,d\n1|2|3\n", 3), ("a\n1\n", 1)]
    {
        assert_eq!(parse(text).columns.len(), width, "{text:?}");
    }
    assert_eq!(parse("\"a;b;c\",d\n1,2\n").columns.len(), 2);
    let options = CsvOptions {
        delimiter: Some(' '),
        quote: '\'',
        header: false,
        comment: Some('#'),
        missing: vec!["-".to_string()],
    };
    let table = Table::parse("# a comment\n1 'x y' -\n#\n2 'z' 3", &options).unwrap();
    assert_eq!((names(&table), table.rows()), (vec!["0", "1", "2"], 2));
    assert_eq!(table.columns[1].category(0), Some("x y"));
    assert_eq!(table.columns[2].missing(), 1);
}

#[test]
fn kinds_are_those_of_all_cells() {
    let table =
        parse("i,f,b,c,big,none,e\n1,1,true,1,9007199254740993,NA,1e3\n-2,2.5,FALSE,x,1,?,-inf\nNA,,,,,,\n");
    let kinds: Vec<Kind> = table.columns.iter().map(|column| column.kind).collect();
    let want =
        [Kind::Integer, Kind::Float, Kind::Bool, Kind::Category, Kind::Category, Kind::Float, Kind::Float];
    assert_eq!(kinds, want);
    assert_eq!(table.columns[0].values[..2], [1.0, -2.0]);
    assert_eq!(table.columns[2].values[..2], [1.0, 0.0]);
    assert_eq!(table.columns[6].values[..2], [1000.0, f64::NEG_INFINITY]);
    assert!(table.columns.iter().all(|column| column.values[2].is_nan()));
    assert_eq!(table.columns[5].missing(), 3);
    assert_eq!(table.columns[3].categories, ["1", "x"]);
}

#[test]
fn what_is_missing_is_filled_or_left_out() {
    let text = "x,c\n1,a\n,b\n4,\n4,b\n9,b\n";
    let filled = |fill| {
        let mut table = parse(text);
        table.fill("x", fill).unwrap();
        table.columns[0].values[1]
    };
    assert_eq!([Fill::Mean, Fill::Median, Fill::Mode, Fill::Value(-1.0)].map(filled), [4.5, 4.0, 4.0, -1.0]);
    let mut table = parse(text);
    table.fill("c", Fill::Mode).unwrap();
    assert_eq!(table.columns[1].category(2), Some("b"));
    let error = table.inputs(&["x"], Encoding::Codes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "column x: nothing is known in 1 row; fill it (Table::fill) or drop it (Table::drop_missing)"
    );
    let mut table = parse(text);
    assert_eq!((table.drop_missing(), table.rows()), (2, 3));
    let mut empty = parse("x\nNA\nNA\n");
    assert!(matches!(empty.fill("x", Fill::Mean), Err(Error::Missing { rows: 2, .. })));
    empty.fill("x", Fill::Value(3.0)).unwrap();
    assert_eq!(empty.columns[0].values, [3.0, 3.0]);
}

#[test]
fn datasets() {
    let table = parse("size,colour,sort\n1,red,b\n2,green,a\n3,red,b\n");
    let data = table.dataset("sort", Encoding::OneHot).unwrap();
    assert_eq!(data.inputs.to_vec2::<f32>(), [[1.0, 0.0, 1.0], [2.0, 1.0, 0.0], [3.0, 0.0, 1.0]]);
    assert_eq!((data.labels.to_vec::<i64>(), data.inputs.dtype()), (vec![1, 0, 1], DType::F32));
    let codes = table.dataset("sort", Encoding::Codes).unwrap();
    assert_eq!(codes.inputs.to_vec2::<f32>(), [[1.0, 1.0], [2.0, 0.0], [3.0, 1.0]]);
    let mut fewer = table.clone();
    fewer.remove(&["colour"]).unwrap();
    assert_eq!(fewer.dataset("size", Encoding::Codes).unwrap().labels.to_vec::<i64>(), [1, 2, 3]);
    let error = table.dataset("colours", Encoding::Codes).unwrap_err();
    assert_eq!(error.to_string(), "no column is named colours; there are size, colour, sort");
}

#[test]
fn bad_files_are_named() {
    assert_eq!(reason(""), "(text): not a valid CSV file: it has no row");
    assert!(
        reason("<!DOCTYPE html>\n<html>\n</html>\n").contains("it is an HTML page, which a server sends")
    );
    assert!(reason("a,b\n1,2\n\n3\n").ends_with("line 4 has 1 cell, the first has 2"));
    assert!(reason("a,b\n1,\"2\n3,4\n").ends_with("line 2: a quote is opened and never closed"));
    assert!(reason("a,b\n\"1\"2,3\n").ends_with("line 2: '2' stands behind a closing quote"));
    assert!(reason("a,a\n1,2\n").ends_with("two columns are named \"a\""));
    let path = std::env::temp_dir().join(format!("gradus-{}.csv", std::process::id()));
    std::fs::write(&path, [0xff, 0xfe, b'a']).unwrap();
    assert!(matches!(Table::read(&path, &CsvOptions::default()), Err(Error::Io { .. })));
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    assert_eq!(Table::read(&path, &CsvOptions::default()).unwrap().rows(), 1);
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Table::read(&path, &CsvOptions::default()), Err(Error::Io { .. })));
}
