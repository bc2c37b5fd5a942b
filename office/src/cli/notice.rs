//! What was said about work by its code, in both languages. Failures are not notices.

use std::collections::BTreeSet;

use doorstep_model::message::Text;
use serde::Serialize;

use super::Sheet;

/// Something that people should know of what was handed in.
#[derive(Debug, Serialize)]
pub(super) struct Notice {
    code: String,
    zh: String,
    en: String,
}

impl Notice {
    /// These codes, each once, with the catalogue's words; of a code of a later version the code.
    pub(super) fn each_once<'a>(codes: impl Iterator<Item = &'a str>) -> Vec<Self> {
        let codes: BTreeSet<&str> = codes.collect();
        let told = codes.into_iter().map(|code| {
            let Text { zh, en } = Text::of(code, &[]);
            Self {
                code: code.to_owned(),
                zh,
                en,
            }
        });
        told.collect()
    }

    /// Writes them for people, one a line.
    pub(super) fn list(notices: &[Self], sheet: &mut Sheet) {
        for Self { code, zh, en } in notices {
            sheet.line(format!("注意 Note [{code}]: {zh} · {en}"));
        }
    }
}
