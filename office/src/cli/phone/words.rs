//! The pack's words for what rows name by code, Chinese first as on phones. An unknown code stays what
//! it is: a later pack may know it.

use doorstep_model::message::{self, Lang};
use doorstep_model::pack::{Market, Pack};

fn pack() -> &'static Pack {
    Pack::shipped(Market::Cn)
}

/// What an asset type is called.
pub(super) fn asset_type(code: &str) -> String {
    let found = pack().asset(code);
    found.map_or_else(|| code.to_owned(), |asset| asset.name.zh.clone())
}

/// What a hazard kind is called, with its code.
pub(super) fn hazard(code: &str) -> String {
    let found = pack().hazard(code);
    found.map_or_else(|| code.to_owned(), |kind| kind.name.zh.clone())
}

/// What a result says as a row has it: `normal`, `missing`, or a JSON list of fault codes.
pub(super) fn result(row: &str) -> String {
    match serde_json::from_str::<Vec<String>>(row) {
        Ok(codes) => faults(&codes),
        Err(_) => one_result(row),
    }
}

/// What these faults are called.
pub(super) fn faults(codes: &[String]) -> String {
    let words: Vec<String> = codes.iter().map(|code| one_result(code)).collect();
    words.join("、")
}

fn one_result(code: &str) -> String {
    match code {
        "normal" => "正常".to_owned(),
        "missing" => "不见了".to_owned(),
        code => {
            let found = pack().fault(code);
            found.map_or_else(|| code.to_owned(), |fault| fault.name.zh.clone())
        }
    }
}

/// What is owed to an asset of this type.
pub(super) fn duty(asset: &str, kind: &str) -> String {
    let pack = pack();
    let named = pack.asset(asset).and_then(|asset| {
        let mut duties = pack.duties_of(asset);
        duties.find(|duty| duty.kind.as_str() == kind)
    });
    match named {
        Some(duty) => duty.name.zh.clone(),
        None => catalogue("obligation", kind),
    }
}

/// Where a case stands.
pub(super) fn case_state(state: &str) -> String {
    catalogue("case_state", state)
}

fn catalogue(family: &str, name: &str) -> String {
    let key = format!("{family}.{name}");
    match message::keys().any(|known| known == key) {
        true => message::text(Lang::Zh, &key, &[]),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_the_packs_words_and_unknown_ones_stay() {
        assert_eq!(asset_type("extinguisher.dry_powder"), "干粉灭火器");
        assert_eq!(result("normal"), "正常");
        let row = result(r#"["pressure_low","a_later_fault"]"#);
        assert_eq!(row, "压力偏低(红区)、a_later_fault");
        assert_eq!(faults(&["missing".to_owned()]), "不见了");
        assert!(!duty("extinguisher.dry_powder", "scrap").contains("scrap"));
        assert_eq!(case_state("found"), "发现");
    }
}
