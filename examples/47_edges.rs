//! A convolution by hand: a handwritten digit, and where three windows of 3 × 3 weights answer.
//!
//! A window of weights is laid on each place of the picture and multiplied with what it covers, `$y_{hw} = \sum_{ij} w_{ij} x_{h+i, w+j}$`.
//! One that is dark on one side and bright on the other answers at edges; one of equal weights smooths.

#[path = "common/lesson.rs"]
mod lesson;

use approx::assert_abs_diff_eq;
use gradus::data::digits;
use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Grid, Scale};
use lesson::save;

const KERNELS: [(&str, [[f64; 3]; 3]); 3] = [
    ("bright on the right", [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]),
    ("bright below", [[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]]),
    ("a mean", [[1.0 / 9.0; 3]; 3]),
];

/// A picture `[8, 8]`, its first row on top.
fn panel(title: &str, picture: &Tensor, range: (f64, f64)) -> Chart {
    let values = picture.flip(0).to_f64_vec();
    let grid = Grid { x: (0.0, 7.0), y: (0.0, 7.0), columns: 8, rows: 8, values };
    Chart::new(title)
        .size(240.0, 240.0)
        .x_axis("column", Scale::Integer)
        .y_axis("row from below", Scale::Integer)
        .x_range(-0.5, 7.5)
        .y_range(-0.5, 7.5)
        .heat(grid, "value", range)
}

/// The same without the library: one sum for each place, with zeros outside.
fn by_hand(picture: &Tensor, kernel: &[[f64; 3]; 3], row: usize, column: usize) -> f64 {
    let mut sum = 0.0;
    for (i, weights) in kernel.iter().enumerate() {
        for (j, weight) in weights.iter().enumerate() {
            let (r, c) = (row + i, column + j);
            // The window begins one place above and left.
            if (1..=8).contains(&r) && (1..=8).contains(&c) {
                sum += weight * picture.select(0, r as isize - 1).select(0, c as isize - 1).item();
            }
        }
    }
    sum
}

fn main() {
    let data = digits();
    let picture = data.inputs.select(0, 0).reshape([8, 8]).to(DType::F64);
    println!("a {}, and the largest answer of three windows", data.labels.select(0, 0).item());
    let mut figure =
        Figure::new("A digit under three windows").panel(panel("the digit", &picture, (0.0, 1.001)));
    for (name, kernel) in KERNELS {
        let tape = Tape::inference();
        let same = ConvOptions { padding: Padding::Same, ..ConvOptions::default() };
        let weight = Tensor::from(kernel).reshape([1, 1, 3, 3]);
        let answer = tape.constant(picture.reshape([1, 1, 8, 8])).conv(&weight, None, &same).value();
        let answer = answer.reshape([8, 8]);
        for (row, column) in [(0, 0), (3, 2), (4, 5), (7, 7)] {
            let value = answer.select(0, row as isize).select(0, column as isize).item();
            assert_abs_diff_eq!(value, by_hand(&picture, &kernel, row, column), epsilon = 1e-12);
        }
        let most = answer.abs().max().item();
        println!("{name:20} {most:.4}");
        let range = if name == "a mean" { (0.0, 1.001) } else { (-4.0, 4.001) };
        figure = figure.panel(panel(name, &answer, range));
    }
    save("47_edges", &figure.columns(2).svg());
}
