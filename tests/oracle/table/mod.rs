//! The operations by their PyTorch names. Each file holds one family: `"names" ("signature") |c| call;`.

mod elementwise;
mod index;
mod linalg;
mod linear;
mod loss;
mod movement;
mod norm;
mod plain;
mod reduce;
mod window;

use std::collections::HashMap;
use std::sync::OnceLock;

use gradus_autograd::Tape;

use crate::args::Args;
use crate::value::Val;

/// Names separated by spaces, the parameters, and the call.
pub(crate) type Entry = (&'static str, &'static str, for<'t> fn(&Args<'t>) -> Val<'t>);

macro_rules! table {
    ($($names:literal ($signature:literal) |$c:ident| $body:expr;)*) => {
        pub(crate) const TABLE: &[crate::table::Entry] =
            &[$(($names, $signature, |$c| crate::value::Val::from($body))),*];
    };
}
pub(crate) use table;

fn all() -> &'static HashMap<&'static str, &'static Entry> {
    static ALL: OnceLock<HashMap<&'static str, &'static Entry>> = OnceLock::new();
    ALL.get_or_init(|| {
        let [one, two, more] = elementwise::tables();
        let tables = [
            one,
            two,
            more,
            index::TABLE,
            linalg::TABLE,
            linear::TABLE,
            loss::TABLE,
            movement::TABLE,
            norm::TABLE,
            plain::TABLE,
            reduce::TABLE,
            window::TABLE,
        ];
        tables.into_iter().flatten().flat_map(|e| e.0.split_whitespace().map(move |name| (name, e))).collect()
    })
}

/// `torch.relu`, `F.relu`, `nn.functional.relu` and the method `relu` are one operation, unless the table has an entry
/// of its own for `F.name`.
fn find(path: &str) -> Option<&'static Entry> {
    let path = path.strip_prefix("torch.").unwrap_or(path);
    let path =
        path.strip_prefix("nn.functional.").map_or_else(|| path.to_string(), |name| format!("F.{name}"));
    let bare = path.strip_prefix("F.").or_else(|| path.strip_prefix("special.")).unwrap_or(&path);
    all().get(path.as_str()).or_else(|| all().get(bare)).copied()
}

/// Whether there is an operation of this name.
pub(crate) fn knows(path: &str) -> bool {
    find(path).is_some()
}

/// Calls an operation by its path.
///
/// # Errors
/// `unsupported: …` if there is none of this name or it does not know an argument.
pub(crate) fn call<'t>(
    path: &str,
    positional: Vec<Val<'t>>,
    keywords: Vec<(String, Val<'t>)>,
    tape: &'t Tape,
) -> Result<Val<'t>, String> {
    let (_, signature, f) = find(path).ok_or_else(|| format!("unsupported: operation `{path}`"))?;
    let args = Args::bind(tape, signature, positional, keywords)?;
    let result = f(&args);
    match args.unused() {
        None => Ok(result),
        Some(name) => Err(format!("unsupported: `{path}` does not use its argument `{name}`")),
    }
}
