//! Documents as files: `area/kind/id.automerge`, each openable by any Automerge.

use std::fs;
use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::ids::AreaId;

use super::super::Failure;
use super::super::progress::Progress;
use crate::bureau::Bureau;

/// Writes every document of these areas. Gives how many files, and how many documents.
pub(super) fn write(
    bureau: &Bureau,
    areas: &[AreaId],
    folder: &Path,
    progress: &mut dyn Progress,
) -> Result<(u64, u64), Failure> {
    let mut files = 0;
    for (index, area) in (0..).zip(areas) {
        progress.reached(index, areas.len() as u64);
        for document in bureau.office().replica().export_documents(area)? {
            let (name, bytes) = document?;
            let folder = folder.join(area_folder(area)).join(kind(&name));
            let path = folder.join(format!("{}.automerge", id(area, &name)));
            fs::create_dir_all(&folder).map_err(|error| Failure::of_file(&folder, &error))?;
            fs::write(&path, bytes).map_err(|error| Failure::of_file(&path, &error))?;
            files += 1;
        }
    }
    Ok((files, files))
}

/// The area's code as a folder; the organisation's own area has a code that is no file name.
fn area_folder(area: &AreaId) -> String {
    match *area == AreaId::organisation() {
        true => "organisation".to_owned(),
        false => area.to_string(),
    }
}

fn kind(name: &DocumentName) -> &'static str {
    match name {
        DocumentName::Place(_) => "place",
        DocumentName::Round(..) => "round",
        DocumentName::Case(_) => "case",
        DocumentName::Plan => "plan",
        DocumentName::Desk => "desk",
        DocumentName::Organisation => "organisation",
        DocumentName::Later(..) => "later",
    }
}

fn id(area: &AreaId, name: &DocumentName) -> String {
    let subject = BASE64URL_NOPAD.encode(name.subject(area).as_bytes());
    match name.round() {
        Some(RoundKey::Plan(plan)) => format!("{subject}.{plan}"),
        Some(RoundKey::AdHoc(day)) => {
            format!("{subject}.{}", doorstep_model::report::day_text(day))
        }
        None => subject,
    }
}

#[cfg(test)]
mod tests {
    use doorstep_model::ids::{AuthorTag, Identity};

    use super::*;

    #[test]
    fn files_say_of_what_they_are() {
        let area = AreaId::new("310101019005").unwrap();
        let building = Identity::of_entry(AuthorTag([1; 4]), 7);
        let round = DocumentName::Round(building, RoundKey::AdHoc(20_783));
        assert_eq!(kind(&round), "round");
        assert!(
            id(&area, &round).ends_with(".2026-11-26"),
            "{}",
            id(&area, &round)
        );
        assert_ne!(id(&area, &DocumentName::Place(building)), id(&area, &round));
        assert_eq!(area_folder(&AreaId::organisation()), "organisation");
    }
}
