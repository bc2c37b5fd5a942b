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

/// What a result says: 正常, 缺失, or the faults.
pub(super) fn result(text: &str) -> String {
    let one = |code: &str| match code {
        "normal" => "正常".to_owned(),
        "missing" => "不见了".to_owned(),
        code => {
            let found = pack().fault(code);
            found.map_or_else(|| code.to_owned(), |fault| fault.name.zh.clone())
        }
    };
    let words: Vec<String> = text.split([',', ' ', '+']).map(one).collect();
    words.join("、")
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
        assert!(!result("pressure_low").contains("pressure"));
        assert_eq!(result("a_later_fault"), "a_later_fault");
        assert!(!duty("extinguisher.dry_powder", "scrap").contains("scrap"));
        assert_eq!(case_state("found"), "发现");
    }
}
