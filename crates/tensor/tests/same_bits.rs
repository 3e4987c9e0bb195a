//! The same bits for any number of threads, on each width of vectors, and from run to run.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::Command;

use gradus_tensor::attention::attention;
use gradus_tensor::kernel::parallel::set_threads;
use gradus_tensor::{DType, Tensor, rng};

fn hash(name: &str, x: &Tensor) -> String {
    let mut hasher = DefaultHasher::new();
    x.to_f64_vec().into_iter().map(f64::to_bits).for_each(|bits| bits.hash(&mut hasher));
    format!("{name} {}: {:016x}", x.dtype(), hasher.finish())
}

/// One of each kind of loop, large enough for several threads, of lengths that no vector divides.
fn all() -> Vec<String> {
    let mut out = Vec::new();
    for dtype in [DType::F32, DType::F64] {
        let mut rng = rng(7);
        let mut draw = |shape: &[usize]| Tensor::uniform_of(shape, -2.0, 2.0, dtype, &mut rng);
        let (x, row, wide) = (draw(&[301, 517]), draw(&[517]), draw(&[517, 203]));
        let (short, long) = (draw(&[40_001, 7]), draw(&[1_000_003]));
        let heads = draw(&[5, 131, 24]);
        let mut add = |name: &str, y: &Tensor| out.push(hash(name, y));
        for (name, f) in UNARY {
            add(name, &f(&x));
            add(name, &f(&x.t()));
        }
        add("broadcast", &(&x * &row + &x.exp()));
        add("sum", &long.sum());
        add("sum of rows", &x.sum_axes(1));
        add("sum of columns", &x.sum_axes(0));
        add("mean", &long.mean());
        add("variance", &x.var_axes(0, 1));
        add("largest", &x.max_axes(1));
        add("matmul", &x.matmul(&wide));
        add("matmul of turned", &wide.t().matmul(&x.t()));
        add("softmax", &x.softmax(-1));
        add("softmax of short rows", &short.softmax(-1));
        add("log_softmax of short rows", &short.log_softmax(-1));
        add("logsumexp", &short.logsumexp_axes(-1));
        add("cumsum", &x.cumsum(0));
        add("sort", &long.sort(0, false).0);
        add("attention", &attention(&heads, &heads, &heads, 0.2, true));
    }
    out
}

/// A function of the elements, with its name.
type Unary = (&'static str, fn(&Tensor) -> Tensor);

const UNARY: [Unary; 9] = [
    ("exp", Tensor::exp),
    ("ln", |x| x.abs().ln()),
    ("tanh", Tensor::tanh),
    ("sigmoid", Tensor::sigmoid),
    ("sin", Tensor::sin),
    ("erf", Tensor::erf),
    ("sqrt", |x| x.abs().sqrt()),
    ("log1p", |x| x.abs().log1p()),
    ("square", Tensor::square),
];

const CHILD: &str = "GRADUS_SAME_BITS_CHILD";

/// Prints the hashes where this process is a child of the test below.
#[test]
fn hashes_of_a_child() {
    if std::env::var_os(CHILD).is_some() {
        for line in all() {
            println!("= {line}");
        }
    }
}

fn child(vectors: Option<&str>, threads: &str) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "hashes_of_a_child", "--nocapture"])
        .env(CHILD, "1")
        .env("GRADUS_THREADS", threads);
    match vectors {
        Some(width) => command.env("GRADUS_VECTORS", width),
        None => command.env_remove("GRADUS_VECTORS"),
    };
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split_once("= ")).map(|(_, line)| line.to_string()).collect()
}

#[test]
fn every_width_of_vectors_and_every_run_gives_the_same_bits() {
    let first = child(Some("512"), "2");
    assert!(first.len() > 50, "{first:?}");
    assert_eq!(child(Some("256"), "2"), first, "256 bits");
    assert_eq!(child(None, "1"), first, "another run, on one thread");
}

#[test]
fn every_number_of_threads_gives_the_same_bits() {
    set_threads(1);
    let one = all();
    for threads in [2, 3, 5, 8, 16] {
        set_threads(threads);
        assert_eq!(all(), one, "{threads} threads");
    }
}

#[test]
fn a_width_that_is_none_is_told() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "hashes_of_a_child"]).env(CHILD, "1").env("GRADUS_VECTORS", "wide");
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // Only x86 has two widths, and only a CPU that has both is asked.
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512f") {
        assert!(
            !output.status.success() && text.contains("GRADUS_VECTORS: wide is no width; 256 or 512"),
            "{text}"
        );
    }
    let _ = text;
}
