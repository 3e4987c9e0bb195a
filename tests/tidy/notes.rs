//! The table of the lecture notes' ideas names only what exists.

use super::{files, read, root};

/// Whether a crate declares a public item of this name.
fn declared(sources: &[String], name: &str) -> bool {
    ["struct", "enum", "trait", "fn"].iter().any(|kind| {
        let item = format!("pub {kind} {name}");
        sources.iter().any(|text| {
            let mut after = text.split(&item).skip(1);
            after.any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    })
}

/// An example, or a command whose options its folder declares.
fn shown(by: &str) -> bool {
    let Some(words) = by.strip_prefix("gradus ") else {
        return root().join(format!("examples/{by}.rs")).is_file();
    };
    let folder = words.split(' ').next().unwrap_or_default().replace('-', "_");
    let path = format!("crates/cli/src/{folder}");
    let options = words.split(' ').filter_map(|word| word.strip_prefix("--"));
    let fields: Vec<String> = options.map(|option| format!(" {}: ", option.replace('-', "_"))).collect();
    let sources: Vec<String> =
        files("crates/cli/src", "rs").iter().filter(|file| file.starts_with(&path)).map(read).collect();
    !sources.is_empty() && fields.iter().all(|field| sources.iter().any(|text| text.contains(field)))
}

fn tested(place: &str) -> bool {
    let Some((file, name)) = place.split_once("::") else { return false };
    // An example is its own test: the checks run it, and it asserts its figures.
    let text = if root().join(file).is_file() { read(file) } else { return false };
    let before = text.split_once(&format!("fn {name}(")).map(|(before, _)| before.trim_end());
    before.is_some_and(|before| file.starts_with("examples/") || before.ends_with("#[test]"))
}

#[test]
fn the_notes_table_names_what_exists() {
    let page = read("docs/notes.md");
    let sources: Vec<String> = files("crates", "rs").iter().map(read).collect();
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| idea |"));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 5, "docs/notes.md: a row has five cells: {row}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "docs/notes.md: an empty cell: {row}");
        let [item, by, test] = [cells[2], cells[3], cells[4]].map(|cell| cell.trim_matches('`'));
        assert!(declared(&sources, item), "docs/notes.md: nothing is called {item}");
        assert!(shown(by), "docs/notes.md: there is no {by}");
        assert!(tested(test), "docs/notes.md: there is no test {test}");
        count += 1;
    }
    assert!(count >= 70, "{count} rows");
    assert!(
        !declared(&sources, "Nothing")
            && !shown("gradus nothing")
            && !shown("gradus race --nothing")
            && !tested("tests/figures.rs::nothing")
    );
}
