//! Cuts the subset that is committed with the project: `cargo test --release --test oracle -- --ignored cut_the_subset`.
//!
//! Cases are drawn in rounds, one of each kind (operation, category, optimizer, module, …) in each, in a seeded order
//! and the small ones first, until the group's share of the bytes is used up. Cases keep their tensors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use gradus_tensor::{Tensor, rng};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::Value;

use crate::groups::{folder, load};

/// The groups and the bytes of each: less than 3 MB together.
const SHARES: [(&str, usize); 13] = [
    ("ops", 1_250_000),
    ("ops_edge", 380_000),
    ("nn", 420_000),
    ("train", 120_000),
    ("optim_seq", 280_000),
    ("optim_sparse", 60_000),
    ("optim_fn", 90_000),
    ("optim_ext", 140_000),
    ("textbook", 90_000),
    ("schedules", 60_000),
    ("init", 20_000),
    ("gradutil", 52_000),
    ("findiff", 17_000),
];

/// What kind a case is of.
fn kind(case: &Value) -> String {
    let keys = ["call", "category", "module", "optimizer", "scheduler", "rule", "model", "init", "kind"];
    keys.iter().filter_map(|key| case[*key].as_str()).collect::<Vec<_>>().join(" ")
}

/// The names of tensors in a case: those it mentions and those below its own name.
fn names<'a>(case: &'a Value, all: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    fn mentioned<'a>(value: &'a Value, all: &BTreeSet<&'a str>, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::String(s) => found.extend(all.get(s.as_str())),
            Value::Array(items) => items.iter().for_each(|v| mentioned(v, all, found)),
            Value::Object(map) => map.values().for_each(|v| mentioned(v, all, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    mentioned(case, all, &mut found);
    let own = format!("{}/", case["id"].as_str().unwrap_or_default());
    found.extend(all.iter().copied().filter(|name| name.starts_with(&own)));
    found
}

/// The cases in the order in which they are taken: rounds over the kinds.
fn rounds(cases: &[Value], size: impl Fn(usize) -> usize) -> Vec<usize> {
    let drawn = Tensor::permutation(cases.len(), &mut rng(20_240_229)).to_vec::<i64>();
    let mut kinds: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for i in drawn {
        kinds.entry(kind(&cases[i as usize])).or_default().push(i as usize);
    }
    for list in kinds.values_mut() {
        let mut sizes: Vec<usize> = list.iter().map(|&i| size(i)).collect();
        sizes.sort_unstable();
        let median = sizes[sizes.len() / 2];
        list.sort_by_key(|&i| size(i) > median);
    }
    let longest = kinds.values().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|round| kinds.values().filter_map(move |list| list.get(round).copied())).collect()
}

fn cut(group: &str, share: usize, from: &Path, to: &Path) {
    let (meta, bytes) = load(group, from);
    let tensors = SafeTensors::deserialize(&bytes).unwrap_or_else(|e| panic!("{group}: {e}"));
    let views: BTreeMap<String, TensorView<'_>> = tensors.tensors().into_iter().collect();
    let all: BTreeSet<&str> = views.keys().map(String::as_str).collect();
    let cases = meta["cases"].as_array().expect("a list of cases");
    let own: Vec<BTreeSet<&str>> = cases.iter().map(|case| names(case, &all)).collect();
    // A tensor costs its bytes and its line in the head.
    let cost = |name: &str| views[name].data().len() + name.len() + 80;
    let text: Vec<String> = cases.iter().map(Value::to_string).collect();
    let size = |i: usize| own[i].iter().map(|n| cost(n)).sum::<usize>() + text[i].len();
    let owned: BTreeSet<&str> = own.iter().flatten().copied().collect();
    let mut kept: BTreeSet<&str> = all.difference(&owned).copied().collect();
    let mut left = share.saturating_sub(kept.iter().map(|n| cost(n)).sum());
    let mut chosen = BTreeSet::new();
    for i in rounds(cases, size) {
        let needed = own[i].difference(&kept).map(|n| cost(n)).sum::<usize>() + text[i].len();
        if needed <= left {
            left -= needed;
            kept.extend(&own[i]);
            chosen.insert(i);
        }
    }
    let mut json = String::from("{\n");
    for (key, value) in meta.as_object().expect("an object").iter().filter(|(key, _)| *key != "cases") {
        let _ = writeln!(json, "{}: {value},", Value::from(key.as_str()));
    }
    let lines: Vec<&str> = chosen.iter().map(|&i| text[i].as_str()).collect();
    let _ = write!(json, "\"cases\": [\n{}\n]\n}}\n", lines.join(",\n"));
    std::fs::write(to.join(format!("{group}.json")), json).expect("the folder is writable");
    if !all.is_empty() {
        let part = kept.iter().map(|&name| (name, &views[name]));
        let bytes = safetensors::serialize(part, None).expect("valid tensors");
        std::fs::write(to.join(format!("{group}.safetensors")), bytes).expect("the folder is writable");
    }
    println!("{group}: {} of {} cases", chosen.len(), cases.len());
}

#[test]
#[ignore = "writes tests/oracle/data"]
fn cut_the_subset() {
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/data");
    std::fs::create_dir_all(&to).expect("the folder is writable");
    for (group, share) in SHARES {
        cut(group, share, &folder(), &to);
    }
}
