//! Points and rectangles in pixels, and lines cut at the border of a rectangle.

pub(crate) type Point = (f64, f64);

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Rect {
    pub(crate) fn right(self) -> f64 {
        self.left + self.width
    }

    pub(crate) fn bottom(self) -> f64 {
        self.top + self.height
    }

    pub(crate) fn holds(self, (x, y): (f64, f64)) -> bool {
        (self.left..=self.right()).contains(&x) && (self.top..=self.bottom()).contains(&y)
    }

    /// A rectangle larger by this on every side.
    pub(crate) fn grown(self, by: f64) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            width: self.width + 2.0 * by,
            height: self.height + 2.0 * by,
        }
    }
}

/// The parts of a line that lie in a rectangle. The line is broken where a point is not finite.
pub(crate) fn polyline(points: &[Point], rect: Rect) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let Some((a, b)) = segment(pair[0], pair[1], rect) else { continue };
        match parts.last_mut() {
            // The same point, unless the line has left the rectangle in between.
            Some(part) if part.last() == Some(&a) && a == pair[0] => part.push(b),
            _ => parts.push(vec![a, b]),
        }
    }
    parts
}

/// The part of a segment in a rectangle (Liang and Barsky 1984).
fn segment(a: Point, b: Point, rect: Rect) -> Option<(Point, Point)> {
    if ![a.0, a.1, b.0, b.1].iter().all(|x| x.is_finite()) {
        return None;
    }
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let borders =
        [(-dx, a.0 - rect.left), (dx, rect.right() - a.0), (-dy, a.1 - rect.top), (dy, rect.bottom() - a.1)];
    let (mut from, mut to) = (0.0f64, 1.0f64);
    for (p, q) in borders {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            from = from.max(q / p);
        } else {
            to = to.min(q / p);
        }
    }
    let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
    let start = if from > 0.0 { at(from) } else { a };
    let end = if to < 1.0 { at(to) } else { b };
    (from <= to).then_some((start, end))
}

/// The points of a line that no segment reaches, since both neighbours are missing or not finite.
pub(crate) fn lone(points: &[Point]) -> Vec<Point> {
    let there =
        |i: Option<usize>| i.and_then(|i| points.get(i)).is_some_and(|(x, y)| x.is_finite() && y.is_finite());
    let alone = |i: usize| there(Some(i)) && !there(i.checked_sub(1)) && !there(Some(i + 1));
    (0..points.len()).filter(|&i| alone(i)).map(|i| points[i]).collect()
}

/// Leaves out points closer than this to the one kept before; the last one stays.
pub(crate) fn thin(points: &[Point], distance: f64) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for (i, &point) in points.iter().enumerate() {
        let near = kept.last().is_some_and(|last| (last.0 - point.0).hypot(last.1 - point.1) < distance);
        if !near || i + 1 == points.len() {
            kept.push(point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::abs_diff_eq;

    const UNIT: Rect = Rect { left: 0.0, top: 0.0, width: 10.0, height: 10.0 };

    #[test]
    fn a_line_that_leaves_and_returns_is_cut_where_it_crosses() {
        // Out at (10, 5), in again at (10, 8).
        let line = [(5.0, 5.0), (15.0, 5.0), (15.0, 8.0), (5.0, 8.0)];
        let parts = polyline(&line, UNIT);
        assert_eq!(parts, [vec![(5.0, 5.0), (10.0, 5.0)], vec![(10.0, 8.0), (5.0, 8.0)]]);
    }

    #[test]
    fn both_ends_outside_may_still_cross() {
        assert_eq!(polyline(&[(-5.0, 5.0), (15.0, 5.0)], UNIT), [vec![(0.0, 5.0), (10.0, 5.0)]]);
        assert!(polyline(&[(-5.0, 11.0), (15.0, 11.0)], UNIT).is_empty());
        assert!(polyline(&[(11.0, -50.0), (60.0, 5.0)], UNIT).is_empty());
    }

    #[test]
    fn what_is_not_finite_breaks_the_line() {
        let line = [(1.0, 1.0), (2.0, 2.0), (f64::NAN, 3.0), (4.0, 4.0), (5.0, 5.0), (f64::INFINITY, 6.0)];
        assert_eq!(polyline(&line, UNIT), [vec![(1.0, 1.0), (2.0, 2.0)], vec![(4.0, 4.0), (5.0, 5.0)]]);
    }

    #[test]
    fn a_point_between_gaps_is_alone() {
        let gap = (3.0, f64::NAN);
        assert_eq!(
            lone(&[(1.0, 1.0), gap, (2.0, 2.0), (4.0, 4.0), gap, (5.0, 5.0)]),
            [(1.0, 1.0), (5.0, 5.0)]
        );
        assert_eq!((lone(&[(1.0, 1.0)]), lone(&[])), (vec![(1.0, 1.0)], vec![]));
    }

    #[test]
    fn far_away_points_keep_their_direction() {
        let parts = polyline(&[(5.0, 5.0), (5.0 + 1e200, 5.0 + 0.5e200)], UNIT);
        let end = parts[0][1];
        assert!(
            abs_diff_eq!(end.0, 10.0, epsilon = 1e-9) && abs_diff_eq!(end.1, 7.5, epsilon = 1e-9),
            "{end:?}"
        );
    }

    #[test]
    fn thinning_keeps_the_ends() {
        let line = [(0.0, 0.0), (0.1, 0.0), (3.0, 0.0), (3.05, 0.0)];
        assert_eq!(thin(&line, 1.0), [(0.0, 0.0), (3.0, 0.0), (3.05, 0.0)]);
    }
}
