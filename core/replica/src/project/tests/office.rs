//! What the office plans, keeps books of and says of areas: the last word holds, whoever hears it
//! when.

use doorstep_model::entry::{
    AreaDeclared, BatchRow, BatchUndone, Body, Entry, Outcome, PackAdopted, Precision,
    ReportedFigure, RoundPlanned, RoundTargets,
};
use doorstep_model::ids::{AreaId, Identity, PlaceId};
use doorstep_model::pack::{Market, Pack};
use sha2::{Digest, Sha256};

use crate::project::testing::{
    NOON, Script, Who, World, assets, check, committee, is_a_set_function,
};

fn declared(code: &str, parent: Option<&str>) -> AreaDeclared {
    AreaDeclared {
        code: code.to_owned(),
        parent: parent.map(str::to_owned),
        level: "committee".to_owned(),
        name: "文庙".to_owned(),
        from: None,
        until: None,
    }
}

fn in_organisation(script: &mut Script, subject: Identity, body: impl Into<Body>) {
    let entry = Entry::new(body, NOON);
    script.write_in(&AreaId::organisation(), Who::Office, Some(subject), entry);
}

fn adopted(market: Market) -> PackAdopted {
    let pack = Pack::shipped(market);
    PackAdopted {
        pack: pack.id().to_owned(),
        number: pack.number(),
        hash: Sha256::digest(Pack::shipped_json(market)).into(),
    }
}

#[test]
fn a_pack_adopted_by_the_street_holds_for_its_committees() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    script.check(Who::Wang, bottle, NOON, Outcome::Normal);
    let street = AreaId::new("310101019").expect("a code");
    in_organisation(
        &mut script,
        committee().subject(),
        declared("310101019005", Some("310101019")),
    );
    in_organisation(&mut script, street.subject(), declared("310101019", None));
    in_organisation(&mut script, street.subject(), adopted(Market::Uk));
    let world = is_a_set_function(&script);
    let due = world.asset(bottle, "due");
    assert!(
        due.contains("basic_service") && !due.contains("scrap"),
        "{due}"
    );
}

#[test]
fn the_same_pack_number_with_other_content_is_shown_and_not_applied() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    let mut forged = adopted(Market::Uk);
    forged.hash = [1; 32];
    in_organisation(&mut script, committee().subject(), forged);
    let world = is_a_set_function(&script);
    assert!(world.asset(bottle, "due").contains("scrap"));
    assert_eq!(world.codes(), "pack_same_number");
    assert_eq!(world.text("SELECT count(*) FROM adopted_pack"), "0");
}

/// The shipped pack under another number.
fn pack_of_number(number: u32) -> String {
    let mut pack: serde_json::Value =
        serde_json::from_str(Pack::shipped_json(Market::Cn)).expect("JSON");
    pack["number"] = number.into();
    pack.to_string()
}

#[test]
fn a_pack_that_somebody_added_shows_in_the_head_of_the_sum_and_only_once_it_is_adopted() {
    let json = pack_of_number(900);
    let mut script = Script::default();
    let house = script.building("3号楼");
    script.bottle(house);
    let world = |script: &Script, added: Option<&str>| {
        let mut world = World::new(0);
        if let Some(json) = added {
            world.add_pack(json);
        }
        world.take(&script.said);
        world
    };
    let plain = world(&script, None).sums();
    assert_eq!(world(&script, Some(&json)).sums(), plain);
    let word = PackAdopted {
        pack: Pack::shipped(Market::Cn).id().to_owned(),
        number: 900,
        hash: Sha256::digest(&json).into(),
    };
    in_organisation(&mut script, committee().subject(), word);
    // Other content under the same number, and nothing of that number: both lack the pack.
    let other = json.replacen('{', "{ ", 1);
    let lacking = world(&script, None);
    assert_eq!(world(&script, Some(&other)).sums(), lacking.sums());
    assert_eq!(lacking.text("SELECT number FROM adopted_pack"), "900");
    assert_ne!(world(&script, Some(&json)).sums(), lacking.sums());
}

#[test]
fn a_frozen_list_stands_over_what_openers_said() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    let planned = RoundPlanned {
        name: "十一月".to_owned(),
        from: 20_758,
        to: 20_787,
        checklist: None,
        campaign: None,
    };
    let round = script.make(Who::Office, NOON, planned);
    let targets = RoundTargets {
        round,
        doors: vec![PlaceId(house)],
        assets: assets(&[bottle]),
        part: 1,
        of: 1,
    };
    script.say(Who::Office, house, NOON + 1, targets.clone());
    script.say(
        Who::Wang,
        house,
        NOON + 2,
        RoundTargets {
            doors: Vec::new(),
            ..targets
        },
    );
    let world = is_a_set_function(&script);
    assert_eq!(world.text("SELECT count(*) FROM round_target"), "2");
    assert_eq!(world.codes(), "not_allowed", "a volunteer freezes no list");
    assert_eq!(world.of("round", round, "name"), "十一月");
}

#[test]
fn a_figure_told_twice_is_one_with_two_quotes() {
    let mut script = Script::default();
    let figure = |quote: &str| ReportedFigure {
        year: 2017,
        row: "S03".to_owned(),
        measure: "墙式消防栓维修".to_owned(),
        value: "70".to_owned(),
        unit: "处".to_owned(),
        precision: Precision::Exact,
        quote: quote.to_owned(),
        note: None,
        cumulative: None,
    };
    let subject = Identity::of_hash([3; 16]);
    script.say(Who::Office, subject, NOON, figure("二"));
    script.say(Who::Office, subject, NOON + 1, figure("一"));
    let world = is_a_set_function(&script);
    assert_eq!(world.of("figure", subject, "quotes"), r#"["一","二"]"#);
    assert_eq!(world.text("SELECT count(*) FROM figure"), "1");
}

#[test]
fn an_imported_row_leaves_with_the_last_batch_that_holds_it() {
    let mut script = Script::default();
    let house = script.building("3号楼");
    let bottle = script.bottle(house);
    let row = Identity::of_hash([6; 16]);
    let (first, second) = (Identity::of_hash([7; 16]), Identity::of_hash([8; 16]));
    let imported = Entry::new(check(Outcome::Missing), NOON).with_origin(row);
    script.write(Who::Office, Some(bottle), imported);
    script.say(Who::Office, row, NOON, BatchRow { batch: first });
    script.say(Who::Office, row, NOON, BatchRow { batch: second });
    script.say(Who::Office, first, NOON + 60, BatchUndone { reason: None });
    let one_left = is_a_set_function(&script);
    assert_eq!(one_left.looks(bottle), 1);
    script.say(Who::Office, second, NOON + 70, BatchUndone { reason: None });
    let none_left = is_a_set_function(&script);
    assert_eq!(none_left.looks(bottle), 0);
    assert_eq!(none_left.asset(bottle, "result"), "");
}
