//! The mutants of the elementwise rows, tried many at a time: one mistake in each of many rows, one build, and the checks of `every_op` and
//! `slopes`, which name each row that is wrong. So a thousand mutants cost some dozens of builds.
//!
//! Rows of one batch must not lean on each other, or the mistake of one would be found in the other: a row never goes with those
//! whose names its text holds, nor with those that theirs hold. What was tried stands in `target/tmp/row_mutants.txt`; a second run goes on from there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::mutants::{Copy, Outcome};
use super::rows::{Mutant, mutants, rows, words};

/// What judges a batch: both name the rows that are wrong, one at the beginning of each line.
const JUDGES: &str = "-p gradus-autograd --no-fail-fast --test every_op --test slopes";
/// Operators of formulas: every row leans on them, so each is tried alone.
const EVERYWHERE: [&str; 5] = ["add", "sub", "mul", "div", "neg"];

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Killed,
    Alive,
    /// It does not build.
    Stillborn,
}

/// For each row all rows that its text leans on, at any distance.
fn leans() -> BTreeMap<String, BTreeSet<String>> {
    let rows = rows();
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &rows {
        let found = words(&row.body).into_iter().filter(|word| names.contains(word) && *word != row.name);
        all.insert(row.name.clone(), found.map(str::to_string).collect());
    }
    loop {
        let before: usize = all.values().map(BTreeSet::len).sum();
        let now = all.clone();
        for found in all.values_mut() {
            let more: Vec<String> = found.iter().flat_map(|name| &now[name]).cloned().collect();
            found.extend(more);
        }
        if all.values().map(BTreeSet::len).sum::<usize>() == before {
            return all;
        }
    }
}

/// Takes mutants off the list as long as they fit together.
fn batch(left: &mut Vec<Mutant>, leans: &BTreeMap<String, BTreeSet<String>>) -> Vec<Mutant> {
    let mut taken: Vec<Mutant> = Vec::new();
    let apart = |a: &str, b: &str| a != b && !leans[a].contains(b) && !leans[b].contains(a);
    let mut rest = Vec::new();
    for mutant in left.drain(..) {
        let name = mutant.row.name.as_str();
        let alone =
            EVERYWHERE.contains(&name) || taken.iter().any(|m| EVERYWHERE.contains(&m.row.name.as_str()));
        let fits = taken.is_empty() || !alone && taken.iter().all(|other| apart(name, &other.row.name));
        if fits { taken.push(mutant) } else { rest.push(mutant) }
    }
    *left = rest;
    taken
}

/// Writes a batch into the copy, from the end of each file to its beginning; gives back what was there.
fn apply(copy: &Copy, batch: &[Mutant]) -> Vec<(PathBuf, String)> {
    let mut files: BTreeMap<&str, Vec<&Mutant>> = BTreeMap::new();
    for mutant in batch {
        files.entry(&mutant.row.file).or_default().push(mutant);
    }
    let mut before = Vec::new();
    for (file, mut changed) in files {
        let path = copy.folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        changed.sort_by_key(|mutant| std::cmp::Reverse(mutant.row.start));
        let new = changed.iter().fold(text.clone(), |text, Mutant { row, body, .. }| {
            assert_eq!(&text[row.start..][..row.body.len()], row.body, "{}: {}", row.file, row.name);
            [&text[..row.start], body, &text[row.start + row.body.len()..]].concat()
        });
        fs::write(&path, new).unwrap();
        before.push((path, text));
    }
    before
}

/// The fates of a batch. One that does not build, or ends without naming a row, is halved until it is clear which mutant it was.
fn judge(copy: &Copy, batch: &[Mutant]) -> Vec<Fate> {
    if batch.is_empty() {
        return Vec::new();
    }
    let before = apply(copy, batch);
    let (outcome, text) = copy.judge(JUDGES);
    for (path, text) in before {
        fs::write(path, text).unwrap();
    }
    let named = |mutant: &Mutant| {
        text.lines().any(|line| {
            let rest = line.trim_start().strip_prefix(mutant.row.name.as_str());
            rest.is_some_and(|rest| [":", ",", " in F"].iter().any(|next| rest.starts_with(next)))
        })
    };
    let fates: Vec<Fate> =
        batch.iter().map(|mutant| if named(mutant) { Fate::Killed } else { Fate::Alive }).collect();
    match outcome {
        Outcome::Passes => vec![Fate::Alive; batch.len()],
        Outcome::Fails if fates.contains(&Fate::Killed) => fates,
        _ if batch.len() > 1 => {
            let (left, right) = batch.split_at(batch.len() / 2);
            [judge(copy, left), judge(copy, right)].concat()
        }
        Outcome::DoesNotBuild => vec![Fate::Stillborn],
        Outcome::Fails | Outcome::TooLong => vec![Fate::Killed],
        Outcome::RunsNothing => panic!("{JUDGES} runs nothing"),
    }
}

/// The fates that an earlier run has found.
fn known(path: &Path) -> BTreeMap<String, Fate> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let fates = [Fate::Killed, Fate::Alive, Fate::Stillborn];
    let of = |word: &str| fates.into_iter().find(|fate| format!("{fate:?}") == word);
    text.lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(word, key)| Some((key.to_string(), of(word)?)))
        .collect()
}

/// `MINUTES=30` ends it after the batch in which they are over; the next run goes on.
#[test]
#[ignore = "builds the engine some dozens of times"]
fn row_mutants_die() {
    let start = Instant::now();
    let minutes = std::env::var("MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let copy = Copy::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants"));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("row_mutants.txt");
    let mut fates = known(&path);
    let all: Vec<Mutant> = rows().iter().flat_map(mutants).collect();
    let mut left: Vec<Mutant> =
        all.iter().filter(|mutant| !fates.contains_key(&mutant.key())).cloned().collect();
    // Spread over the rows, so that each batch is large.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    left.sort_by_cached_key(|mutant| {
        let count = seen.entry(mutant.row.name.clone()).or_default();
        *count += 1;
        *count
    });
    assert_eq!(copy.run(JUDGES), Outcome::Passes, "without a mutation");
    let (mut file, leans) = (fs::OpenOptions::new().append(true).create(true).open(&path).unwrap(), leans());
    while !left.is_empty() && start.elapsed() < Duration::from_secs(60 * minutes) {
        let batch = batch(&mut left, &leans);
        let found = judge(&copy, &batch);
        for (mutant, fate) in batch.iter().zip(&found) {
            writeln!(file, "{fate:?}\t{}", mutant.key()).unwrap();
            fates.insert(mutant.key(), *fate);
        }
        let killed = found.iter().filter(|fate| **fate == Fate::Killed).count();
        println!("{killed} of {} killed; {} left, {} s", batch.len(), left.len(), start.elapsed().as_secs());
    }
    let mut alive = Vec::new();
    let mut table: BTreeMap<&str, BTreeMap<Fate, usize>> = BTreeMap::new();
    for mutant in &all {
        let Some(fate) = fates.get(&mutant.key()) else { continue };
        *table.entry(mutant.operator).or_default().entry(*fate).or_default() += 1;
        if *fate == Fate::Alive {
            alive.push(mutant.key());
        }
    }
    println!("\n| operator | tried | killed | alive | does not build |\n|---|---|---|---|---|");
    for (operator, fates) in &table {
        let of = |fate| fates.get(&fate).copied().unwrap_or_default();
        let tried: usize = fates.values().sum();
        println!(
            "| {operator} | {tried} | {} | {} | {} |",
            of(Fate::Killed),
            of(Fate::Alive),
            of(Fate::Stillborn)
        );
    }
    println!("{} of {} tried\n{}", all.len() - left.len(), all.len(), alive.join("\n"));
}
