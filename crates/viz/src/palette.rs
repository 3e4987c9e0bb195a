//! Colours: seven for series, a ramp for numbers.

/// Blue, vermilion, green, reddish purple, orange, sky blue, and a grey: the hues of Okabe and Ito, moved until any two of them
/// are at least 20 apart (`$\Delta E^*_{ab}$`) for eyes that see all colours, no red, no green or no blue. (Of the original
/// ones, green and grey are 16 apart without green, green and sky blue without blue.)
///
/// # Source
/// Okabe and Ito 2008, *Color Universal Design*, without its yellow and black, which are hard to see or taken by text.
pub const SERIES_COLORS: [&str; 7] =
    ["#526dac", "#d55c03", "#259965", "#bb7098", "#f0a71d", "#5fbbf0", "#5b5b5b"];

/// Strokes for series beyond the seventh, fourteenth, …: solid, dashed, dotted, dash-dotted.
const DASHES: [&str; 4] = ["", "7 3", "2 3", "8 3 2 3"];

/// Text, axes.
pub(crate) const INK: &str = "#222222";
/// Grid lines.
pub(crate) const GRID: &str = "#e6e6e6";

/// The colour of the series with this number.
pub fn series_color(i: usize) -> &'static str {
    SERIES_COLORS[i % SERIES_COLORS.len()]
}

/// The stroke of the series with this number, as a `stroke-dasharray`; empty for a solid line.
pub(crate) fn series_dash(i: usize) -> &'static str {
    DASHES[(i / SERIES_COLORS.len()) % DASHES.len()]
}

/// Cividis (Nuñez, Anderton, Renslow 2018) at nine places.
const RAMP: [[u8; 3]; 9] = [
    [0, 34, 78],
    [33, 57, 110],
    [68, 78, 108],
    [98, 100, 111],
    [125, 124, 120],
    [154, 148, 118],
    [187, 174, 108],
    [221, 203, 86],
    [254, 232, 56],
];

/// The ramp's colour at `t` in 0 ..= 1, dark first.
pub(crate) fn ramp(t: f64) -> String {
    let place = t.clamp(0.0, 1.0) * (RAMP.len() - 1) as f64;
    let i = (place as usize).min(RAMP.len() - 2);
    let part = place - i as f64;
    let mix =
        |c: usize| (f64::from(RAMP[i][c]) * (1.0 - part) + f64::from(RAMP[i + 1][c]) * part).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}

/// A contour's colour at `t` in 0 ..= 1: dark slate for the lowest level, pale for the highest.
pub(crate) fn contour_ramp(t: f64) -> String {
    let mix = |a: f64, b: f64| (a + (b - a) * t.clamp(0.0, 1.0)).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(92.0, 205.0), mix(112.0, 213.0), mix(140.0, 224.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_the_ramp() {
        assert_eq!((ramp(0.0), ramp(1.0)), ("#00224e".to_string(), "#fee838".to_string()));
        assert_eq!(ramp(2.0), ramp(1.0));
        assert_eq!(contour_ramp(0.0), "#5c708c");
    }

    #[test]
    fn series_beyond_the_palette_change_their_stroke() {
        assert_eq!(series_color(7), series_color(0));
        assert_ne!(series_dash(7), series_dash(0));
    }
}
