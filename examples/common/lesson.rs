//! What the examples share that show one idea in a picture: their option, where the picture goes, arrows.

#![allow(dead_code, reason = "each example takes what it needs")]

#[path = "same_picture.rs"]
mod same_picture;

use std::path::{Path, PathBuf};

use gradus::prelude::*;

/// A place in a chart.
pub(crate) type Point = (f64, f64);

/// Writes a picture to the file that is named as argument, or into the folder for temporary files. With `--quick`, as the checks
/// run the examples, nothing is written: the picture has to be the one in `docs/pictures`.
pub(crate) fn save(name: &str, svg: &str) {
    if std::env::args().any(|argument| argument == "--quick") {
        let file = format!("docs/pictures/{name}.svg");
        let known = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file));
        assert!(
            same_picture::same(svg, &known.unwrap_or_default()),
            "{file} is not what this example draws; if the new picture is right: \
             cargo run --release --example {name} -- {file}"
        );
        println!("\nthe picture is that of {file}");
        return;
    }
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let path = named.map_or_else(|| std::env::temp_dir().join(format!("{name}.svg")), PathBuf::from);
    match std::fs::write(&path, svg) {
        Ok(()) => println!("\npicture saved to {}", path.display()),
        Err(error) => println!("\nno picture, {}: {error}", path.display()),
    }
}

/// A function at so many places from one to another, both included.
pub(crate) fn samples(from: f64, to: f64, count: usize, f: impl Fn(f64) -> f64) -> Vec<Point> {
    let place = |i: usize| from + (to - from) * i as f64 / (count - 1) as f64;
    (0..count).map(|i| (place(i), f(place(i)))).collect()
}

/// Arrows from one place to another as one broken line, with heads of this length. The axes must have one scale.
pub(crate) fn arrows(arrows: &[(Point, Point)], head: f64) -> Vec<Point> {
    let mut line = Vec::new();
    for &((x0, y0), (x1, y1)) in arrows {
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length = dx.hypot(dy);
        line.extend([(x0, y0), (x1, y1)]);
        if length > 0.0 {
            // The two strokes of the head turn back by 25 degrees to both sides.
            let (c, s) = (head.min(length) / length * 0.906, head.min(length) / length * 0.423);
            line.push((x1 - c * dx + s * dy, y1 - c * dy - s * dx));
            line.extend([(x1, y1), (x1 - c * dx - s * dy, y1 - c * dy + s * dx)]);
        }
        line.push((f64::NAN, f64::NAN));
    }
    line
}

/// One step of an optimizer with a gradient that is given.
pub(crate) fn push(optimizer: &mut Optimizer, x: &mut Param, gradient: impl Into<Tensor>) {
    let mut gradients = Gradients::default();
    gradients.set(x.id(), gradient.into());
    optimizer.step(x, &gradients);
}
