//! Typed texts before they become entries: cleaned of what no screen shows, and not too long. A text
//! that is refused stays with the caller.

use doorstep_model::ids::PhotoHash;

use crate::error::{Error, Result};

/// Longest note, reason or remark, in characters.
pub const NOTE_MAX: usize = 1_000;

/// Longest name, number, size, firm or other short text, in characters.
pub const NAME_MAX: usize = 100;

/// Most photos of one entry.
pub const PHOTOS_MAX: usize = 12;

/// The text without NUL, control and bidi characters, line breaks and tabs as spaces, trimmed.
pub(super) fn clean(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            c => c,
        })
        .filter(|c| !c.is_control() && !is_bidi(*c))
        .collect();
    spaced.trim().to_owned()
}

/// Characters that turn the direction of the text around them.
fn is_bidi(c: char) -> bool {
    matches!(
        c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    )
}

/// A note, cleaned; an empty one is none.
pub(super) fn note(text: Option<String>) -> Result<Option<String>> {
    let cleaned = text.map(|text| within(&text, NOTE_MAX)).transpose()?;
    Ok(cleaned.filter(|text| !text.is_empty()))
}

/// A text that must not be empty, at most [`NOTE_MAX`] long; `missing` is the code when it is.
pub(super) fn needed(text: &str, missing: &'static str) -> Result<String> {
    let cleaned = within(text, NOTE_MAX)?;
    if cleaned.is_empty() {
        return Err(Error::refused(missing));
    }
    Ok(cleaned)
}

/// A name, number or other short text that must not be empty.
pub(super) fn name(text: &str) -> Result<String> {
    let cleaned = within(text, NAME_MAX)?;
    if cleaned.is_empty() {
        return Err(Error::refused("text.empty"));
    }
    Ok(cleaned)
}

/// A short text that may be left out.
pub(super) fn short(text: Option<String>) -> Result<Option<String>> {
    let cleaned = text.map(|text| within(&text, NAME_MAX)).transpose()?;
    Ok(cleaned.filter(|text| !text.is_empty()))
}

fn within(text: &str, most: usize) -> Result<String> {
    let cleaned = clean(text);
    let found = cleaned.chars().count();
    if found > most {
        return Err(Error::Refused {
            code: "text.too_long",
            details: vec![("most", most.to_string()), ("found", found.to_string())],
        });
    }
    Ok(cleaned)
}

/// Photos of one entry: each once, in the order given; none is nothing.
pub(super) fn photos(photos: Option<Vec<PhotoHash>>) -> Result<Option<Vec<PhotoHash>>> {
    let mut kept: Vec<PhotoHash> = Vec::new();
    for photo in photos.unwrap_or_default() {
        if !kept.contains(&photo) {
            kept.push(photo);
        }
    }
    if kept.len() > PHOTOS_MAX {
        return Err(Error::Refused {
            code: "photos.too_many",
            details: vec![("most", PHOTOS_MAX.to_string())],
        });
    }
    Ok((!kept.is_empty()).then_some(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_screen_shows_is_left_out() {
        assert_eq!(clean("\u{0}栓\u{202E}箱\u{7}\n锁住 "), "栓箱 锁住");
        assert_eq!(clean("\u{200F}\u{0}"), "");
    }

    #[test]
    fn a_text_is_measured_in_characters_after_cleaning() {
        let full = "楼".repeat(NOTE_MAX);
        assert_eq!(
            note(Some(format!("{full}\u{0}"))).unwrap(),
            Some(full.clone())
        );
        let refused = note(Some(format!("{full}道"))).unwrap_err();
        assert_eq!(refused.code(), "text.too_long");
        assert_eq!(note(Some(" \u{0}".into())).unwrap(), None);
    }

    #[test]
    fn photos_stand_once_each_and_are_not_too_many() {
        let photo = |n| PhotoHash([n; 32]);
        assert_eq!(photos(Some(vec![])).unwrap(), None);
        let twice = photos(Some(vec![photo(2), photo(1), photo(2)])).unwrap();
        assert_eq!(twice, Some(vec![photo(2), photo(1)]));
        let many = (0..=PHOTOS_MAX as u8).map(photo).collect();
        assert_eq!(photos(Some(many)).unwrap_err().code(), "photos.too_many");
    }
}
