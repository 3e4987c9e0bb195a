//! README against the library: the right-hand sides of its table run and give what is said, its blocks can be pasted, its
//! links and numbers hold.

use approx::abs_diff_eq;
use std::path::Path;

use gradus::autograd::hessian;
use gradus::prelude::*;
use gradus::tensor::REST;

const README: &str = include_str!("../README.md");

/// Evaluates each expression, checks it, and gives back how it is written, without blanks.
macro_rules! checked {
    ($($expression:expr => |$value:pat_param| $holds:expr;)*) => {
        [$({
            let $value = $expression;
            let written = stringify!($expression);
            assert!($holds, "{written}");
            written.split_whitespace().collect::<String>()
        }),*]
    };
}

fn values() -> Vec<String> {
    let (x, y) = (Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), Tensor::ones_of([2, 3], DType::F64));
    let (w, mask, loss) = (Tensor::ones_of([3, 2], DType::F64), x.gt(2.5), Tensor::scalar(0.5));
    let is = |t: Tensor, want: &[f64]| t.to_f64_vec() == want;
    let all = checked! {
        Tensor::from([1.0, 2.0]) => |t| t.dtype() == DType::F64;
        Tensor::from([1.0f32, 2.0]) => |t| t.dtype() == DType::F32;
        Tensor::zeros([2, 3]) => |t| t.dtype() == DType::F32 && is(t, &[0.0; 6]);
        x.ones_like() => |t| t.dtype() == DType::F64 && is(t, &[1.0; 6]);
        Tensor::randn([2, 3], &mut rng(0)) => |t| t.shape()[..] == [2, 3];
        Tensor::arange(6) => |t| t.dtype() == DType::I64 && is(t, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        Tensor::linspace(0.0, 1.0, 5) => |t| is(t, &[0.0, 0.25, 0.5, 0.75, 1.0]);
        x.shape() => |shape| shape[..] == [2, 3];
        x.to(DType::F32) => |t| t.dtype() == DType::F32;
        loss.item() => |number| number == 0.5;
        x.to_f64_vec() => |numbers| numbers == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        x.select(0, 0) => |t| is(t, &[1.0, 2.0, 3.0]);
        x.slice(1, 1..3) => |t| is(t, &[2.0, 3.0, 5.0, 6.0]);
        x.flip(0) => |t| is(t, &[4.0, 5.0, 6.0, 1.0, 2.0, 3.0]);
        x.reshape([3, REST]) => |t| t.shape()[..] == [3, 2];
        x.t() => |t| is(t, &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        x.unsqueeze(0) => |t| t.shape()[..] == [1, 2, 3];
        Tensor::cat(&[&x, &y], 0) => |t| t.shape()[..] == [4, 3];
        Tensor::stack(&[&x, &y], 0) => |t| t.shape()[..] == [2, 2, 3];
        &x + &y => |t| is(t, &[2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        2.0 * &x => |t| is(t, &[2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
        x.matmul(&w) => |t| is(t, &[6.0, 6.0, 15.0, 15.0]);
        x.sum() => |t| is(t, &[21.0]);
        x.mean_axes(1) => |t| is(t, &[2.0, 5.0]);
        x.sum_keep(1) => |t| t.shape()[..] == [2, 1] && is(t, &[6.0, 15.0]);
        x.square() => |t| is(t, &[1.0, 4.0, 9.0, 16.0, 25.0, 36.0]);
        x.std_axes(1, 1) => |t| is(t, &[1.0, 1.0]);
        x.argmax_axis(1, false) => |t| is(t, &[2.0, 2.0]);
        x.where_(&mask, &y) => |t| is(t, &[1.0, 1.0, 3.0, 4.0, 5.0, 6.0]);
        x.masked_select(&mask) => |t| is(t, &[3.0, 4.0, 5.0, 6.0]);
    };
    all.to_vec()
}

fn gradients() -> Vec<String> {
    let tape = Tape::new();
    let (v, u) = (tape.var([[1.0, 2.0], [3.0, 4.0]]), tape.var([[2.0, 0.0], [0.0, 2.0]]));
    let (loss, a, b) = (v.square().sum(), Tensor::scalar(0.5), Tensor::scalar(0.0));
    let is = |t: Tensor, want: &[f64]| t.to_f64_vec() == want;
    let all = checked! {
        tape.var(2.0) => |v| v.needs() && v.item() == 2.0;
        loss.backward().wrt(v) => |t| is(t.clone(), &[2.0, 4.0, 6.0, 8.0]);
        loss.grad(v) => |g| g.sum().grad(v).value().to_f64_vec() == [2.0; 4];
        tape.custom("twice", &[v], |x| &x[0] * 2.0, |step| step.give(0, 2.0 * step.dy())) => |y| y.sum().grad(v).value().to_f64_vec() == [2.0; 4];
        v.detach() => |v| !v.needs();
        Tape::inference() => |tape| !tape.var(1.0).square().needs();
        Var::einsum("ij,jk->ik", &[v, u]) => |y| is(y.value(), &[2.0, 4.0, 6.0, 8.0]);
        gradcheck(|x| x[0].tanh(), &[a]) => |report| report.passed();
        hessian(|x| x[0].exp().sum(), &[b]) => |h| h[0][0].item() == 1.0;
    };
    all.to_vec()
}

fn training() -> Vec<String> {
    let (x, y, mut generator) = (Tensor::ones([2, 3]), Tensor::zeros([2, 8]), rng(0));
    let labels = Tensor::from([0i64, 1]);
    let mut model = sequential![Linear::new(3, 8, &mut generator), Tanh];
    let mut optimizer = Optimizer::new(Sgd::default(), 0.1);
    let tape = Tape::new();
    let (t, scores) = (Tensor::zeros(2), tape.var(Tensor::zeros([2, 2])));
    let file = std::env::temp_dir().join(format!("gradus-readme-{}.safetensors", std::process::id()));
    let (inputs, targets) = (x.clone(), y.clone());
    let before = gradus::threads();
    let all = checked! {
        Param::new(t) => |p| p.shape()[..] == [2];
        sequential![Linear::new(3, 8, &mut generator), Tanh] => |model| model.predict(&x).shape()[..] == [2, 8];
        Optimizer::new(AdamW::default(), 1e-3) => |optimizer| optimizer.lr() == 1e-3;
        Optimizer::new(Sgd::default(), 0.1).clip_norm(1.0) => |optimizer| optimizer.lr() == 0.1;
        Cosine { peak: 0.1, end: 0.0, steps: 100 } => |rate| rate.at(0) == 0.1 && rate.at(100) == 0.0;
        Loader { batch: 64, shuffle: Some(0), drop_last: false } => |loader| loader.batches(130) == 3;
        optimizer.training_step(&mut model, |model, tape| model.forward(tape.constant(&x)).mse(&y)) => |loss| loss > 0.0;
        model.predict(&x) => |t| t.shape()[..] == [2, 8];
        scores.cross_entropy(&labels) => |loss| abs_diff_eq!(loss.item(), 2f64.ln(), epsilon = 1e-6);
        optimizer.save(&file) => |saved| saved.is_ok();
        optimizer.load(&file, &model) => |loaded| loaded.is_ok();
        state_dict::save(&model, &file) => |saved| saved.is_ok();
        state_dict::load(&mut model, &file) => |loaded| loaded.is_ok();
        Dataset::new(inputs, targets) => |data| data.len() == 2;
        model.convert(DType::F64) => |()| model.params()[0].1.value().dtype() == DType::F64;
        gradus::set_threads(2) => |()| gradus::threads() == 2;
    };
    gradus::set_threads(before);
    std::fs::remove_file(&file).unwrap();
    all.to_vec()
}

/// The code in the last cells of a table, without blanks.
fn right_hand_sides() -> Vec<String> {
    let section = README.split("## From NumPy and PyTorch").nth(1).expect("it has the table");
    let rows = section.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|line| line.replace("\\|", "\u{1}")).map(|line| {
        let cell = line.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or("").to_string();
        cell.split('`').skip(1).step_by(2).map(|code| code.replace('\u{1}', "|")).collect::<Vec<_>>()
    });
    cells.flatten().map(|code| code.split_whitespace().collect()).collect()
}

#[test]
fn every_right_hand_side_of_the_table_runs() {
    let checked = [values(), gradients(), training()].concat();
    let shown = right_hand_sides();
    for code in &shown {
        assert!(checked.contains(code), "tests/readme.rs does not check {code}");
    }
    for code in &checked {
        assert!(shown.contains(code), "the table of README.md does not show {code}");
    }
}

/// The blocks of a language in a page.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}");
    page.split(start.as_str())
        .skip(1)
        .filter_map(|rest| rest.split_once('\n')?.1.split("```").next())
        .collect()
}

#[test]
fn blocks_can_be_pasted() {
    let pages = [README, include_str!("../docs/compiler.md")];
    let blocks: Vec<&str> = pages.iter().flat_map(|page| blocks(page, "rust")).collect();
    assert!(blocks.len() > 20);
    for block in &blocks {
        // What rustdoc hides is shown elsewhere, and does not compile there.
        assert!(!block.lines().any(|line| line.trim_start().starts_with("# ") || line == "#"), "{block}");
        assert!(block.contains("use gradus::"), "{block}");
    }
    assert!(blocks.iter().any(|block| block.contains("\nfn main() ")), "the quickstart is a whole program");
}

#[test]
fn no_example_hides_a_function_of_the_prelude() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = std::fs::read_dir(root.join("examples")).unwrap();
    let mut shown: Vec<String> =
        examples.filter_map(|e| std::fs::read_to_string(e.unwrap().path()).ok()).collect();
    let right = [README, include_str!("../docs/compiler.md")].map(|page| blocks(page, "rust\n"));
    shown.extend(right.iter().flatten().map(|block| (*block).to_string()));
    assert!(shown.len() > 20);
    for text in shown {
        for name in ["rng", "grad", "gradcheck", "accuracy", "summary", "value_and_grad"] {
            for line in text.lines().map(str::trim) {
                let hides = [format!("let {name} = "), format!("let mut {name} = ")];
                assert!(!hides.iter().any(|start| line.starts_with(start.as_str())), "{line}");
            }
        }
    }
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links: Vec<&str> = README.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() > 6, "{links:?}");
    for link in links {
        let there = match link.strip_prefix('#') {
            Some(heading) => README.to_lowercase().contains(&format!("\n## {}\n", heading.replace('-', " "))),
            None => root.join(link).is_file(),
        };
        assert!(there, "README.md links to {link}");
    }
}

#[test]
fn the_numbers_hold() {
    let all = gradus::optim::catalog::all().count();
    assert!(README.contains(&format!("all {all}, on digits")), "there are {all} optimizers");
    let changes = include_str!("../CHANGELOG.md");
    assert!(changes.contains(&format!("{all} update rules and methods")), "there are {all} optimizers");
    let rust = include_str!("../Cargo.toml")
        .split("rust-version = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    assert!(README.contains(&format!("Rust {} or newer", rust.expect("the oldest Rust is stated"))));
    assert!(README.lines().count() <= 230, "README.md is read, not searched");
}
