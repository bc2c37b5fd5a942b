//! A question as JSON, read field by field, and the coded refusal of one that cannot be answered.
//!
//! Every reader names the field in its refusal, those of an object in a list with their place:
//! `events[2].at`. `null` is an absent field.

use core::fmt::Display;

use serde_json::{Map, Value};

use crate::calendar::{Date, Month, parse_day};
use crate::message::{Lang, Text, text};
use crate::pack::Market;

use super::line::{self, At};

/// Why a question is not answered: a stable code with words in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    code: &'static str,
    words: Text,
}

impl Refusal {
    /// The refusal of this key of the catalogue, which begins with `explain.`; the rest is its code.
    pub(crate) fn new(key: &'static str, arguments: &[(&str, &dyn Display)]) -> Refusal {
        Refusal {
            code: key.strip_prefix("explain.").unwrap_or(key),
            words: Text::of(key, arguments),
        }
    }

    /// Its code.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// What to tell a person.
    pub(crate) fn words(&self) -> &Text {
        &self.words
    }

    /// A field that holds something else than what `expected`, a key of the catalogue, says.
    pub(super) fn expected(field: &str, expected: &str) -> Refusal {
        let said = |lang| {
            text(
                lang,
                "explain.bad_field",
                &[("field", &field), ("expected", &text(lang, expected, &[]))],
            )
        };
        Refusal {
            code: "bad_field",
            words: Text {
                zh: said(Lang::Zh),
                en: said(Lang::En),
            },
        }
    }
}

/// One question, or one object of a list in it: the fields of a JSON object.
#[derive(Debug)]
pub(crate) struct Question {
    /// What stands before a field's name in a refusal.
    path: String,
    fields: Map<String, Value>,
}

impl Question {
    /// Reads one line.
    pub(crate) fn read(line: &str) -> Result<Question, Refusal> {
        match serde_json::from_str(line) {
            Ok(Value::Object(fields)) => Ok(Question {
                path: String::new(),
                fields,
            }),
            Ok(_) => Err(Refusal::new("explain.not_an_object", &[])),
            Err(error) => Err(Refusal::new("explain.bad_json", &[("detail", &error)])),
        }
    }

    /// Its id, a text or a whole number, which the answer repeats.
    pub(crate) fn id(&self) -> Result<&Value, Refusal> {
        match self.field("id") {
            None => Err(self.missing("id")),
            Some(id) if id.is_string() || id.is_i64() || id.is_u64() => Ok(id),
            Some(_) => Err(Refusal::expected("id", "expected.id")),
        }
    }

    /// Refuses a field that is neither `id` nor among `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self
            .fields
            .keys()
            .find(|field| *field != "id" && !known.contains(&field.as_str()))
        {
            Some(field) => Err(Refusal::new("explain.unknown_field", &[("field", field)])),
            None => Ok(()),
        }
    }

    /// A field, if it is there and not `null`.
    pub(crate) fn field(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// The objects of a list that must be there.
    pub(crate) fn objects(&self, field: &str) -> Result<Vec<Question>, Refusal> {
        let value = self.field(field).ok_or_else(|| self.missing(field))?;
        let values = value
            .as_array()
            .ok_or_else(|| self.expected(field, "expected.objects"))?;
        let each = values.iter().enumerate().map(|(index, value)| {
            let name = format!("{}{field}[{index}]", self.path);
            match value {
                Value::Object(fields) => Ok(Question {
                    path: format!("{name}."),
                    fields: fields.clone(),
                }),
                _ => Err(Refusal::expected(&name, "expected.object")),
            }
        });
        each.collect()
    }

    /// The whole object.
    pub(crate) fn value(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// What a field is called in a refusal.
    pub(crate) fn name(&self, field: &str) -> String {
        format!("{}{field}", self.path)
    }

    pub(crate) fn missing(&self, field: &str) -> Refusal {
        Refusal::new("explain.missing_field", &[("field", &self.name(field))])
    }

    /// That a field holds something else than what `expected`, a key of the catalogue, says.
    pub(crate) fn expected(&self, field: &str, expected: &str) -> Refusal {
        Refusal::expected(&self.name(field), expected)
    }

    /// A text that must be there.
    pub(crate) fn required_text(&self, field: &str) -> Result<&str, Refusal> {
        self.text(field)?.ok_or_else(|| self.missing(field))
    }

    /// A text that may be absent.
    pub(crate) fn text(&self, field: &str) -> Result<Option<&str>, Refusal> {
        self.field(field)
            .map(|value| as_text(&self.name(field), value))
            .transpose()
    }

    /// A list of texts, empty if absent.
    pub(crate) fn texts(&self, field: &str) -> Result<Vec<String>, Refusal> {
        self.list(field, "expected.texts", |value| {
            value.as_str().map(str::to_owned)
        })
    }

    /// A list of feed positions, empty if absent.
    pub(crate) fn positions(&self, field: &str) -> Result<Vec<u64>, Refusal> {
        self.list(field, "expected.positions", Value::as_u64)
    }

    fn list<T>(
        &self,
        field: &str,
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, Refusal> {
        let Some(value) = self.field(field) else {
            return Ok(Vec::new());
        };
        let values = value.as_array();
        values
            .and_then(|values| values.iter().map(read).collect())
            .ok_or_else(|| self.expected(field, expected))
    }

    /// A feed position that may be absent.
    pub(crate) fn position(&self, field: &str) -> Result<Option<u64>, Refusal> {
        self.one(field, "expected.position", Value::as_u64)
    }

    /// Yes or no; absent is neither.
    pub(crate) fn flag(&self, field: &str) -> Result<Option<bool>, Refusal> {
        self.one(field, "expected.flag", Value::as_bool)
    }

    fn one<T>(
        &self,
        field: &str,
        expected: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        self.field(field)
            .map(|value| read(value).ok_or_else(|| self.expected(field, expected)))
            .transpose()
    }

    /// An instant or a whole day that must be there.
    pub(super) fn required_at(&self, field: &str) -> Result<At, Refusal> {
        self.at(field)?.ok_or_else(|| self.missing(field))
    }

    /// An instant or a whole day that may be absent.
    pub(super) fn at(&self, field: &str) -> Result<Option<At>, Refusal> {
        self.text(field)?
            .map(|text| line::at(text).ok_or_else(|| self.bad_time(field, text)))
            .transpose()
    }

    /// That a time does not read, or lies before all time that counts.
    pub(crate) fn bad_time(&self, field: &str, value: &str) -> Refusal {
        let field = self.name(field);
        Refusal::new("explain.bad_time", &[("field", &field), ("value", &value)])
    }

    /// A day that must be there.
    pub(crate) fn required_day(&self, field: &str) -> Result<Date, Refusal> {
        self.day(field)?.ok_or_else(|| self.missing(field))
    }

    /// A day that may be absent.
    pub(crate) fn day(&self, field: &str) -> Result<Option<Date>, Refusal> {
        self.text(field)?
            .map(|value| day(&self.name(field), value))
            .transpose()
    }

    /// A list of months, empty if absent.
    pub(crate) fn months(&self, field: &str) -> Result<Vec<Month>, Refusal> {
        let Some(value) = self.field(field) else {
            return Ok(Vec::new());
        };
        let values = value
            .as_array()
            .ok_or_else(|| Refusal::expected(field, "expected.months"))?;
        values
            .iter()
            .map(|value| month(field, as_text(field, value)?))
            .collect()
    }

    /// A map from names to days, empty if absent, in the byte order of the names.
    pub(crate) fn days(&self, field: &str) -> Result<Vec<(&str, Date)>, Refusal> {
        let Some(value) = self.field(field) else {
            return Ok(Vec::new());
        };
        let values = value
            .as_object()
            .ok_or_else(|| Refusal::expected(field, "expected.dates"))?;
        values
            .iter()
            .map(|(name, value)| {
                let field = format!("{field}.{name}");
                Ok((name.as_str(), day(&field, as_text(&field, value)?)?))
            })
            .collect()
    }

    /// A whole number of a range that may be absent; `expected` is the key that names the range.
    pub(crate) fn whole(
        &self,
        field: &str,
        range: core::ops::RangeInclusive<u32>,
        expected: &str,
    ) -> Result<Option<u32>, Refusal> {
        let refused = || self.expected(field, expected);
        self.field(field)
            .map(|value| {
                let number = value
                    .as_u64()
                    .and_then(|number| u32::try_from(number).ok())
                    .ok_or_else(refused)?;
                if range.contains(&number) {
                    Ok(number)
                } else {
                    Err(refused())
                }
            })
            .transpose()
    }

    /// A number of bottles that must be there, 0-100,000.
    pub(crate) fn required_count(&self, field: &str) -> Result<u32, Refusal> {
        self.count(field)?.ok_or_else(|| self.missing(field))
    }

    /// A number of bottles that may be absent, 0-100,000.
    pub(crate) fn count(&self, field: &str) -> Result<Option<u32>, Refusal> {
        self.whole(field, 0..=100_000, "expected.count")
    }

    /// An area that must be there, 0-100,000,000 m².
    pub(crate) fn required_area(&self, field: &str) -> Result<f64, Refusal> {
        let value = self.field(field).ok_or_else(|| self.missing(field))?;
        value
            .as_f64()
            .filter(|area| (0.0..=100_000_000.0).contains(area))
            .ok_or_else(|| Refusal::expected(field, "expected.area"))
    }

    /// The market of a question that must name one.
    pub(crate) fn required_market(&self) -> Result<Market, Refusal> {
        self.market()?.ok_or_else(|| self.missing("market"))
    }

    /// The market of a question that may leave it out.
    pub(crate) fn market(&self) -> Result<Option<Market>, Refusal> {
        self.text("market")?
            .map(|name| {
                Market::named(name)
                    .ok_or_else(|| Refusal::new("explain.unknown_market", &[("value", &name)]))
            })
            .transpose()
    }
}

/// The month that `value` of `field` says.
pub(crate) fn month(field: &str, value: &str) -> Result<Month, Refusal> {
    value
        .parse()
        .map_err(|_| Refusal::new("explain.bad_month", &[("field", &field), ("value", &value)]))
}

fn day(field: &str, value: &str) -> Result<Date, Refusal> {
    parse_day(value)
        .map_err(|_| Refusal::new("explain.bad_date", &[("field", &field), ("value", &value)]))
}

fn as_text<'a>(field: &str, value: &'a Value) -> Result<&'a str, Refusal> {
    value
        .as_str()
        .ok_or_else(|| Refusal::expected(field, "expected.text"))
}
