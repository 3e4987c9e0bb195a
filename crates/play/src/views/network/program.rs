//! The training as a program that does the same.

use std::fmt::Write;

use gradus::data::Dataset;
use gradus::tensor::DType;

use super::loss::Targets;
use super::plan::{IDENTITY, Plan};

/// The program. It prints the loss of some steps, and what is reached in the end.
pub(super) fn of(plan: &Plan) -> String {
    let request = &plan.request;
    let mut text = String::from("// Cargo.toml: gradus = { git = \"…\" } or a path to the repository.\n");
    if plan.source.code.is_some() {
        text.push_str("use gradus::data::generate::*;\n");
    }
    let schedule = if request.schedule().is_some() { "{OptimizerSpec, schedule}" } else { "OptimizerSpec" };
    let _ = writeln!(text, "use gradus::nn::*;\nuse gradus::optim::{schedule};\nuse gradus::prelude::*;\n");
    text.push_str("fn main() {\n");
    text.push_str(&data(plan));
    text.push_str(&model(plan));
    text.push_str(&optimizer(plan));
    text.push_str(&training(plan));
    text.push_str("}\n");
    text
}

fn data(plan: &Plan) -> String {
    let request = &plan.request;
    let mut text = match &plan.source.code {
        Some(code) => {
            let labels = match plan.loss.targets {
                Targets::Classes => "data.labels",
                Targets::ZeroOne => "data.labels.to(DType::F32)",
                Targets::Signs | Targets::Values => "data.labels.to(DType::F32) * 2.0 - 1.0",
            };
            format!("    let data = {code};\n    let data = Dataset::new(data.inputs, {labels});\n")
        }
        None => written_down(&plan.source.data),
    };
    if plan.test.is_some() {
        let _ = writeln!(
            text,
            "    let (train, test) = data.split({:?}, {});",
            request.held_out, request.data_seed
        );
    } else {
        text.push_str("    let train = data;\n");
    }
    text
}

/// The points themselves.
fn written_down(data: &Dataset) -> String {
    let rows = data.inputs.to_f64_vec();
    let rows: Vec<String> =
        rows.chunks(2).map(|row| format!("[{:?}, {:?}]", row[0] as f32, row[1] as f32)).collect();
    let is_float = data.labels.dtype() == DType::F32;
    let labels = data.labels.to_f64_vec();
    let label = |x: &f64| if is_float { format!("{:?}", *x as f32) } else { format!("{x}") };
    let labels: Vec<String> = labels.iter().map(label).collect();
    let kind = if is_float { "f32" } else { "i64" };
    format!(
        "    let points: Vec<[f32; 2]> = vec![{}];\n    let targets: Vec<{kind}> = vec![{}];\n    let n = targets.len();\n    let data = \
         Dataset::new(Tensor::from(points), Tensor::from_vec(targets, [n]));\n",
        rows.join(", "),
        labels.join(", ")
    )
}

fn model(plan: &Plan) -> String {
    let request = &plan.request;
    let outputs = if plan.loss.scores { plan.classes } else { 1 };
    let mut text = format!("\n    let mut rng = rng({});\n    let mut model = sequential![\n", request.seed);
    let mut inputs = 2;
    for &width in &request.layers {
        let _ = writeln!(text, "        Linear::new({inputs}, {width}, &mut rng),");
        if request.batch_norm {
            let _ = writeln!(text, "        BatchNorm::new({width}),");
        }
        if request.activation != IDENTITY
            && let Ok((_, code, _)) = request.activation()
        {
            let _ = writeln!(text, "        {},", code.replace(" :: ", "::").replace(" ()", "()"));
        }
        if request.dropout > 0.0 {
            let _ = writeln!(text, "        Dropout {{ p: {:?} }},", request.dropout);
        }
        inputs = width;
    }
    let _ = writeln!(text, "        Linear::new({inputs}, {outputs}, &mut rng),\n    ];");
    text
}

fn optimizer(plan: &Plan) -> String {
    let request = &plan.request;
    let spec = request.optimizer.trim();
    let mut text = format!("    let spec: OptimizerSpec = {spec:?}.parse().unwrap();\n");
    let made = match request.schedule() {
        Some(schedule) => format!("Optimizer::new(spec.rule(), schedule::parse({schedule:?}).unwrap())"),
        None => format!("spec.optimizer({:?})", plan.lr),
    };
    let _ = writeln!(text, "    let mut optimizer = {made}.seed({});", request.seed);
    text
}

fn training(plan: &Plan) -> String {
    let request = &plan.request;
    let steps = request.steps.min(1000);
    let loader = match request.batch {
        0 => "Loader { batch: train.len(), shuffle: None, drop_last: false }".to_string(),
        batch => format!("Loader {{ batch: {batch}, shuffle: Some({}), drop_last: false }}", request.seed),
    };
    let single = if request.batch_norm { ".filter(|batch| batch.len() > 1)" } else { "" };
    let code = plan.loss.code;
    let targets = if plan.loss.scores { "&batch.labels" } else { "tape.constant(&batch.labels)" };
    let mut text = format!(
        r#"    let loader = {loader};
    let batches = (0..).flat_map(|epoch| loader.epoch(&train, epoch)){single};
    for (step, batch) in batches.take({steps}).enumerate() {{
        let loss = optimizer.training_step(&mut model, |model, tape| {{
            let (scores, targets) = (model.forward(tape.constant(&batch.inputs)), {targets});
            {code}
        }});
        if step % 100 == 0 || step + 1 == {steps} {{
            println!("step {{step:>5}}  loss {{loss}}");
        }}
    }}
"#
    );
    if plan.test.is_some() {
        text.push_str("    let scores = model.predict(&test.inputs);\n");
        text.push_str("    println!(\"scores of the held-out points: {scores}\");\n");
    }
    text
}
