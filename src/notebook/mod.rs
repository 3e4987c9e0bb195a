//! Rust notebooks: what a value shows where it is the last expression of a cell of evcxr, in Jupyter or in its terminal.
//!
//! evcxr calls `evcxr_display` on such a value, if there is a method of that name, and reads what it prints: blocks of a type
//! and a content. Jupyter shows the richest one, a terminal `text/plain`, which is always among them. The trait stands
//! here, above all crates, because a drawn tape needs both `autograd` and `viz`, which do not know each other.
//!
//! A variable that lives in one cell and is used in the next must not borrow: a [`Tape`] may, a [`Var`] may not. The notebook
//! `docs/course/notebook.ipynb` shows how cells are written.

mod graph;
mod html;

use std::fmt::Display;
use std::io::{self, Write};

use gradus_autograd::{FourWays, Report, Tape, Trace, TraceNode, Var};
use gradus_nn::Summary;
use gradus_tensor::Tensor;
use gradus_viz::{Chart, Figure, Graph, Role};

use graph::brief;
pub use graph::{HEAD, MOST, graph, head};

/// A type and a content, the richest first.
pub type MimeBundle = Vec<(&'static str, String)>;

const SVG: &str = "image/svg+xml";
const HTML: &str = "text/html";
const PLAIN: &str = "text/plain";

/// What shows itself in a notebook.
///
/// ```
/// use gradus::prelude::*;
/// let tape = Tape::new();
/// let x = tape.var(3.0);
/// let _ = x * x;
/// let bundle = tape.mime_bundle();
/// assert_eq!(bundle[0].0, "image/svg+xml");
/// assert!(bundle[1].1.contains("mul(%0, %0)"));
/// tape.evcxr_display(); // what a notebook calls
/// ```
pub trait Notebook {
    /// The value as contents of several types, the richest first; `text/plain` is always the last.
    fn mime_bundle(&self) -> MimeBundle;

    /// The contents as evcxr reads them: each between a line with its type and a line that ends it.
    fn evcxr_blocks(&self) -> String {
        let block = |(mime, content): (&str, String)| {
            format!("EVCXR_BEGIN_CONTENT {mime}\n{}\nEVCXR_END_CONTENT\n", content.trim_end_matches('\n'))
        };
        self.mime_bundle().into_iter().map(block).collect()
    }

    /// Prints [`Self::evcxr_blocks`] at once; evcxr calls it. If standard output is closed, nothing is shown.
    fn evcxr_display(&self) {
        let _ = io::stdout().lock().write_all(self.evcxr_blocks().as_bytes());
    }
}

fn text(value: &dyn Display) -> (&'static str, String) {
    (PLAIN, value.to_string())
}

/// A vector or matrix as a table.
impl Notebook for Tensor {
    fn mime_bundle(&self) -> MimeBundle {
        vec![(HTML, html::tensor(self)), text(self)]
    }
}

/// The drawn graph, with gradients if the last value is one number; as text alone if it is large or values were freed.
impl Notebook for Tape {
    fn mime_bundle(&self) -> MimeBundle {
        let small = self.len() <= MOST;
        let drawn = if small { Trace::of_tape(self).map(|trace| (SVG, drawing(&trace))) } else { None };
        drawn.into_iter().chain([text(self)]).collect()
    }
}

/// Its value. (The tape shows the graph.)
impl Notebook for Var<'_> {
    fn mime_bundle(&self) -> MimeBundle {
        self.value().mime_bundle()
    }
}

/// The graph that the sweep went through.
impl Notebook for Trace {
    fn mime_bundle(&self) -> MimeBundle {
        let drawn = (self.nodes.len() <= MOST).then(|| (SVG, drawing(self)));
        drawn.into_iter().chain([text(self)]).collect()
    }
}

fn drawing(trace: &Trace) -> String {
    let last = |node: &TraceNode| node.node + 1 == trace.nodes.len() && !node.inputs.is_empty();
    let head = |node: &TraceNode| {
        let (role, text) = head(node);
        (if last(node) { Role::Result } else { role }, text)
    };
    graph(trace, "", head, brief).svg()
}

/// The verdict with a table of the comparisons.
impl Notebook for Report {
    fn mime_bundle(&self) -> MimeBundle {
        vec![(HTML, html::report(self)), text(self)]
    }
}

/// As it is printed, in letters of one width.
impl Notebook for FourWays {
    fn mime_bundle(&self) -> MimeBundle {
        vec![(HTML, html::printed(&self.to_string())), text(self)]
    }
}

/// As it is printed, in letters of one width.
impl Notebook for Summary {
    fn mime_bundle(&self) -> MimeBundle {
        vec![(HTML, html::printed(&self.to_string())), text(self)]
    }
}

/// The picture; in a terminal the chart as text.
impl Notebook for Chart {
    fn mime_bundle(&self) -> MimeBundle {
        vec![(SVG, self.clone().svg()), (PLAIN, self.text())]
    }
}

/// The picture.
impl Notebook for Figure {
    fn mime_bundle(&self) -> MimeBundle {
        vec![(SVG, self.svg()), (PLAIN, "a figure; a notebook shows its picture".to_string())]
    }
}

/// The picture.
impl Notebook for Graph {
    fn mime_bundle(&self) -> MimeBundle {
        vec![(SVG, self.svg()), (PLAIN, "a graph; a notebook shows its picture".to_string())]
    }
}
