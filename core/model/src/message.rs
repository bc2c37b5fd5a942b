//! The catalogue of texts that people read: by key, in Chinese and English, with named arguments.
//!
//! Texts live in `messages/zh.json` and `messages/en.json`; code names only keys. Words of the
//! domain that a pack defines (asset types, faults, checkpoints) live in the pack and not here.

use core::fmt::{self, Display, Write};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A language of the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// Chinese, the first language of the office and the phones.
    Zh,
    /// English.
    En,
}

type Catalogue = BTreeMap<String, String>;

static ZH: LazyLock<Catalogue> = LazyLock::new(|| read(include_str!("../messages/zh.json")));
static EN: LazyLock<Catalogue> = LazyLock::new(|| read(include_str!("../messages/en.json")));

fn read(json: &str) -> Catalogue {
    serde_json::from_str(json).expect("the catalogues are part of the program and read by a test")
}

fn catalogue(lang: Lang) -> &'static Catalogue {
    match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    }
}

/// The text of `key` in `lang`, each `{name}` replaced by the argument of that name.
///
/// Never fails, because it is called to tell a person what went wrong: an unknown key gives the
/// key, an argument that was not passed stays visible as `{name}`. `{{` and `}}` are braces.
pub fn text(lang: Lang, key: &str, arguments: &[(&str, &dyn Display)]) -> String {
    let Some(template) = catalogue(lang).get(key) else {
        return key.to_owned();
    };
    let mut words = String::with_capacity(template.len() + 16);
    for part in parts(template) {
        let written = match part {
            Part::Words(plain) => words.write_str(plain),
            Part::Argument(name) => match arguments.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => write!(words, "{value}"),
                None => write!(words, "{{{name}}}"),
            },
        };
        if written.is_err() {
            return key.to_owned();
        }
    }
    words
}

/// As [`text`], where arguments that are names of the catalogue's own words are told in that language:
/// `what` is a `thing.…`, `role` a `role.…`, `state` a `case_state.…`; a name that has no word stays as
/// it is.
pub fn told(lang: Lang, key: &str, arguments: &[(impl AsRef<str>, impl AsRef<str>)]) -> String {
    let words: Vec<(&str, String)> = arguments
        .iter()
        .map(|(name, value)| {
            let (name, value) = (name.as_ref(), value.as_ref());
            let room = match name {
                "what" => "thing",
                "role" => "role",
                "state" => "case_state",
                _ => return (name, value.to_owned()),
            };
            let word = catalogue(lang).get(&format!("{room}.{value}"));
            (name, word.map_or(value, String::as_str).to_owned())
        })
        .collect();
    let words: Vec<(&str, &dyn Display)> = words
        .iter()
        .map(|(name, word)| (*name, word as &dyn Display))
        .collect();
    text(lang, key, &words)
}

/// All keys, in byte order; the same in both languages.
pub fn keys() -> impl Iterator<Item = &'static str> {
    ZH.keys().map(String::as_str)
}

/// The names of the arguments that the text of `key` uses, none for an unknown key.
pub fn argument_names(lang: Lang, key: &str) -> BTreeSet<&'static str> {
    catalogue(lang)
        .get(key)
        .into_iter()
        .flat_map(|template| parts(template))
        .filter_map(|part| match part {
            Part::Argument(name) => Some(name),
            Part::Words(_) => None,
        })
        .collect()
}

enum Part<'a> {
    Words(&'a str),
    Argument(&'a str),
}

/// Cuts a template at its arguments. A brace that opens no argument is plain text.
fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (plain, brace) = rest.split_at(at);
        parts.push(Part::Words(plain));
        if let Some(after) = brace
            .strip_prefix("{{")
            .or_else(|| brace.strip_prefix("}}"))
        {
            parts.push(Part::Words(&brace[..1]));
            rest = after;
        } else if let Some((name, after)) = brace[1..]
            .split_once('}')
            .filter(|_| brace.starts_with('{'))
        {
            parts.push(Part::Argument(name));
            rest = after;
        } else {
            parts.push(Part::Words(&brace[..1]));
            rest = &brace[1..];
        }
    }
    parts.push(Part::Words(rest));
    parts
}

/// A text in both languages, as packs and refusals carry it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The catalogue's text of `key` in both languages.
    pub fn of(key: &str, arguments: &[(&str, &dyn Display)]) -> Text {
        Text {
            zh: text(Lang::Zh, key, arguments),
            en: text(Lang::En, key, arguments),
        }
    }

    /// It in one language.
    pub fn in_lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    /// Whether a language is missing.
    pub fn is_incomplete(&self) -> bool {
        self.zh.trim().is_empty() || self.en.trim().is_empty()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.zh, self.en)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys_and_none_is_blank() {
        let zh: BTreeSet<&String> = ZH.keys().collect();
        let en: BTreeSet<&String> = EN.keys().collect();
        assert_eq!(zh, en);
        for (key, words) in ZH.iter().chain(EN.iter()) {
            assert!(!words.trim().is_empty(), "{key} is blank");
        }
    }

    #[test]
    fn both_languages_use_the_same_arguments() {
        for key in keys() {
            assert_eq!(
                argument_names(Lang::Zh, key),
                argument_names(Lang::En, key),
                "{key}"
            );
        }
    }

    #[test]
    fn no_key_stands_twice_in_a_catalogue() {
        for (json, catalogue) in [
            (include_str!("../messages/zh.json"), &*ZH),
            (include_str!("../messages/en.json"), &*EN),
        ] {
            let lines = json
                .lines()
                .filter(|line| line.trim_start().starts_with('"'))
                .count();
            assert_eq!(lines, catalogue.len(), "one text a line, no key twice");
        }
    }

    #[test]
    fn arguments_are_put_in_by_name() {
        let words = text(
            Lang::En,
            "label.look_alike",
            &[("place", &4), ("character", &'O')],
        );
        assert!(words.contains('O') && words.contains('4'), "{words}");
        let forgotten = text(Lang::En, "label.look_alike", &[("place", &4)]);
        assert!(forgotten.contains("{character}"), "{forgotten}");
    }

    #[test]
    fn what_an_argument_names_is_told_in_the_language_of_the_text() {
        let arguments = [("what", "asset"), ("id", "AAAA")];
        let zh = told(Lang::Zh, "call.not_found", &arguments);
        assert!(zh.contains("设施(AAAA)"), "{zh}");
        let unknown = told(Lang::Zh, "call.not_found", &[("what", "moon"), ("id", "A")]);
        assert!(unknown.contains("moon(A)"), "{unknown}");
    }

    #[test]
    fn an_unknown_key_is_shown_as_itself() {
        assert_eq!(text(Lang::Zh, "no.such.key", &[]), "no.such.key");
    }

    #[test]
    fn braces_that_open_no_argument_are_text() {
        let shown = |template| {
            parts(template)
                .into_iter()
                .map(|part| match part {
                    Part::Words(words) => words.to_owned(),
                    Part::Argument(name) => format!("<{name}>"),
                })
                .collect::<String>()
        };
        assert_eq!(shown("a {{b}} {c} d"), "a {b} <c> d");
        assert_eq!(shown("{open"), "{open");
        assert_eq!(shown("shut}"), "shut}");
    }
}
