//! What the page sends, as a view's request: JSON of a bounded size. What is wrong with it is told by its place, with what it
//! should be: `optimizers[1]: 3; it is to be a text`.

use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, Unexpected, Visitor};
use serde_json::{Value, error::Category};

use super::LARGEST;
use crate::answer::Refusal;

/// Characters of a text that is told again.
const SHOWN: usize = 60;

/// The request of a view.
pub(super) async fn read<Q: DeserializeOwned>(request: Request) -> Result<Q, Refusal> {
    let refuse = |status, text: String| Refusal::new(status, "request", text);
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    if !kind.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("application/json") {
        let text = "a request is JSON: send it with the header content-type: application/json";
        return Err(refuse(415, text.to_string()));
    }
    let body = Bytes::from_request(request, &()).await.map_err(|it| match it.into_response().status() {
        status if status == 413 => {
            refuse(413, format!("the request is larger than {LARGEST} bytes; send a shorter one"))
        }
        _ => refuse(400, "the request broke off; send it again".to_string()),
    })?;
    let value: Value = serde_json::from_slice(&body).map_err(|error| refuse(400, no_json(&error)))?;
    Q::deserialize(Part(&value)).map_err(|wrong| refuse(422, wrong.to_string()))
}

fn no_json(error: &serde_json::Error) -> String {
    let place = format!("at line {}, column {}", error.line(), error.column());
    match error.classify() {
        Category::Eof => format!("the JSON of the request ends in the middle, {place}; send all of it"),
        _ => format!(
            "the request is no JSON that can be read, {place}; send an object of names and values, with numbers below \
             1.8e308, texts in UTF-8 and lists in lists at most 127 deep"
        ),
    }
}

/// What is wrong, and where.
#[derive(Debug)]
struct Wrong {
    place: String,
    text: String,
}

impl Wrong {
    fn new(text: String) -> Self {
        Self { place: String::new(), text }
    }

    /// The same within a field or a list.
    fn within(self, outer: &str) -> Self {
        let dot = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        Self { place: format!("{outer}{dot}{}", self.place), text: self.text }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.place.is_empty() { "" } else { ": " };
        write!(f, "{}{colon}{}", self.place, self.text)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::new(text.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::new(format!("{}; it is to be {}", self::found(found), self::wanted(&wanted.to_string())))
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(found, wanted)
    }

    fn invalid_length(length: usize, wanted: &dyn Expected) -> Self {
        Self::new(format!("a list of {length}; it is to be {}", self::wanted(&wanted.to_string())))
    }

    fn unknown_variant(found: &str, all: &'static [&'static str]) -> Self {
        Self::new(format!("{}; there are {}", quoted(found), all.join(", ")))
    }

    fn unknown_field(found: &str, all: &'static [&'static str]) -> Self {
        let all = if all.is_empty() { "none".to_string() } else { all.join(", ") };
        Self::new(format!("this request has no field {}; there are {all}", quoted(found)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("missing; send it".to_string()).within(field)
    }
}

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(SHOWN).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{more}")
}

fn found(it: Unexpected<'_>) -> String {
    match it {
        Unexpected::Bool(it) => it.to_string(),
        Unexpected::Unsigned(it) => it.to_string(),
        Unexpected::Signed(it) => it.to_string(),
        Unexpected::Float(it) => format!("{it:?}"),
        Unexpected::Str(it) => quoted(it),
        Unexpected::Unit | Unexpected::Option => "null".to_string(),
        Unexpected::Seq => "a list".to_string(),
        Unexpected::Map => "an object".to_string(),
        other => other.to_string(),
    }
}

/// What serde expects, in words.
fn wanted(it: &str) -> String {
    let list = |start: &str| it.strip_prefix(start).map(|length| format!("a list of {length}"));
    let other = || list("an array of length ").or_else(|| list("a tuple of size "));
    match it {
        "f64" => "a number".to_string(),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "u64" | "usize" => "a whole number, not below 0".to_string(),
        "a string" => "a text".to_string(),
        "a boolean" => "true or false".to_string(),
        "a sequence" => "a list".to_string(),
        _ if it.starts_with("struct ") || it == "a map" => "an object of names and values".to_string(),
        _ => other().unwrap_or_else(|| it.to_string()),
    }
}

/// A part of the request's JSON, which is read into what a view wants.
struct Part<'a>(&'a Value);

impl<'de> Deserializer<'de> for Part<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(it) => visitor.visit_bool(*it),
            Value::Number(it) => match (it.as_u64(), it.as_i64()) {
                (Some(it), _) => visitor.visit_u64(it),
                (_, Some(it)) => visitor.visit_i64(it),
                _ => visitor.visit_f64(it.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(it) => visitor.visit_borrowed_str(it),
            Value::Array(all) => {
                let mut items = Items { all, next: 0 };
                let it = visitor.visit_seq(&mut items)?;
                let whole = format!("an array of length {}", items.next);
                if items.next < all.len() {
                    return Err(de::Error::invalid_length(all.len(), &whole.as_str()));
                }
                Ok(it)
            }
            Value::Object(all) => visitor.visit_map(Fields { all: all.iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

struct Items<'a> {
    all: &'a [Value],
    next: usize,
}

impl<'de> de::SeqAccess<'de> for &mut Items<'de> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some(item) = self.all.get(self.next) else { return Ok(None) };
        let place = format!("[{}]", self.next);
        self.next += 1;
        seed.deserialize(Part(item)).map(Some).map_err(|wrong| wrong.within(&place))
    }
}

struct Fields<'a> {
    all: serde_json::map::Iter<'a>,
    value: Option<(&'a String, &'a Value)>,
}

impl<'de> de::MapAccess<'de> for Fields<'de> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        self.value = self.all.next();
        let key = self.value.map(|(name, _)| StrDeserializer::new(name));
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Wrong> {
        let (name, value) =
            self.value.take().ok_or_else(|| Wrong::new("a name without a value".to_string()))?;
        seed.deserialize(Part(value)).map_err(|wrong| wrong.within(name))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        #[serde(default)]
        name: String,
        #[serde(default)]
        pair: [f64; 2],
        #[serde(default)]
        inner: Vec<Inner>,
        many: Option<u32>,
        steps: usize,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        on: bool,
    }

    fn wrong(value: &Value) -> String {
        Asked::deserialize(Part(value)).expect_err("it is refused").to_string()
    }

    #[test]
    fn what_is_right_is_read() {
        let value =
            json!({ "name": "a", "pair": [1, 2.5], "inner": [{ "on": true }], "many": null, "steps": 3 });
        let it = Asked::deserialize(Part(&value)).unwrap();
        assert_eq!((it.name.as_str(), it.pair, it.many, it.steps), ("a", [1.0, 2.5], None, 3));
        assert!(it.inner[0].on);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_place() {
        for (value, words) in [
            (json!({}), "steps: missing; send it"),
            (json!({ "steps": -1 }), "steps: -1; it is to be a whole number, not below 0"),
            (json!({ "steps": 1.5 }), "steps: 1.5; it is to be a whole number, not below 0"),
            (
                json!({ "many": 1e10 as u64 }),
                "many: 10000000000; it is to be a whole number from 0 to 4294967295",
            ),
            (json!({ "name": 3 }), "name: 3; it is to be a text"),
            (json!({ "pair": [1, null] }), "pair[1]: null; it is to be a number"),
            (json!({ "pair": [1] }), "pair: a list of 1; it is to be a list of 2"),
            (json!({ "pair": [1, 2, 3] }), "pair: a list of 3; it is to be a list of 2"),
            (
                json!({ "inner": [{ "on": true }, { "on": "x" }] }),
                "inner[1].on: \"x\"; it is to be true or false",
            ),
            (json!({ "inner": [{}] }), "inner[0].on: missing; send it"),
            (json!({ "inner": {} }), "inner: an object; it is to be a list"),
            (
                json!({ "size": 1 }),
                "this request has no field \"size\"; there are name, pair, inner, many, steps",
            ),
            (json!(7), "7; it is to be an object of names and values"),
        ] {
            assert_eq!(wrong(&value), words, "{value}");
        }
        assert!(wrong(&json!({ "name": [], "steps": 1 })).contains("a list; it is to be a text"));
        assert!(wrong(&json!({ "steps": "é".repeat(1000) })).len() < 300);
    }
}
