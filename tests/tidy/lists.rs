//! What has to be listed somewhere is.

use gradus::optim::catalog;

use super::{files, read};

/// The types for which a file implements a trait: `impl<R: Rule> Trait for Type<R>` as `Type`.
fn implementors(text: &str, of: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let lines = code.lines().filter(|line| line.starts_with("impl"));
    let found = lines.filter_map(|line| line.split_once(&format!(" {of} for ")).map(|(_, after)| after));
    found
        .map(|after| after.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("").to_string())
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn every_rule_is_in_the_catalogue_with_its_source() {
    let (catalogue, front) = (read("crates/optim/src/catalog.rs"), read("crates/optim/src/lib.rs"));
    let mut count = 0;
    for path in files("crates/optim/src/rules", "rs") {
        let text = read(&path);
        for rule in implementors(&text, "Rule") {
            count += 1;
            assert!(text.contains("/// # Source"), "{} names no source", path.display());
            assert!(front.contains(&format!("[`{rule}`]")), "the front page of optim does not name {rule}");
            // Of Sam the catalogue says itself why it is not in it.
            let listed =
                catalogue.contains(&format!("r::{rule}")) || catalogue.contains(&format!("[`{rule}`]"));
            assert!(listed, "{rule} is not in the catalogue");
        }
    }
    assert!(count > 30, "{count} rules found");
    assert!(catalog::all().count() >= 50, "fifty optimizers are promised");
}

#[test]
fn a_rule_around_another_hands_on_all_it_may_be_asked() {
    for path in files("crates/optim/src/rules", "rs") {
        let text = read(&path);
        if text.contains("impl<R: Rule> Rule for ") {
            for method in ["fn needs(", "fn ahead(", "fn answer(", "fn global("] {
                assert!(text.contains(method), "{} does not hand on {method}", path.display());
            }
        }
    }
}

#[test]
fn every_method_is_in_the_catalogue() {
    let catalogue = read("crates/optim/src/catalog.rs");
    for path in files("crates/optim/src/methods", "rs") {
        for method in implementors(&read(&path), "Method") {
            // It needs residuals, which a surface has not.
            let listed = method == "LevenbergMarquardt" || catalogue.contains(&method);
            assert!(listed, "{method} is not in the catalogue");
        }
    }
}

#[test]
fn every_schedule_is_on_its_page_and_tested() {
    let page = read("crates/optim/src/schedule/mod.rs");
    let tested = page.split("fn one_of_each()").nth(1).expect("the test builds one of each");
    let tested = tested.split("\n    }").next().unwrap_or("");
    let mut count = 0;
    for path in files("crates/optim/src/schedule", "rs") {
        for schedule in implementors(&read(&path), "Schedule") {
            if ["f64", "Box", "Arc"].contains(&schedule.as_str()) {
                continue;
            }
            count += 1;
            assert!(
                page.contains(&format!("[`{schedule}`]")),
                "the page of schedules does not name {schedule}"
            );
            // A recurrence walks to the step it is asked for: too far for the steps of that test.
            let walks = path.ends_with("recurrence.rs");
            let built = walks
                || tested.contains(&schedule)
                || tested.contains(&format!("{}(", schedule.to_lowercase()));
            assert!(built, "one_of_each does not build {schedule}");
        }
    }
    assert!(count > 15, "{count} schedules found");
}

#[test]
fn every_layer_is_on_the_front_page() {
    let front = read("crates/nn/src/lib.rs");
    let exports: Vec<&str> =
        front.split("\npub use ").skip(1).filter_map(|list| list.split(';').next()).collect();
    let words = |list: &'static str| list.split(|c: char| !c.is_alphanumeric());
    let exports: &'static str = exports.join(" ").leak();
    // What a macro makes and nobody exports, the lint `unreachable_pub` finds.
    for path in files("crates/nn/src", "rs") {
        for layer in implementors(&read(&path), "Module").into_iter().filter(|layer| layer != "Box") {
            assert!(words(exports).any(|word| word == layer), "nn does not export {layer}");
        }
    }
    let types: Vec<&str> = words(exports).filter(|word| word.starts_with(char::is_uppercase)).collect();
    for name in &types {
        assert!(front.contains(&format!("`{name}`]")), "the front page of nn does not name {name}");
    }
    assert!(types.len() > 30, "{} types found", types.len());
}

#[test]
fn every_embedded_data_set_is_listed_with_its_licence() {
    let (front, licences) = (read("crates/data/src/lib.rs"), read("crates/data/assets/README.md"));
    let text = read("crates/data/src/embedded.rs");
    let sets = text.lines().filter_map(|line| line.strip_prefix("pub fn ")?.split('(').next());
    let mut count = 0;
    for set in sets {
        count += 1;
        assert!(front.contains(&format!("`{set}`")), "the front page of data does not name {set}");
        assert!(licences.contains(set), "crates/data/assets/README.md says nothing of {set}");
    }
    assert!(count >= 5, "{count} sets found");
}

#[test]
fn tensor_and_var_have_their_shared_methods_in_files_of_the_same_name() {
    let (tensor, var) = (methods("crates/tensor/src"), methods("crates/autograd/src"));
    let mut shared = 0;
    for (name, room) in &tensor {
        // The handle itself; and a conversion, which for a tensor is no operation.
        if ["tensor", "var"].contains(&room.as_str()) {
            continue;
        }
        if let Some((_, other)) = var.iter().find(|(other, _)| other == name) {
            shared += 1;
            assert_eq!(room, other, "Tensor::{name} and Var::{name} stand in files of different names");
        }
    }
    assert!(shared > 40, "{shared} shared methods found");
}

/// What a variable can do and a tensor cannot, with the reason.
const OF_VARIABLES_ALONE: [(&[&str], &str); 6] = [
    (
        &[
            "backward",
            "backward_with",
            "grad",
            "grads",
            "vjp",
            "needs",
            "detach",
            "checkpoint",
            "why_zero",
            "fault",
        ],
        "gradients",
    ),
    (&["tape", "index", "lift", "value"], "the place on a tape"),
    (&["add", "sub", "mul", "div"], "operators of a tensor"),
    (&["triplet_margin_with_distance_loss"], "a distance of variables"),
    (&["round_straight_through"], "a slope; the value is that of round"),
    (
        &[
            "attention",
            "mse_with",
            "l1_loss_with",
            "binary_cross_entropy_with",
            "binary_cross_entropy_with_logits_with",
            "soft_margin_loss_with",
            "multilabel_soft_margin_loss_with",
            "multilabel_margin_loss_with",
            "log_cosh_loss_with",
            "info_nce_with",
        ],
        "options that hold variables",
    ),
];

/// (Reductions are made by a macro with the same rows in both crates; `Operand`s and rows that are hidden count for nothing.)
#[test]
fn a_tensor_can_do_what_a_variable_can() {
    use gradus::autograd::TENSOR_EXT;
    use gradus::autograd::ops::elementwise;
    let mut tensor = inherent("crates/tensor/src", "Tensor");
    tensor.extend(gradus::tensor::elementwise::costs().map(|(name, _)| name.to_string()));
    tensor.extend(["gt", "ge", "lt", "le", "eq", "ne"].map(String::from));
    let mut var = inherent("crates/autograd/src", "Var");
    assert!(var.len() > 180 && tensor.len() > 120, "{} and {} methods found", var.len(), tensor.len());
    var.extend(elementwise::table().filter(|row| !row.facts.hidden).map(|row| row.name.to_string()));
    let alone = |name: &str| OF_VARIABLES_ALONE.iter().any(|(names, _)| names.contains(&name));
    for name in &var {
        let has = tensor.contains(name) || TENSOR_EXT.contains(&name.as_str());
        assert!(has || alone(name), "Var::{name} has no twin on tensors, in crates/tensor or in TensorExt");
        assert!(
            !has || !alone(name),
            "Var::{name} has a twin on tensors; it stands in the list of those without"
        );
    }
    for name in TENSOR_EXT {
        assert!(!tensor.iter().any(|own| own == name), "Tensor::{name} stands in TensorExt too");
    }
    let listed = OF_VARIABLES_ALONE.iter().flat_map(|(names, _)| *names);
    listed.for_each(|name| assert!(var.iter().any(|method| method == name), "there is no Var::{name}"));
}

/// The public methods in a crate's blocks `impl Of`.
fn inherent(folder: &str, of: &str) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(folder, "rs") {
        let text = read(&path);
        let mut inside = false;
        for line in text.lines() {
            let head = line.strip_prefix("impl<'t> ").or(line.strip_prefix("impl "));
            if let Some(head) = head {
                inside = head.split(['<', ' ']).next() == Some(of) && !head.contains(" for ");
            }
            inside &= line != "}";
            let name = line.strip_prefix("    pub fn ").and_then(|rest| rest.split(['(', '<']).next());
            found.extend(name.filter(|_| inside).map(String::from));
        }
    }
    found
}

/// Methods of a crate's files with the first name on the way to them, without `ops` and `composed`.
fn methods(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in files(folder, "rs") {
        let inside = path.strip_prefix(folder).unwrap().with_extension("");
        let mut parts = inside.iter().map(|part| part.to_string_lossy().to_string());
        let room = parts.find(|part| !["ops", "composed"].contains(&part.as_str())).unwrap_or_default();
        if ["kernel", "io", "fast", "check", "functions", "model", "layout", "shape", "strided"]
            .contains(&room.as_str())
        {
            continue;
        }
        let text = read(&path);
        let code = text.split("#[cfg(test)]").next().unwrap_or(&text);
        let names =
            code.lines().filter_map(|line| line.strip_prefix("    pub fn ")?.split(['(', '<']).next());
        found.extend(names.map(|name| (name.to_string(), room.clone())));
    }
    found
}
