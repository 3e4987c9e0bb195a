//! The levels of contours, written on them: where nothing else stands.

use svg::node::element::Group;

use crate::clip::{Point, Rect, polyline};
use crate::element::{label, rectangle};
use crate::layout::Layout;
use crate::mark::Level;
use crate::text::width;

/// The size of the labels.
const SMALL: f64 = 12.0;
/// Places on a line that are looked at.
const PLACES: usize = 48;
/// Farther from a path is no better.
const ENOUGH: f64 = 40.0;
/// Between a label and the places that are known of a line, which lie at most twelve pixels apart.
const NEAR: f64 = 6.0;

/// Labels of levels, each on a long line of its level, as far from the lines given as can be; none where it would lie on
/// another label, or below one of the lines.
pub(crate) fn labels(group: Group, levels: &[Level], layout: &Layout, lines: &[Vec<Point>]) -> Group {
    let busy: Vec<Point> = lines.iter().flat_map(|line| along(line, layout.plot)).collect();
    let mut taken: Vec<Rect> = Vec::new();
    levels.iter().fold(group, |group, level| {
        let text = written(level.value);
        let (wide, high) = (width(&text, SMALL) + 4.0, SMALL + 3.0);
        let around =
            |(x, y): Point| Rect { left: x - wide / 2.0, top: y - high / 2.0, width: wide, height: high };
        let free = |rect: &Rect| {
            let roomy = rect.grown(NEAR);
            within(*rect, layout.plot)
                && taken.iter().all(|other| !overlap(*rect, *other))
                && busy.iter().all(|place| !roomy.holds(*place))
        };
        let parts = level.lines.iter().flat_map(|line| polyline(&layout.places(line), layout.plot));
        // Short rings would be hidden by their labels.
        let long: Vec<Vec<Point>> = parts.filter(|line| length(line) >= 4.0 * wide).collect();
        let places = long.iter().flat_map(|line| line.iter().step_by(line.len().div_ceil(PLACES)));
        let places = places.filter(|&&place| free(&around(place)));
        let clearance = |place: &Point| {
            busy.iter().map(|other| (other.0 - place.0).hypot(other.1 - place.1)).fold(ENOUGH, f64::min)
        };
        let best =
            places.map(|&place| (clearance(&place), place)).reduce(|a, b| if b.0 > a.0 { b } else { a });
        let Some((_, place)) = best else { return group };
        let rect = around(place);
        taken.push(rect.grown(2.0));
        let number = label(&text, (place.0, place.1 + 0.36 * SMALL), "middle").set("font-size", SMALL);
        group.add(rectangle(rect, "#ffffff").set("fill-opacity", 0.85)).add(number.set("fill", "#555555"))
    })
}

/// A level in at most three digits: `0.05`, `250`, `2e4`.
fn written(level: f64) -> String {
    let (size, sign) = (level.abs(), if level < 0.0 { "−" } else { "" });
    if level == 0.0 || (1e-3..1e4).contains(&size) {
        let behind = if level == 0.0 { 0 } else { (2 - size.log10().floor() as i32).max(0) as usize };
        let text = format!("{size:.behind$}");
        let text = if behind > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        return format!("{sign}{text}");
    }
    let text = format!("{size:.2e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{sign}{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// Places on a line, at most eight pixels apart.
fn along(line: &[Point], plot: Rect) -> Vec<Point> {
    let mut places: Vec<Point> = line.iter().copied().filter(|&place| plot.holds(place)).collect();
    for ends in polyline(line, plot).iter().flat_map(|part| part.windows(2)) {
        let (dx, dy) = (ends[1].0 - ends[0].0, ends[1].1 - ends[0].1);
        let count = (dx.hypot(dy) / 8.0) as usize;
        let place = |k: usize| k as f64 / (count + 1) as f64;
        places.extend((1..=count).map(|k| (ends[0].0 + place(k) * dx, ends[0].1 + place(k) * dy)));
    }
    crate::clip::thin(&places, 4.0)
}

fn length(line: &[Point]) -> f64 {
    line.windows(2).map(|ends| (ends[1].0 - ends[0].0).hypot(ends[1].1 - ends[0].1)).sum()
}

fn within(rect: Rect, plot: Rect) -> bool {
    let plot = plot.grown(-2.0);
    plot.holds((rect.left, rect.top)) && plot.holds((rect.right(), rect.bottom()))
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.left < b.right() && b.left < a.right() && a.top < b.bottom() && b.top < a.bottom()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_short() {
        let cases = [
            (0.0, "0"),
            (0.05, "0.05"),
            (2.0, "2"),
            (250.0, "250"),
            (-1.25, "−1.25"),
            (1.0 / 3.0, "0.333"),
            (20_000.0, "2e4"),
            (1e-7, "1e-7"),
            (9999.9, "10000"),
        ];
        for (level, want) in cases {
            assert_eq!(written(level), want);
        }
    }
}
