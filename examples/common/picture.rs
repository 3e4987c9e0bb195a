//! Small pictures as text, side by side.

use gradus::prelude::*;

/// Rows of a tensor `[n, width²]` with values from 0 to 1 (beyond them, the next), as text: two characters a pixel.
pub(crate) fn draw(pictures: &Tensor, width: usize) -> String {
    const SHADES: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];
    let pixels = pictures.to_f64_vec();
    let shade = |x: f64| SHADES[(x.clamp(0.0, 1.0) * 4.999) as usize];
    let mut text = String::new();
    for row in 0..width {
        for picture in pixels.chunks(width * width) {
            text.extend(picture[row * width..][..width].iter().map(|x| shade(*x)));
            text.push_str("  ");
        }
        text.push('\n');
    }
    text
}
