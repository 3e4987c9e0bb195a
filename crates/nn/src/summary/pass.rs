//! A model layer by layer, from one forward pass.
//!
//! The pass is recorded, and its operations are read back from the tape: one that uses a parameter belongs to the layer
//! whose parameter it is, and so do those that prepare it. So any `forward` can be summarised, whatever it calls, and the
//! products of attention are counted too, though no layer owns them.

use std::fmt;

use gradus_autograd::{Mode, Params, Tape, Var, on_tape};
use gradus_tensor::kernel::pool::bytes_in_words;
use gradus_tensor::{Shape, Tensor};

use super::grouped;
use super::reading::read;
use crate::module::Module;

/// The table that [`summary_with_input`] makes; print it with `{}`.
#[derive(Debug, Clone)]
pub struct PassSummary {
    /// The layers and the operations between them, in the order in which they first ran; then layers that did not.
    pub rows: Vec<PassRow>,
    /// The number of trainable elements.
    pub trainable: usize,
    /// The number of elements of frozen parameters and buffers.
    pub fixed: usize,
    /// Products that are added up, in all.
    pub multiply_adds: usize,
    /// Bytes of the parameters and buffers.
    pub parameter_bytes: usize,
    /// Bytes of the values that the pass computes. A backward pass takes as many again.
    pub value_bytes: usize,
}

/// A layer, or an operation between layers.
#[derive(Debug, Clone)]
pub struct PassRow {
    /// The layer: the path of its parameters without their own names. Empty for an operation without parameters, and for
    /// parameters of the model itself.
    pub name: String,
    /// The operation; of a layer the first one that uses a parameter.
    pub operation: String,
    /// The shape of what the operation gives, of a layer its last one that uses a parameter (of a recurrent one, the gates of the
    /// last step); `None` if it did not run.
    pub output: Option<Shape>,
    /// Elements of its parameters and buffers.
    pub parameters: usize,
    /// Products that are added up.
    pub multiply_adds: usize,
    /// How often the operation ran.
    pub calls: usize,
}

/// A model's layers with the shapes of their outputs, their parameters and their multiply-adds, by one forward pass over
/// zeros of a shape, in F32.
///
/// ```
/// use gradus_nn::{Flatten, Linear, Relu, sequential, summary_with_input};
/// let mut rng = gradus_tensor::rng(0);
/// let model = sequential![Flatten::default(), Linear::new(64, 100, &mut rng), Relu, Linear::new(100, 10, &mut rng)];
/// assert_eq!(summary_with_input(&model, [32, 1, 8, 8]).to_string(), "\
/// layer  operation  output     parameters  multiply-adds
/// 1      linear     [32, 100]       6,500        204,800
///        relu       [32, 100]           0              0
/// 3      linear     [32, 10]        1,010         32,000
/// total                             7,510        236,800
/// memory: parameters 29.3 KiB, values of the pass 26.2 KiB
/// ");
/// ```
///
/// Operations that only move values, such as `Flatten`, have no row.
#[doc(alias = "torchinfo")]
#[track_caller]
pub fn summary_with_input<M: Module + ?Sized>(model: &M, input: impl Into<Shape>) -> PassSummary {
    // Without a closure, so that wrong input is told at the caller's line.
    let tape = Tape::new();
    model.forward(tape.constant(Tensor::zeros(input)));
    read(model, &tape)
}

/// As [`summary_with_input`], for any pass: with several inputs, or integers.
///
/// ```
/// use gradus_nn::{Embedding, Module, summary_of_pass};
/// use gradus_tensor::Tensor;
/// let layer = Embedding::new(50, 8, &mut gradus_tensor::rng(0));
/// let tokens = Tensor::from([[3, 1, 4]]);
/// let table = summary_of_pass(&layer, |layer, tape| layer.forward(tape.constant(&tokens)));
/// assert_eq!((table.trainable, table.rows[0].output.unwrap()[..].to_vec()), (400, vec![1, 3, 8]));
/// ```
#[track_caller]
pub fn summary_of_pass<M: Params>(
    model: &M,
    pass: impl for<'t> FnOnce(&M, &'t Tape) -> Var<'t>,
) -> PassSummary {
    on_tape(Mode::Record, |tape| {
        pass(model, tape);
        read(model, tape)
    })
}

impl fmt::Display for PassSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells: Vec<[String; 5]> = self.rows.iter().map(cells).collect();
        let total = ["total", "", "", &grouped(self.trainable + self.fixed), &grouped(self.multiply_adds)]
            .map(String::from);
        let head = ["layer", "operation", "output", "parameters", "multiply-adds"].map(String::from);
        let all: Vec<&[String; 5]> = [&head].into_iter().chain(&cells).chain([&total]).collect();
        let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let [a, b, c, d, e] = std::array::from_fn(width);
        for [name, operation, output, parameters, work] in all {
            writeln!(f, "{name:a$}  {operation:b$}  {output:c$}  {parameters:>d$}  {work:>e$}")?;
        }
        if self.fixed > 0 {
            writeln!(f, "trained {}, fixed {}", grouped(self.trainable), grouped(self.fixed))?;
        }
        let (parameters, values) = (bytes_in_words(self.parameter_bytes), bytes_in_words(self.value_bytes));
        writeln!(f, "memory: parameters {parameters}, values of the pass {values}")
    }
}

fn cells(row: &PassRow) -> [String; 5] {
    let output = row.output.map_or(String::new(), |shape| shape.to_string());
    let operation = row.operation.clone();
    [row.name.clone(), operation, output, grouped(row.parameters), grouped(row.multiply_adds)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BatchNorm, Conv2d, ConvOptions, Embedding, Linear, Relu, Sequential, Tanh, sequential};
    use gradus_autograd::params;
    use gradus_tensor::rng;

    fn brief(table: &PassSummary) -> Vec<(&str, &str, String, usize, usize)> {
        let shape = |row: &PassRow| row.output.map_or(String::new(), |shape| shape.to_string());
        let row = |row| (shape(row), row);
        let rows = table.rows.iter().map(row);
        rows.map(|(shape, row)| (&row.name[..], &row.operation[..], shape, row.parameters, row.multiply_adds))
            .collect()
    }

    fn convolutional() -> Sequential {
        let mut rng = rng(0);
        let (norm, plain) = (sequential![BatchNorm::new(8), Relu], ConvOptions::default);
        sequential![
            Conv2d::new(3, 8, [3, 3], plain(), &mut rng),
            norm,
            Conv2d::new(8, 4, [1, 1], plain(), &mut rng),
            Relu
        ]
    }

    #[test]
    fn layers_within_layers() {
        let table = summary_with_input(&convolutional(), [2, 3, 8, 8]);
        let outputs: Vec<(&str, String, usize, usize)> = brief(&table)
            .into_iter()
            .filter(|row| !row.0.is_empty())
            .map(|(name, _, shape, n, work)| (name, shape, n, work))
            .collect();
        let shape = |channels: usize| format!("[2, {channels}, 6, 6]");
        assert_eq!(
            outputs,
            [
                ("0", shape(8), 8 * 27 + 8, 2 * 8 * 36 * 27),
                ("1.0", shape(8), 8 * 2 + 8 * 2 + 1, 0),
                ("2", shape(4), 8 * 4 + 4, 2 * 4 * 36 * 8),
            ]
        );
        assert_eq!((table.trainable, table.fixed), (224 + 16 + 36, 17));
        assert_eq!(table.rows.iter().filter(|row| row.operation == "relu").count(), 2);
        assert!(table.to_string().contains("trained 276, fixed 17\n"), "{table}");
    }

    /// A cell that runs five times, words with a tied head, and a layer that is never called.
    #[derive(Debug, Clone)]
    struct Words {
        embedding: Embedding,
        cell: Linear,
        unused: Linear,
    }
    params!(Words { embedding, cell, unused, "head.weight" = embedding.weight });

    #[test]
    fn loops_tied_weights_and_what_does_not_run() {
        let mut rng = rng(0);
        let words = Words {
            embedding: Embedding::new(11, 4, &mut rng),
            cell: Linear::new(4, 4, &mut rng),
            unused: Linear { bias: None, ..Linear::new(7, 3, &mut rng) },
        };
        let table = summary_of_pass(&words, |words, tape| {
            let x = words.embedding.forward(tape.constant(Tensor::from([[1, 2, 3]])));
            let mut state = x;
            for _ in 0..5 {
                state = (words.cell.forward(state) + x).tanh();
            }
            state.matmul(tape.param(&words.embedding.weight).t())
        });
        let calls: Vec<usize> = table.rows.iter().map(|row| row.calls).collect();
        let shape = |width: usize| format!("[1, 3, {width}]");
        let rows = brief(&table);
        assert_eq!((rows[0].0, &rows[0].2, rows[0].3), ("embedding", &shape(4), 44));
        assert_eq!(
            rows[1..4],
            [
                ("cell", "linear", shape(4), 20, 5 * 3 * 16),
                ("", "add", shape(4), 0, 0),
                ("", "tanh", shape(4), 0, 0),
            ]
        );
        assert_eq!(rows[4], ("embedding", "matmul", shape(11), 0, 3 * 4 * 11));
        assert_eq!(rows[5..], [("unused", "(not run)", String::new(), 21, 0)]);
        assert_eq!(calls[1..], [5, 5, 5, 1, 0]);
        assert_eq!((table.trainable, table.multiply_adds), (44 + 20 + 21, 240 + 132));
        assert_eq!(table.parameter_bytes, 4 * 85);
    }

    #[derive(Debug, Clone)]
    struct Pictures {
        conv: Conv2d,
        head: Linear,
    }
    params!(Pictures { conv, head });
    impl Module for Pictures {
        fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
            self.head.forward(self.conv.forward(x).relu().flatten_axes(1, -1))
        }
    }

    #[test]
    fn what_a_model_does_with_an_output_leaves_its_shape() {
        let mut rng = rng(0);
        let conv = Conv2d::new(1, 2, [3, 3], ConvOptions::default(), &mut rng);
        let table = summary_with_input(&Pictures { conv, head: Linear::new(8, 3, &mut rng) }, [5, 1, 4, 4]);
        let outputs: Vec<String> =
            table.rows.iter().map(|row| format!("{} {}", row.name, row.output.unwrap())).collect();
        assert_eq!(outputs, ["conv [5, 2, 2, 2]", " [5, 2, 2, 2]", "head [5, 3]"]);
    }

    #[test]
    fn parameters_of_the_model_itself_have_an_empty_name() {
        let mut rng = rng(0);
        let table = summary_with_input(&Linear::new(3, 2, &mut rng), [1, 3]);
        assert_eq!(brief(&table), [("", "linear", "[1, 2]".to_string(), 8, 6)]);
        let boxed: Box<dyn Module> = Box::new(sequential![Tanh]);
        assert_eq!(brief(&summary_with_input(&*boxed, [5])), [("", "tanh", "[5]".to_string(), 0, 0)]);
    }
}
