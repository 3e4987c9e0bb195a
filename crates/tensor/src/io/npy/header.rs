//! The header of an npy file: a dictionary as Python writes it, with three fields. What the format does not allow is refused, so that no
//! misspelt word is read as its opposite.

use crate::Shape;

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    /// Element type and size, without the byte order: `f8`.
    pub(super) kind: &'static str,
    /// Bytes of an element.
    pub(super) size: usize,
    /// Whether the bytes of an element begin with the highest.
    pub(super) big: bool,
    /// Whether the first axis runs fastest.
    pub(super) fortran: bool,
    pub(super) shape: Shape,
}

/// The fields: there are no others, and none is left out.
const FIELDS: [&str; 3] = ["descr", "fortran_order", "shape"];
/// The element types that are read, and their bytes.
const TYPES: [(&str, usize); 11] = [
    ("b1", 1),
    ("f2", 2),
    ("f4", 4),
    ("f8", 8),
    ("i1", 1),
    ("i2", 2),
    ("i4", 4),
    ("i8", 8),
    ("u1", 1),
    ("u2", 2),
    ("u4", 4),
];
/// What may stand between words.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
/// Letters of a field that are shown.
const SHOWN: usize = 60;

pub(super) fn parse(text: &str) -> Result<Header, String> {
    let [descr, order, shape] = fields(text)?;
    let (kind, size, big) = descr_of(descr)?;
    Ok(Header { kind, size, big, fortran: order_of(order)?, shape: super::super::shape(&sizes_of(shape)?)? })
}

/// The values of the fields, as they are written.
fn fields(text: &str) -> Result<[&str; 3], String> {
    let mut found = [None; 3];
    let no_dictionary = || format!("its header is no dictionary of Python: {}", shown(text));
    let mut rest = text.trim_start_matches(BLANKS).strip_prefix('{').ok_or_else(no_dictionary)?;
    loop {
        rest = rest.trim_start_matches(BLANKS);
        if let Some(behind) = rest.strip_prefix('}') {
            rest = behind;
            break;
        }
        let (key, behind) = value(rest, ':').ok_or_else(no_dictionary)?;
        let (given, behind) =
            behind.strip_prefix(':').and_then(|rest| value(rest, ',')).ok_or_else(no_dictionary)?;
        let at = string(key).and_then(|key| FIELDS.iter().position(|field| *field == key));
        let at = at.ok_or_else(|| {
            format!(
                "its header has {}; 'descr', 'fortran_order' and 'shape' are all there may be",
                shown(key)
            )
        })?;
        if found[at].replace(given).is_some() {
            return Err(format!("its header has '{}' twice", FIELDS[at]));
        }
        rest = behind.strip_prefix(',').unwrap_or(behind);
    }
    if !rest.trim_matches(BLANKS).is_empty() {
        return Err(format!("its header goes on behind its dictionary: {}", shown(rest)));
    }
    let missing = |at: usize| format!("its header has no '{}'", FIELDS[at]);
    let field = |at: usize| found[at].ok_or_else(|| missing(at));
    Ok([field(0)?, field(1)?, field(2)?])
}

/// A value without the blanks around it, and what follows: the end, or the end of the dictionary. Brackets and quotes are closed within.
fn value(text: &str, end: char) -> Option<(&str, &str)> {
    let (mut depth, mut quote) = (0usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = quote.filter(|_| open != c),
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') if depth > 0 => depth -= 1,
            (None, _) if depth == 0 && (c == end || c == '}') => {
                return Some((text[..at].trim_matches(BLANKS), &text[at..]));
            }
            _ => {}
        }
    }
    None
}

/// The letters of a text in quotes.
fn string(value: &str) -> Option<&str> {
    let of = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    of('\'').or_else(|| of('"')).filter(|text| !text.contains(['\'', '"', '\\']))
}

fn shown(text: &str) -> String {
    let (text, n) = (text.trim_matches(BLANKS), text.trim_matches(BLANKS).chars().count());
    let start: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if n > SHOWN { start + "…" } else { start.replace("\\'", "'") }
}

fn wrong(field: usize, value: &str, allowed: &str) -> String {
    format!("its header has '{}': {}; {allowed}", FIELDS[field], shown(value))
}

/// Type, size and whether the highest byte comes first.
fn descr_of(value: &str) -> Result<(&'static str, usize, bool), String> {
    let refused = |allowed: &str| Err(wrong(0, value, allowed));
    if value.starts_with('[') {
        return refused("its elements are records; arrays of numbers alone are read");
    }
    let Some((order, name)) = string(value).and_then(|text| text.split_at_checked(1)) else {
        return refused("an element type in quotes is allowed, such as '<f8'");
    };
    let Some(&(kind, size)) = TYPES.iter().find(|(known, _)| *known == name) else {
        let known = TYPES.map(|(known, _)| known).join(", ");
        return refused(&format!(
            "element types that are read are {known}, behind < or > for the order of bytes"
        ));
    };
    match (order, size) {
        ("<", _) | ("|", 1) => Ok((kind, size, false)),
        (">", _) => Ok((kind, size, true)),
        _ => refused("the order of bytes is < (lowest first) or > (highest first), and | for one byte"),
    }
}

fn order_of(value: &str) -> Result<bool, String> {
    match value {
        "True" => Ok(true),
        "False" => Ok(false),
        _ => Err(wrong(1, value, "True or False is allowed")),
    }
}

fn sizes_of(value: &str) -> Result<Vec<usize>, String> {
    let refused = || wrong(2, value, "a tuple of sizes is allowed, such as (2, 3), (2,) or ()");
    let inner = value.strip_prefix('(').and_then(|value| value.strip_suffix(')')).ok_or_else(refused)?;
    let mut sizes: Vec<&str> = inner.split(',').map(|size| size.trim_matches(BLANKS)).collect();
    if sizes == [""] {
        return Ok(Vec::new());
    }
    // A comma behind the last is allowed; behind the only one it makes the tuple.
    if sizes.len() > 1 && sizes.last() == Some(&"") {
        sizes.pop();
    } else if sizes.len() == 1 {
        return Err(refused());
    }
    let number = |size: &&str| {
        let digits = size.bytes().all(|c| c.is_ascii_digit()) && (*size == "0" || !size.starts_with('0'));
        size.parse().ok().filter(|_| digits).ok_or_else(refused)
    };
    sizes.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::{MAGIC, parse as parse_file};
    use super::*;

    fn reason(text: &str) -> String {
        parse(text).unwrap_err()
    }

    #[test]
    fn what_python_writes_is_read() {
        for text in [
            "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }   \n",
            "{\"shape\":(2,3,),\"fortran_order\":False,\"descr\":\"<f8\"}",
            " {\n'shape' : ( 2 ,\t3 ) , 'descr' : '<f8' , 'fortran_order' : False }\r\n",
        ] {
            let header = parse(text).unwrap();
            assert_eq!(
                (header.kind, header.size, header.big, header.fortran),
                ("f8", 8, false, false),
                "{text}"
            );
            assert_eq!(header.shape[..], [2, 3], "{text}");
        }
        let shape =
            |shape: &str| parse(&format!("{{'descr': '|u1', 'fortran_order': True, 'shape': {shape}}}"));
        assert!(shape("()").unwrap().shape.is_empty());
        assert_eq!(shape("(0,)").unwrap().shape[..], [0]);
    }

    #[test]
    fn each_field_is_what_the_format_allows_or_is_quoted() {
        let of = |descr: &str, order: &str| {
            reason(&format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': (), }}"))
        };
        for order in ["Trve", "true", "1", "'True'", "None", "True False", ""] {
            assert_eq!(
                of("'<f8'", order),
                format!("its header has 'fortran_order': {order}; True or False is allowed")
            );
        }
        for descr in ["'xf8'", "'f8'", "'=f8'", "'|f8'", "'=u1'", "'u1'", "' f8'"] {
            let said = of(descr, "False");
            assert!(
                said.starts_with(&format!("its header has 'descr': {descr}; ")) && said.contains("< "),
                "{said}"
            );
        }
        for descr in
            ["'<c8'", "'<f16'", "'<F8'", "'<U3'", "'|O'", "'<'", "'<i3'", "'<f8 '", "'float64'", "'<M8[ns]'"]
        {
            let said = of(descr, "False");
            assert!(
                said.starts_with(&format!("its header has 'descr': {descr}; element types that")),
                "{said}"
            );
        }
        for descr in ["<f8", "'", "''", "('<f8', (2,))", "'<f8\"", "'<\\x66 8'", "None"] {
            assert!(of(descr, "False").starts_with("its header "), "{descr}");
        }
        assert!(of("[('x', '<f8'), ('y', '<i4')]", "False").contains("'<i4')]; its elements are records"));
    }

    #[test]
    fn a_shape_is_a_tuple_of_sizes() {
        let wrong = "2 / (2) / [2, 3] / (-2,) / (2.0,) / (+2,) / (02,) / (2,,3) / (,) / (2 3,) / (1_0,) / (x,) / (2L,) / (0x2,) / ((2,),) \
                     / (True,) / (99999999999999999999,)";
        for shape in wrong.split(" / ") {
            let said = reason(&format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"));
            let allowed = "a tuple of sizes is allowed, such as (2, 3), (2,) or ()";
            assert_eq!(said, format!("its header has 'shape': {shape}; {allowed}"));
        }
    }

    #[test]
    fn the_fields_are_three_and_there_once() {
        let [d, o, s] = ["'descr': '<f8'", "'fortran_order': False", "'shape': ()"];
        for (text, said) in [
            (format!("{{{d}, {o}}}"), "its header has no 'shape'"),
            (format!("{{{o}, {s}}}"), "its header has no 'descr'"),
            ("{}".to_string(), "its header has no 'descr'"),
            (format!("{{{d}, {o}, {s}, {d}}}"), "its header has 'descr' twice"),
            (format!("{{{d}, {o}, {s}, 'more': 1}}"), "its header has 'more'; 'descr', 'fortran_order' and"),
            (format!("{{{d}, {o}, shape: ()}}"), "its header has shape; 'descr', 'fortran_order' and"),
            (format!("{{{d}, {o}, {s}}} x"), "its header goes on behind its dictionary: x"),
            (format!("{{{d}, {o}, {s}}}\0"), "its header goes on behind its dictionary: \\0"),
            (format!("{{{d}, {o}, {s}"), "its header is no dictionary of Python: {'descr'"),
            (format!("{{{d} {o}, {s}}}"), "its header has no 'fortran_order'"),
            (format!("{{{d},, {o}, {s}}}"), "its header "),
            ("(1, 2)".to_string(), "its header is no dictionary of Python: (1, 2)"),
            (String::new(), "its header is no dictionary of Python: "),
        ] {
            let found = reason(&text);
            assert!(found.starts_with(said), "{text}: {found}");
        }
    }

    /// A number of a type from its bytes, the lowest first.
    fn number(kind: &str, bytes: &[u8]) -> f64 {
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        let bits = u64::from_le_bytes(wide);
        let shift = 64 - 8 * bytes.len();
        match kind.as_bytes()[0] {
            b'b' => f64::from(u8::from(bits != 0)),
            b'i' => ((bits << shift).cast_signed() >> shift) as f64,
            b'u' => bits as f64,
            _ => match bytes.len() {
                2 => f64::from(super::super::super::half(bits as u16)),
                4 => f64::from(f32::from_bits(bits as u32)),
                _ => f64::from_bits(bits),
            },
        }
    }

    /// All headers that may come of another byte in one of these, without blanks outside of quotes and commas behind the last.
    fn allowed() -> HashMap<String, (&'static str, usize, bool, bool, Vec<usize>)> {
        let mut all = HashMap::new();
        for (kind, size) in TYPES {
            for order in ["<", ">", "|"].into_iter().filter(|order| *order != "|" || size == 1) {
                for (word, fortran) in [("True", true), ("False", false)] {
                    let mut add = |shape: &str, sizes: Vec<usize>| {
                        let text =
                            format!("{{'descr':'{order}{kind}','fortran_order':{word},'shape':({shape})}}");
                        all.insert(text, (kind, size, order == ">", fortran, sizes));
                    };
                    for a in 0..100 {
                        add(&format!("{a},"), vec![a]);
                        (0..100).for_each(|b| add(&format!("{a},{b}"), vec![a, b]));
                    }
                }
            }
        }
        all
    }

    fn bare(header: &[u8]) -> String {
        let (mut inside, mut apart, mut out) = (false, false, String::new());
        for c in String::from_utf8_lossy(header).chars() {
            inside ^= c == '\'';
            if inside || !BLANKS.contains(&c) {
                // Two numbers stay two.
                let two = apart && c.is_ascii_digit() && out.ends_with(|c: char| c.is_ascii_digit());
                out.extend(two.then_some(' ').into_iter().chain([c]));
            }
            apart = BLANKS.contains(&c);
        }
        if out.ends_with(",}") {
            out.truncate(out.len() - 2);
            out.push('}');
        }
        without_last_comma(&out)
    }

    /// `(3,2,)` as `(3,2)`; a tuple of one size has its comma.
    fn without_last_comma(text: &str) -> String {
        let Some((before, inner, behind)) = text
            .split_once('(')
            .and_then(|(before, rest)| rest.split_once(')').map(|(inner, behind)| (before, inner, behind)))
        else {
            return text.to_string();
        };
        let short = inner.strip_suffix(',').filter(|short| short.contains(',') && !short.ends_with(','));
        format!("{before}({}){behind}", short.unwrap_or(inner))
    }

    /// Each byte of a header as any other byte: an error, or the array that the format demands.
    #[test]
    fn another_byte_is_an_error_or_another_header() {
        let (all, data) = (allowed(), (0..96u8).map(|i| i.wrapping_mul(37) ^ 5).collect::<Vec<_>>());
        let mut read = 0;
        for base in [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n",
            "{'descr': '|u1', 'fortran_order': True, 'shape': (4, 2), }\n",
            "{'shape':(3,2,),'descr':'>i2','fortran_order':True}",
        ] {
            let ordered = base.starts_with("{'d");
            for (at, byte) in (0..base.len()).flat_map(|at| (0..=255u8).map(move |byte| (at, byte))) {
                let mut header = base.as_bytes().to_vec();
                header[at] = byte;
                let file = [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes(), &header, &data].concat();
                let shown = String::from_utf8_lossy(&header).into_owned();
                let mut key = bare(&header);
                let inner = key.strip_prefix('{').and_then(|key| key.strip_suffix('}'));
                if !ordered && let Some((shape, rest)) = inner.and_then(|key| key.split_once(",'descr'")) {
                    key = format!("{{'descr'{rest},{shape}}}");
                }
                let fits =
                    |sizes: &[usize], size: usize| sizes.iter().product::<usize>() * size <= data.len();
                let wanted = all.get(&key).filter(|(_, size, .., sizes)| fits(sizes, *size));
                let found = parse_file(&file);
                let Some((kind, size, big, fortran, sizes)) = wanted else {
                    assert!(found.is_err(), "{shown:?} was read");
                    continue;
                };
                let found = found.unwrap_or_else(|error| panic!("{shown:?}: {error}"));
                let (rows, columns) = (sizes[0], sizes.get(1).copied().unwrap_or(1));
                let element = |i: usize, j: usize| {
                    let at = size * if *fortran { j * rows + i } else { i * columns + j };
                    let mut bytes = data[at..at + size].to_vec();
                    if *big {
                        bytes.reverse();
                    }
                    number(kind, &bytes).to_bits()
                };
                let wanted: Vec<u64> = (0..rows)
                    .flat_map(|i| (0..columns).map(move |j| (i, j)))
                    .map(|(i, j)| element(i, j))
                    .collect();
                let bits: Vec<u64> = found.to_f64_vec().into_iter().map(f64::to_bits).collect();
                assert!(found.shape()[..] == sizes[..] && bits == wanted, "{shown:?}: {found:?}");
                read += 1;
            }
        }
        assert!(read > 200, "{read} headers were read");
    }
}
