//! The course: each chapter has what a chapter has, its links lead somewhere, its formulas stay whole, and no number stands in
//! its sentences that no program or command of the page holds.

use super::{files, read, root};

/// Lines of a chapter.
const LINES: std::ops::RangeInclusive<usize> = 150..=350;
/// The views of the page, `crates/play`, and what their addresses may set.
const VIEWS: [&str; 6] = ["backprop", "network", "descent", "differences", "schedules", "microgpt"];
const KEYS: [&str; 5] = ["f", "at", "optimizers", "surface", "schedule"];

fn chapters() -> Vec<(String, String)> {
    let pages = files("docs/course", "md").into_iter().filter(|path| !path.ends_with("README.md"));
    pages
        .map(|path| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), read(path)))
        .collect()
}

/// A page's sentences, and its blocks with their languages.
fn taken_apart(page: &str) -> (String, Vec<(String, String)>) {
    let (mut prose, mut blocks, mut inside) = (String::new(), Vec::new(), false);
    for line in page.lines() {
        match (inside, line.strip_prefix("```")) {
            (false, Some(language)) => blocks.push((language.to_string(), String::new())),
            (true, None) => {
                let (_, block) = blocks.last_mut().expect("one is open");
                block.extend([line, "\n"]);
            }
            (false, None) => prose.extend([line, "\n"]),
            (true, Some(_)) => {}
        }
        inside ^= line.starts_with("```");
    }
    (prose, blocks)
}

/// The targets of links and pictures.
fn targets(prose: &str) -> Vec<&str> {
    let starts = prose.split("](").skip(1);
    starts.filter_map(|rest| rest.split(')').next()).collect()
}

/// The formulas of the sentences, `$…$`, or what is wrong with them. Markdown must not eat a part of them: no backslash before
/// punctuation, no star, no `_` where it could begin an emphasis.
fn formulas(prose: &str) -> Result<Vec<&str>, String> {
    let mut found = Vec::new();
    // Code between backticks is no formula.
    for (i, part) in prose.split('`').enumerate().filter(|(i, _)| i % 2 == 0) {
        let pieces: Vec<&str> = part.split('$').collect();
        if pieces.len().is_multiple_of(2) {
            return Err(format!("an open formula in part {i}: {part}"));
        }
        for formula in pieces.iter().skip(1).step_by(2) {
            let eaten = ["\\\\", "\\{", "\\}", "\\,", "\\;", "\\!", "\\_", "*", "}_"];
            if let Some(what) = eaten.iter().find(|what| formula.contains(**what)) {
                return Err(format!("markdown eats {what} of ${formula}$"));
            }
            if formula.trim() != *formula || formula.is_empty() || formula.contains("\n\n") {
                return Err(format!("blanks at the ends of ${formula}$"));
            }
            balanced(formula)?;
            found.push(*formula);
        }
    }
    Ok(found)
}

fn balanced(formula: &str) -> Result<(), String> {
    let plain = formula.replace("\\{", "").replace("\\}", "");
    let count = |what: &str| plain.matches(what).count();
    let even = count("{") == count("}")
        && count("\\left") - count("\\leftarrow") == count("\\right") - count("\\rightarrow");
    if even { Ok(()) } else { Err(format!("brackets do not match: {formula}")) }
}

/// Numbers with a decimal point, without their signs.
fn decimals(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '.').map(|word| word.trim_matches('.'));
    let decimal = |word: &&str| word.split('.').count() == 2;
    words.filter(decimal).map(str::to_string).collect()
}

/// What a page lacks or has wrong.
fn faults(page: &str, slips: &str) -> Vec<String> {
    let (prose, blocks) = taken_apart(page);
    let mut faults = Vec::new();
    let mut need = |holds: bool, what: String| {
        if !holds {
            faults.push(what);
        }
    };
    let has = |language: &str| blocks.iter().any(|(found, _)| found == language);
    need(LINES.contains(&page.lines().count()), format!("{} lines", page.lines().count()));
    need(has("rust"), "no code".into());
    let pictures = prose.matches("\n![").count();
    let commands = blocks
        .iter()
        .filter(|(language, text)| language == "sh" && text.trim().rsplit('.').next() == Some("svg"));
    need(pictures > 0, "no picture".into());
    need(commands.count() >= pictures, "a picture without its command".into());
    for target in prose.split("\n![").skip(1).filter_map(|rest| rest.split_once("](")?.1.split(')').next()) {
        let file = target.trim_start_matches("../");
        let drawn = blocks.iter().any(|(_, text)| text.trim().ends_with(&format!("/{file}")));
        need(drawn, format!("no command draws {target}"));
    }
    faults_of_exercises(&prose, &mut need);
    if let Err(fault) = formulas(&prose) {
        need(false, fault);
    }
    for (_, formula) in blocks.iter().filter(|(language, _)| language == "math") {
        need(balanced(formula).is_ok(), format!("brackets do not match: {formula}"));
    }
    let held: Vec<String> = blocks.iter().flat_map(|(_, text)| decimals(text)).collect();
    let numbers: Vec<&str> = prose.lines().filter_map(exercise).collect();
    for number in decimals(&prose) {
        need(held.contains(&number) || numbers.contains(&number.as_str()), format!("nothing holds {number}"));
    }
    for anchor in targets(&prose).into_iter().filter_map(|target| target.split_once("slips.md#")) {
        need(slips.contains(&anchor.1.to_string()), format!("docs/slips.md has no #{}", anchor.1));
    }
    faults
}

/// What is wrong with the exercises and with the addresses of the page.
fn faults_of_exercises(prose: &str, need: &mut dyn FnMut(bool, String)) {
    let exercises = prose.lines().filter(|line| exercise(line).is_some()).count();
    need(exercises >= 3, format!("{exercises} exercises"));
    need(
        prose.matches("<details><summary>Answer</summary>").count() == exercises,
        "an exercise has no answer".into(),
    );
    need(prose.matches("</details>").count() == exercises, "an answer that stays open".into());
    let addresses: Vec<&str> =
        prose.split('`').skip(1).step_by(2).filter(|code| code.starts_with('#')).collect();
    need(!addresses.is_empty(), "no link into the page".into());
    for address in addresses {
        need(is_address(address), format!("{address} is no address of the page"));
    }
}

/// The number of the exercise that a heading begins: `1.2`.
fn exercise(line: &str) -> Option<&str> {
    let number = line.strip_prefix("### ")?.split(' ').next()?;
    number.starts_with(|c: char| c.is_ascii_digit()).then_some(number)
}

/// `#view` or `#view?key=value&…`, where blanks and plus signs are written as `%20` and `%2B`.
fn is_address(address: &str) -> bool {
    let Some(rest) = address.strip_prefix('#') else { return false };
    let (view, settings) = rest.split_once('?').unwrap_or((rest, ""));
    let mut settings = settings.split('&').filter(|part| !part.is_empty());
    // A view that is there knows the key.
    let script = root().join(format!("crates/play/page/{view}.js"));
    let script = std::fs::read_to_string(script).ok();
    let known = |key: &str| script.as_ref().is_none_or(|text| text.contains(&format!("{key}: \"")));
    VIEWS.contains(&view)
        && !address.contains([' ', '+'])
        && settings.all(|part| {
            part.split_once('=')
                .is_some_and(|(key, value)| KEYS.contains(&key) && known(key) && !value.is_empty())
        })
}

/// The anchors of a page's headings, as GitHub writes them: letters, digits of ten, `-` and `_`.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter_map(|line| line.strip_prefix("## "));
    headings
        .map(|heading| {
            let kept = heading.to_lowercase().replace(' ', "-");
            kept.chars().filter(|c| c.is_alphabetic() || c.is_ascii_digit() || "-_".contains(*c)).collect()
        })
        .collect()
}

#[test]
fn every_chapter_is_whole() {
    let (all, slips) = (chapters(), read("docs/slips.md"));
    let anchors = anchors(&slips);
    let broken: Vec<String> = all
        .iter()
        .flat_map(|(name, page)| {
            faults(page, &anchors.join("\n")).into_iter().map(move |fault| format!("{name}: {fault}"))
        })
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let text: String = all.iter().map(|(_, page)| page.as_str()).collect();
    for anchor in &anchors {
        assert!(
            text.contains(&format!("../slips.md#{anchor})")),
            "no exercise is made of the slip #{anchor}"
        );
    }
}

#[test]
fn the_course_is_listed_tried_and_linked() {
    let (list, tried) = (read("docs/course/README.md"), read("src/pages.rs"));
    let all = chapters();
    assert_eq!(all.len(), 12);
    for (at, (name, page)) in all.iter().enumerate() {
        assert!(list.contains(&format!("]({name})")), "docs/course/README.md does not list {name}");
        assert!(tried.contains(&format!("\"../docs/course/{name}\"")), "src/pages.rs does not try {name}");
        if let Some((next, _)) = all.get(at + 1) {
            assert!(page.contains(&format!("]({next})")), "{name} does not lead to {next}");
        }
    }
    for path in files("docs/course", "md") {
        let page = read(&path);
        let (prose, _) = taken_apart(&page);
        for target in targets(&prose) {
            let file = target.split('#').next().unwrap_or_default();
            let web = target.starts_with("https://") || file.is_empty();
            let place = root().join("docs/course").join(file);
            assert!(web || place.exists(), "{}: {target} leads nowhere", path.display());
        }
    }
    for front in ["crates/tensor", "crates/autograd", "crates/nn", "crates/optim", "."] {
        let front = format!("{front}/src/lib.rs");
        assert!(read(&front).contains("`docs/course`"), "{front} does not lead into the course");
    }
}

#[test]
fn a_fault_of_a_chapter_is_found() {
    let good = format!(
        "# 1. A\n\n$a_i$ is 0.25.\n\n```rust\nassert_eq!(0.25, 0.25);\n```\n\n![a](pictures/a.svg)\n\n```sh\ngradus a \
         docs/course/pictures/a.svg\n```\n\n`#backprop?f=a%2Bb`\n{}{}",
        "\n### 1.1 Q\n\n<details><summary>Answer</summary>\n\nA.\n\n</details>\n".repeat(3),
        "\nMore.".repeat(140)
    );
    assert_eq!(faults(&good, ""), Vec::<String>::new());
    for (old, new, fault) in [
        ("is 0.25", "is 0.26", "nothing holds 0.26"),
        ("```rust", "```text", "no code"),
        ("![a]", "[a]", "no picture"),
        ("(pictures/a.svg", "(pictures/b.svg", "no command draws pictures/b.svg"),
        ("backprop?f", "backprop?what", "#backprop?what=a%2Bb is no address of the page"),
        ("A.\n\n</details>", "A.\n\n", "an answer that stays open"),
        ("$a_i$", "$a_i", "an open formula"),
        ("$a_i$", "$\\bar{a}_i$", "markdown eats }_"),
        ("$a_i$", "$\\frac{a}{b$", "brackets do not match"),
        ("\nMore.\nMore.", "", "lines"),
    ] {
        let found = faults(&good.replace(old, new), "");
        assert!(found.iter().any(|found| found.contains(fault)), "{new}: {found:?}");
    }
}
